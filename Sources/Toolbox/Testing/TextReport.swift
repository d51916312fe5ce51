import Log

/// How a part of the text for people is emphasized.
package enum TestEmphasis: Sendable { case bold, dim, good, bad, doubtful }

package typealias TestStyle = @Sendable (TestEmphasis, String) -> String

/// The results for people: a tree of files and tests, then the failures, then one line with the numbers.
///
/// Names and messages come from outside, so all of them pass through `Escape`.
struct TextReport: TestReport {
    private let style: TestStyle
    private var failures: [(name: String?, logs: [String], TestFailure, file: String)] = []

    /// From this time on, a test's time is shown.
    private static let slow = Duration.milliseconds(100)

    init(_ style: @escaping TestStyle) { self.style = style }

    func begin() -> String? { nil }

    mutating func add(_ file: TestFileResult) -> String? {
        if file.results.isEmpty, file.failure == nil, file.filtered > 0 { return nil }
        var lines = [style(.bold, Escape.line(file.file))]
        for result in file.results {
            let name = Escape.line(result.name)
            let time = result.duration >= Self.slow ? style(.dim, " (\(result.duration.milliseconds) ms)") : ""
            switch result.outcome {
            case .passed: lines.append("  \(style(.good, "✓")) \(name)\(time)")
            case .skipped(let reason):
                let reason = reason.isEmpty ? "" : ": \(Escape.line(reason))"
                lines.append("  \(style(.doubtful, "-")) \(name) \(style(.dim, "(skipped\(reason))"))")
            case .failed(let failure):
                failures.append((result.name, result.logs, failure, file.file))
                lines.append("  \(style(.bad, "✗ \(name)"))\(time)")
            }
        }
        if let failure = file.failure {
            failures.append((nil, file.logs, failure, file.file))
            lines.append("  \(style(.bad, "✗ the file did not run to its end"))")
        }
        if file.results.isEmpty, file.failure == nil { lines.append(style(.dim, "  no tests")) }
        return lines.joined(separator: "\n")
    }

    func end(_ summary: TestSummary) -> String? {
        var lines: [String] = []
        for (number, (name, logs, failure, file)) in failures.enumerated() {
            let place = style(.dim, "  " + Escape.line(failure.place ?? file))
            lines.append("")
            lines.append(style(.bad, "\(number + 1)) \(Escape.line(name ?? file))") + place)
            lines += Escape.lines(failure.message).split(separator: "\n", omittingEmptySubsequences: false)
                .map { "   \($0)" }
            if !failure.excerpt.isEmpty { lines.append("") }
            lines += failure.excerpt.map { line in
                line.hasPrefix(">") ? "   " + Escape.line(line) : style(.dim, "   " + Escape.line(line))
            }
            let calls = failure.traceback.filter { !$0.hasPrefix("[C]") }
            // The first call is the place that is shown already.
            if calls.count > 1 {
                lines += calls.map { style(.dim, "   at " + Escape.line($0)) }
            }
            guard !logs.isEmpty else { continue }
            lines.append("")
            lines.append("   printed:")
            lines += logs.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false) }
                .map { "     " + Escape.line(String($0)) }
        }
        lines.append("")
        lines.append(style(summary.failed > 0 ? .bad : .good, summary.text))
        return lines.joined(separator: "\n")
    }
}

extension TestSummary {
    package var tests: Int { passed + failed + skipped }

    /// `12 tests in 4 files, 11 passed, 1 failed (0.31 s)`
    package var text: String {
        var text = "\(Self.count(tests, "test")) in \(Self.count(files, "file")), \(passed) passed"
        if failed > 0 { text += ", \(failed) failed" }
        if skipped > 0 { text += ", \(skipped) skipped" }
        if filtered > 0 { text += ", \(filtered) filtered out" }
        return text + " (\(duration.shortSecondsText) s)"
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
