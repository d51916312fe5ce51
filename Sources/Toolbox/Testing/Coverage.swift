package import FunctionsModel
package import Lua

/// Which lines of an app have run in its tests: those of functions, of their modules and of lib, but not of tests and of
/// installed packages.
package struct Coverage: Sendable {
    package struct File: Sendable, Equatable {
        /// Relative to the app.
        package let name: String
        /// The lines with code, also of functions that were never made.
        package let lines: [Int]
        package let ran: Set<Int>

        package var covered: Int { lines.count { ran.contains($0) } }

        /// The lines that did not run. Lines without code do not divide a range.
        package var missing: [ClosedRange<Int>] {
            var ranges: [ClosedRange<Int>] = []
            var isOpen = false
            for line in lines {
                if ran.contains(line) {
                    isOpen = false
                } else if isOpen, let last = ranges.popLast() {
                    ranges.append(last.lowerBound...line)
                } else {
                    ranges.append(line...line)
                    isOpen = true
                }
            }
            return ranges
        }
    }

    /// In the order of their names. Files without code are left out.
    package let files: [File]

    package init(_ files: [File]) { self.files = files }

    /// - Parameter record: what ``record(for:)`` made, after the tests.
    package init(of app: FunctionApp, _ record: LineRecord) {
        files = Self.scripts(of: app).compactMap { name in
            guard let text = try? app.files.text(of: name),
                let code = try? LuaBytecode(source: text, name: "@\(name)"), !code.lines.isEmpty
            else { return nil }
            return File(name: name, lines: code.lines, ran: Set(record.lines(of: "@\(name)")))
        }
    }

    /// A record for the files that count.
    package static func record(for app: FunctionApp) -> LineRecord {
        var lines: [String: Int] = [:]
        for name in scripts(of: app) {
            guard let text = try? app.files.text(of: name) else { continue }
            lines["@\(name)"] = 1 + text.count { $0 == UInt8(ascii: "\n") }
        }
        return LineRecord(lines)
    }

    private static func scripts(of app: FunctionApp) -> [String] {
        app.files.scripts.filter { !$0.hasSuffix("_test.lua") }.sorted()
    }

    package var lines: Int { files.reduce(0) { $0 + $1.lines.count } }
    package var covered: Int { files.reduce(0) { $0 + $1.covered } }

    /// Whether at least this part of the lines has run.
    package func reaches(percent: Int) -> Bool { covered * 100 >= percent * lines }
}
