import JSON
import MCP
import TestSupport
import Testing

/// The ladder against recorded exchanges with servers that have no sessions. The rows whose answer comes from a server's
/// content only show here that the ladder lets them through.
@Suite struct MCPGoldenTests {
    private let ladder = Ladder(
        Rules(families: [.tools, .resources, .prompts, .completions, .logging, .subscriptions]))

    @Test(arguments: ["mcp/client", "mcp/conformance"])
    func `posts are refused and accepted as by the server without sessions`(file: String) throws {
        try compare(file) { $0["server"]?.string == "raw-stateless" }
    }

    @Test func `posts are refused and accepted as by the SDK without sessions`() throws {
        let prefix = "probe-feature-stateless/"
        let exceptions = [
            "\(prefix)empty-body any 1": "no text is not JSON, so the code is that of a parse error",
            "\(prefix)legacy-batch-with-0618-header 2025-06-18 1": "2025-06-18 has removed batches",
            "\(prefix)evil-host any 1": "the recorded server was set up to check no host",
            "\(prefix)evil-origin any 1": "the recorded server was set up to check no origin",
        ]
        try compare("mcp/client", exceptions: exceptions) { $0["scenario"]?.string?.hasPrefix(prefix) == true }
    }

    private func compare(
        _ file: String, exceptions: [String: String] = [:], _ isMeant: (JSONTree) -> Bool
    ) throws {
        var tally = GoldenTally(file, exceptions: exceptions)
        for row in try Golden.rows(file) where isMeant(row) {
            let key = "\(row["scenario"]?.string ?? "") \(row["specVersion"]?.string ?? "") \(row["step"]?.text ?? "")"
            guard row["response"]?.members != nil else { continue }
            tally.count(key, difference: try difference(row))
        }
        tally.report()
    }

    private func difference(_ row: JSONTree) throws -> String? {
        let request = try #require(row["request"])
        let response = try #require(row["response"])
        let status = response["status"]?.integer
        let error = response["body"]?["error"]
        // The framework of one recorded server answers broken JSON itself, and another gives 405 a body.
        let code = status == 405 || response["body"]?.string != nil ? nil : error?["code"]?.integer
        switch routing(request) {
        case .refused(let answer):
            let own = answer.body.isEmpty ? nil : try JSONTree.parse(answer.body.utf8Span.span.bytes)
            if Int64(answer.status) != status { return "\(answer.status) \(answer.body), recorded \(status ?? 0)" }
            if let code, own?["error"]?["code"]?.integer != code { return "\(answer.body), recorded \(code)" }
            if let code, own?["id"] != response["body"]?["id"] { return "another id, for \(code)" }
            if code == -32022, own?["error"]?["data"] != error?["data"] { return "other data" }
            let allow = answer.fields.first { $0.0 == "allow" }?.1
            return allow == response["headers"]?["allow"]?.string ? nil : "another Allow"
        case .accepted(let delivery) where delivery.requests.isEmpty:
            return status == 202 ? nil : "202, recorded \(status ?? 0)"
        case .accepted:
            // What a server knows only by its tools.
            let message = error?["message"]?.string ?? ""
            let isContent = status == 200 || code == -32021 || code == -32020 && message.contains("Mcp-Param")
            let isOtherParameter = code == -32020 && message.contains("region=")
            return isContent || isOtherParameter ? nil : "let through, recorded \(status ?? 0) \(message)"
        }
    }

    private func routing(_ request: JSONTree) -> Routing {
        let post = Post(method: request["method"]?.string ?? "") { name in request["headers"]?[name]?.string }
        if let refusal = ladder.admit(post) { return .refused(refusal) }
        let body: String
        switch request["body"]?.value {
        case nil, .null: body = ""
        case .string(let text): body = text
        default: body = request["body"]?.text ?? ""
        }
        let bytes = Array(body.utf8)
        return ladder.route(post, body: bytes.span.bytes)
    }

    // MARK: Standard input and output

    @Test func `lines are dropped, refused and accepted as by the SDK`() throws {
        var tally = GoldenTally(
            "mcp/stdio",
            exceptions: [
                "stdio/modern-2026-07-28 4 bad-version":
                    "the SDK does not look at the version of later requests; the specification has it refused"
            ])
        var rules = StdioRules()
        var scenario: String?
        for row in try Golden.rows("mcp/stdio") {
            if row["scenario"]?.string != scenario { rules = StdioRules() }
            scenario = row["scenario"]?.string
            guard let lines = row["request"]?["lines"]?.elements else { continue }
            let answers = row["response"]?["lines"]?.elements ?? []
            for line in lines {
                let difference = difference(line, answers, &rules)
                // Of two lines in one row, both must agree.
                if difference != nil || line == lines.last {
                    tally.count("\(scenario ?? "") \(row["step"]?.string ?? "")", difference: difference)
                }
                if difference != nil { break }
            }
        }
        tally.report()
    }

    private func difference(_ line: JSONTree, _ answers: [JSONTree], _ rules: inout StdioRules) -> String? {
        let answer = answers.last { $0["id"] == line["id"] && $0["method"] == nil }
        let code = answer?["error"]?["code"]?.integer
        let text = Array((line.string ?? line.text).utf8)
        let own: String
        switch rules.decide(text) {
        case .ignored: return answers.isEmpty ? nil : "ignored"
        case .answer(let text): own = text
        case .forward(let message, let fields, let isLegacyOnly):
            let ladder = Ladder(
                Rules(
                    families: [.tools, .resources, .prompts, .completions, .logging, .subscriptions],
                    isLegacyOnly: isLegacyOnly))
            let post = Post(method: "POST") { name in fields.first { $0.0 == name }?.1 }
            let routing = ladder.route(post, body: text.span.bytes)
            switch routing {
            case .refused(let answer): own = answer.body
            case .accepted(let delivery):
                guard message.kind == .request else { return answer == nil ? nil : "no answer" }
                if delivery.revision.isModern == isLegacyOnly { return "another era" }
                return code == nil || code == -32021 ? nil : "let through, recorded \(code ?? 0)"
            }
        }
        let tree = try? JSONTree.parse(Array(own.utf8).span.bytes)
        return tree?["error"]?["code"]?.integer == code && tree?["id"] == answer?["id"] ? nil : own
    }
}
