import Log

/// The Test Anything Protocol, version 14. The plan comes last, so that results appear while tests run.
struct TAPReport: TestReport {
    private var count = 0

    func begin() -> String? { "TAP version 14" }

    mutating func add(_ file: TestFileResult) -> String? {
        var lines: [String] = []
        for result in file.results {
            switch result.outcome {
            case .passed: lines.append(point("ok", file.file, result.name))
            case .skipped(let reason):
                lines.append(point("ok", file.file, result.name) + " # SKIP \(Escape.line(reason))")
            case .failed(let failure):
                lines.append(point("not ok", file.file, result.name))
                lines += Self.diagnostic(failure, logs: result.logs, duration: result.duration)
            }
        }
        if let failure = file.failure {
            lines.append(point("not ok", file.file, "the file did not run to its end"))
            lines += Self.diagnostic(failure, logs: file.logs, duration: file.duration)
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    func end(_ summary: TestSummary) -> String? { "1..\(count)" }

    private mutating func point(_ verdict: String, _ file: String, _ name: String) -> String {
        count += 1
        return "\(verdict) \(count) - \(Self.description("\(file): \(name)"))"
    }

    /// A `#` would begin a directive.
    private static func description(_ text: String) -> String {
        var escaped = ""
        for character in Escape.line(text) {
            if character == "#" || character == "\\" { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }

    /// A document in YAML: only block scalars, so that nothing but control characters needs escaping.
    private static func diagnostic(_ failure: TestFailure, logs: [String], duration: Duration) -> [String] {
        var lines =
            ["  ---"] + scalar("message", failure.message.split(separator: "\n", omittingEmptySubsequences: false))
        if let file = failure.file {
            lines += scalar("file", [file[...]])
            if let line = failure.line { lines.append("  line: \(line)") }
        }
        lines.append("  duration_ms: \(duration.milliseconds)")
        if !failure.traceback.isEmpty { lines += scalar("traceback", failure.traceback.map { $0[...] }) }
        if !logs.isEmpty { lines += scalar("logs", logs.flatMap { $0.split(separator: "\n") }) }
        return lines + ["  ..."]
    }

    /// The digit says how far the text is indented, because its first line may begin with spaces.
    private static func scalar(_ name: String, _ lines: [Substring]) -> [String] {
        ["  \(name): |2-"] + lines.map { "    " + Escape.line(String($0)) }
    }
}
