import JSON
import MCP
import Testing

/// Checks that the recorded exchanges do not have.
@Suite struct LadderTests {
    private static let meta = """
        "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}
        """
    private static let modern = ["mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"]

    private func routing(
        _ body: String, _ fields: [String: String] = [:], _ rules: Rules = Rules(families: [.tools, .logging])
    ) -> Routing {
        var all = [
            "host": "localhost", "content-type": "application/json", "accept": "application/json, text/event-stream",
        ]
        all.merge(fields) { $1 }
        let ladder = Ladder(rules)
        let post = Post(method: "POST") { all[$0] }
        if let answer = ladder.admit(post) { return .refused(answer) }
        return ladder.route(post, body: body.utf8Span.span.bytes)
    }

    /// The status, the code and the id of a refusal, or what is accepted.
    private func outcome(_ routing: Routing) throws -> String {
        switch routing {
        case .refused(let answer):
            let tree = try JSONTree.parse(answer.body.utf8Span.span.bytes)
            return "\(answer.status) \(tree["error"]?["code"]?.integer ?? 0) \(tree["id"]?.text ?? "")"
        case .accepted(let delivery):
            let counts = [delivery.requests.count, delivery.notifications.count, delivery.responses.count]
            return "\(counts) \(delivery.revision.rawValue)\(delivery.isBatch ? " batch" : "")"
        }
    }

    @Test(arguments: [
        // What a message may be.
        (#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, [:], "[1, 0, 0] 2025-03-26"),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, [:], "400 -32600 1"),
        (#"{"jsonrpc":"2.0","id":1,"method":7}"#, [:], "400 -32600 1"),
        (#"{"jsonrpc":"2.0","id":"a","params":{}}"#, [:], "400 -32600 \"a\""),
        (#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, [:], "400 -32600 null"),
        (#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#, [:], "400 -32600 1"),
        (#"{"jsonrpc":"2.0","result":{}}"#, [:], "400 -32600 null"),
        (#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700}}"#, [:], "[0, 0, 1] 2025-03-26"),
        ("7", [:], "400 -32600 null"),
        ("", [:], "400 -32700 null"),
        ("{}x", [:], "400 -32700 null"),
        (#"{"jsonrpc":"2.0","id":1.0,"method":"ping"}"#, [:], "[1, 0, 0] 2025-03-26"),
        // Duplicates: the last one counts.
        (#"{"jsonrpc":"1.0","jsonrpc":"2.0","id":1,"id":2,"method":7,"method":"ping"}"#, [:], "[1, 0, 0] 2025-03-26"),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","id":null}"#, [:], "400 -32600 null"),
        // Media types.
        (
            #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, ["content-type": "Application/JSON ; charset=utf-8"],
            "[1, 0, 0] 2025-03-26"
        ),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, ["content-type": "application/json2"], "415 -32000 null"),
        // Families and revisions.
        (#"{"jsonrpc":"2.0","id":1,"method":"prompts/list"}"#, [:], "200 -32601 1"),
        (#"{"jsonrpc":"2.0","id":1,"method":"server/discover"}"#, [:], "200 -32601 1"),
        (#"{"jsonrpc":"2.0","id":1,"method":"logging/setLevel"}"#, [:], "[1, 0, 0] 2025-03-26"),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, ["mcp-protocol-version": " 2025-06-18\t"],
            "[1, 0, 0] 2025-06-18"
        ),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}"#, [:],
            "[1, 0, 0] 2025-06-18"
        ),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2026-07-28"}}"#, [:],
            "[1, 0, 0] 2025-11-25"
        ),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2026-07-28"}}"#, modern,
            "400 -32020 1"
        ),
        // Batches.
        (
            #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"x"}]"#, [:],
            "[1, 1, 0] 2025-03-26 batch"
        ),
        (#"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0"}]"#, [:], "400 -32600 null"),
        (#"[{"jsonrpc":"2.0","id":1,"method":"initialize"}]"#, [:], "400 -32600 null"),
        (
            #"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, ["mcp-protocol-version": "2025-06-18"], "400 -32600 null"
        ),
        (#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, ["mcp-protocol-version": "1999"], "400 -32000 null"),
        (#"[{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{\#(meta)}}]"#, [:], "400 -32600 null"),
        // The modern envelope.
        (#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{\#(meta)}}"#, modern, "[1, 0, 0] 2026-07-28"),
        (#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":[]}}"#, modern, "400 -32602 1"),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":1}}}"#,
            modern, "400 -32602 1"
        ),
        (#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{\#(meta),"_meta":{}}}"#, modern, "400 -32602 1"),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"Jörg",\#(meta)}}"#,
            modern.merging(["mcp-method": "tools/call", "mcp-name": " =?base64?SsO2cmc=?= "]) { $1 },
            "[1, 0, 0] 2026-07-28"
        ),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"",\#(meta)}}"#,
            modern.merging(["mcp-method": "tools/call", "mcp-name": ""]) { $1 }, "[1, 0, 0] 2026-07-28"
        ),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7,\#(meta)}}"#,
            modern.merging(["mcp-method": "tools/call"]) { $1 }, "[1, 0, 0] 2026-07-28"
        ),
        // The caller.
        (#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, ["origin": "null"], "403 -32000 null"),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, ["origin": ""], "403 -32000 null"),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, ["host": "[::1]:99"], "[1, 0, 0] 2025-03-26"),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, ["host": ""], "403 -32000 null"),
    ])
    func `a post passes or fails`(body: String, fields: [String: String], expected: String) throws {
        #expect(try outcome(routing(body, fields)) == expected, "\(body)")
    }

    @Test func `a connection of the older era stays in it`() throws {
        let body = #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{\#(Self.meta)}}"#
        let rules = Rules(families: .tools, isLegacyOnly: true)
        #expect(try outcome(routing(body, ["mcp-protocol-version": "2025-11-25"], rules)) == "[1, 0, 0] 2025-11-25")
    }

    @Test func `a batch has at most 100 messages, and a body a limit`() throws {
        let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
        func batch(_ count: Int) -> String { "[\(Array(repeating: ping, count: count).joined(separator: ","))]" }
        #expect(try outcome(routing(batch(100))) == "[100, 0, 0] 2025-03-26 batch")
        #expect(try outcome(routing(batch(101))) == "400 -32600 null")
        #expect(try outcome(routing(ping, [:], Rules(families: [], bodyLimit: 40))) == "[1, 0, 0] 2025-03-26")
        #expect(try outcome(routing(ping, [:], Rules(families: [], bodyLimit: 39))) == "413 -32000 null")
    }

    @Test func `other methods than POST are told which one there is`() {
        let answer = Ladder(Rules(families: [])).admit(Post(method: "GET") { $0 == "host" ? "localhost" : nil })
        #expect(answer?.status == 405)
        #expect(answer?.fields.map(\.1) == ["POST"])
    }
}
