import Log

/// The XML of JUnit, as Azure Pipelines, GitHub's actions and Jenkins read it: a test suite for each file.
struct JUnitReport: TestReport {
    private var suites: [String] = []
    /// The files that did not run to their end.
    private var errors = 0

    func begin() -> String? { nil }

    mutating func add(_ file: TestFileResult) -> String? {
        var failures = 0
        var skipped = 0
        var cases: [String] = []
        // The dots make the folders a tree in the views of many tools.
        let className = file.file.split(separator: "/").joined(separator: ".").droppingSuffix(".lua")
        func add(_ name: String, _ duration: Duration, _ content: String) {
            let attributes = Self.attributes([
                ("name", name), ("classname", className), ("file", file.file), ("time", duration.secondsText),
            ])
            cases.append("    <testcase\(attributes)" + (content.isEmpty ? "/>" : ">\(content)\n    </testcase>"))
        }
        for result in file.results {
            switch result.outcome {
            case .passed: add(result.name, result.duration, "")
            case .skipped(let reason):
                skipped += 1
                add(result.name, result.duration, "\n      <skipped\(Self.attributes([("message", reason)]))/>")
            case .failed(let failure):
                failures += 1
                add(result.name, result.duration, Self.element("failure", failure) + Self.output(result.logs))
            }
        }
        if let failure = file.failure {
            errors += 1
            add("the file did not run to its end", file.duration, Self.element("error", failure))
        }
        let attributes = Self.attributes([
            ("name", file.file), ("tests", "\(cases.count)"), ("failures", "\(failures)"),
            ("errors", file.failure == nil ? "0" : "1"), ("skipped", "\(skipped)"), ("time", file.duration.secondsText),
        ])
        let lines = ["  <testsuite\(attributes)>"] + cases
        suites.append(lines.joined(separator: "\n") + Self.output(file.logs, indent: "    ") + "\n  </testsuite>")
        return nil
    }

    func end(_ summary: TestSummary) -> String? {
        let attributes = Self.attributes([
            ("name", "luafunc"), ("tests", "\(summary.passed + summary.failed + summary.skipped)"),
            ("failures", "\(summary.failed - errors)"), ("errors", "\(errors)"), ("skipped", "\(summary.skipped)"),
            ("time", summary.duration.secondsText),
        ])
        let lines = [#"<?xml version="1.0" encoding="UTF-8"?>"#, "<testsuites\(attributes)>"] + suites
        return (lines + ["</testsuites>"]).joined(separator: "\n")
    }

    private static func element(_ name: String, _ failure: TestFailure) -> String {
        let parts = [failure.message, failure.place ?? "", failure.excerpt.joined(separator: "\n")]
        let text = (parts + [failure.traceback.joined(separator: "\n")]).filter { !$0.isEmpty }.joined(separator: "\n")
        let first = failure.message.split(separator: "\n").first.map(String.init) ?? ""
        return "\n      <\(name)\(attributes([("message", first), ("type", name)]))>\(escape(text))</\(name)>"
    }

    private static func output(_ logs: [String], indent: String = "      ") -> String {
        logs.isEmpty ? "" : "\n\(indent)<system-out>\(escape(logs.joined(separator: "\n")))</system-out>"
    }

    private static func attributes(_ values: [(String, String)]) -> String {
        values.map { " \($0)=\"\(escape($1, isAttribute: true))\"" }.joined()
    }

    /// XML 1.0 cannot contain control characters, not even as references, and `]]>` only escaped.
    private static func escape(_ text: String, isAttribute: Bool = false) -> String {
        var escaped = ""
        for scalar in Escape.lines(text).unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"" where isAttribute: escaped += "&quot;"
            case "\n" where isAttribute: escaped += "&#10;"
            case "\t" where isAttribute: escaped += "&#9;"
            case "\u{fffe}", "\u{ffff}": escaped += "\u{fffd}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension String {
    fileprivate func droppingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
