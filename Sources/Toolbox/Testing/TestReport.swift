/// Turns the results of tests into text. The files come in the order of their names.
package protocol TestReport: Sendable {
    /// The text before the first file; nil for none.
    mutating func begin() -> String?
    mutating func add(_ file: TestFileResult) -> String?
    /// The text after the last file.
    mutating func end(_ summary: TestSummary) -> String?
}

/// The forms in which `luafunc test` prints its results.
package enum TestFormat: String, CaseIterable, Sendable {
    case text, tap, junit, json

    /// - Parameter style: paints a text; only text for people has colours.
    package func report(_ style: @escaping TestStyle) -> any TestReport {
        switch self {
        case .text: TextReport(style)
        case .tap: TAPReport()
        case .junit: JUnitReport()
        case .json: JSONLinesReport()
        }
    }
}

/// Passes results on in the order of their files, each as soon as those of all files before it are there.
package struct TestOrder {
    private var files: ArraySlice<String>
    private var waiting: [String: TestFileResult] = [:]

    package init(_ files: [String]) { self.files = files[...] }

    /// The results that can be shown now.
    package mutating func add(_ result: TestFileResult) -> [TestFileResult] {
        waiting[result.file] = result
        var ready: [TestFileResult] = []
        while let next = files.first, let result = waiting.removeValue(forKey: next) {
            files.removeFirst()
            ready.append(result)
        }
        return ready
    }
}

extension TestFailure {
    /// `file:line`; nil if no code is to blame.
    var place: String? { file.map { file in line.map { "\(file):\($0)" } ?? file } }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }

    /// In seconds, with three decimals.
    var secondsText: String { decimals(milliseconds, 3) }

    /// In seconds, with two decimals, for people.
    var shortSecondsText: String { decimals((milliseconds + 5) / 10, 2) }

    private func decimals(_ count: Int64, _ places: Int) -> String {
        let digits = String(count)
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.utf8.count)) + digits
        return padded.dropLast(places) + "." + padded.suffix(places)
    }
}
