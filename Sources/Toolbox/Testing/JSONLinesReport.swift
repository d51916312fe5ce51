import JSON

/// A JSON object on a line of its own for each test, for each file that did not run to its end, and for the numbers.
struct JSONLinesReport: TestReport {
    func begin() -> String? { nil }

    func add(_ file: TestFileResult) -> String? {
        var lines = file.results.map { result in
            let outcome: [(String, JSONText.Value)] =
                switch result.outcome {
                case .passed: [("outcome", .text("passed"))]
                case .skipped(let reason): [("outcome", .text("skipped")), ("reason", .text(reason))]
                case .failed(let failure): [("outcome", .text("failed"))] + Self.members(failure)
                }
            return Self.line("test", file.file, [("name", .text(result.name))] + outcome, result.duration, result.logs)
        }
        if let failure = file.failure {
            lines.append(Self.line("file", file.file, Self.members(failure), file.duration, file.logs))
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    func end(_ summary: TestSummary) -> String? {
        JSONText.object([
            ("type", .text("summary")), ("files", .number(summary.files)), ("passed", .number(summary.passed)),
            ("failed", .number(summary.failed)), ("skipped", .number(summary.skipped)),
            ("filtered", .number(summary.filtered)), ("milliseconds", .number(Int(summary.duration.milliseconds))),
        ])
    }

    private static func line(
        _ type: String, _ file: String, _ members: [(String, JSONText.Value)], _ duration: Duration, _ logs: [String]
    ) -> String {
        var members = [("type", .text(type)), ("file", .text(file))] + members
        members.append(("milliseconds", .number(Int(duration.milliseconds))))
        if !logs.isEmpty { members.append(("logs", .list(logs))) }
        return JSONText.object(members)
    }

    private static func members(_ failure: TestFailure) -> [(String, JSONText.Value)] {
        var members: [(String, JSONText.Value)] = [("message", .text(failure.message))]
        if let file = failure.file { members.append(("failedFile", .text(file))) }
        if let line = failure.line { members.append(("failedLine", .number(line))) }
        if !failure.traceback.isEmpty { members.append(("traceback", .list(failure.traceback))) }
        return members
    }
}
