import JSON
import MCP
import Testing

/// Broken bodies: none may do more harm than to be refused.
@Suite struct MessageFuzzTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }

    private static let seeds = [
        #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":[1,{"y":[]}]},"_meta":{"progressToken":"t","io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#,
        #"[{"jsonrpc":"2.0","id":"a\u00e9\n","method":"ping"},{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}]"#,
        #"{"jsonrpc":"2.0","id":-1.5e3,"result":{"content":[[],{},""]},"error":null}"#,
        #" { "j\u0073onrpc" : "2.0" , "id" : 0 , "method" : "initialize" , "params" : { "protocolVersion" : "x" } } "#,
    ]
    private static let pieces = [
        "{", "}", "[", "]", "\"", "\\", ",", ":", "null", "1e999", "-", "\u{0}", "é", "\\u0061", "{\"id\":1,", "[],",
        "\"params\":{", "\"_meta\":", "\"method\":\"ping\",", " ", "1.0",
    ]

    private func mutated(_ random: inout Generator) -> [UInt8] {
        var body = Array(Self.seeds.randomElement(using: &random)?.utf8 ?? "".utf8)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: 0...body.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: body.removeSubrange(place..<min(body.count, place + Int.random(in: 0...8, using: &random)))
            case 1: body.insert(contentsOf: Self.pieces.randomElement(using: &random)?.utf8 ?? "".utf8, at: place)
            case 2 where place < body.count: body[place] = UInt8.random(in: 0...255, using: &random)
            case 3: body.insert(contentsOf: body[..<place].suffix(40), at: place)
            default: body = Array(body[..<place]) + body.suffix(from: min(body.count, place + 1))
            }
        }
        return body
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `a broken body is read as the tree of its text says`(seed: UInt64) throws {
        var random = Generator(state: seed)
        let ladder = Ladder(Rules(families: [.tools, .prompts, .resources, .subscriptions]))
        var accepted = 0
        for _ in 0..<4000 {
            let body = mutated(&random)
            let text = String(decoding: body, as: UTF8.self)
            let tree = try? JSONTree.parse(body.span.bytes)
            switch Body.read(body.span.bytes) {
            case .notJSON: #expect(tree == nil || body.starts(with: [0xef, 0xbb, 0xbf]), "\(text)")
            case .message(let result): check(result, try #require(tree, "\(text)"), body)
            case .batch(let results):
                let elements = try #require(tree?.elements, "\(text)")
                #expect(elements.count == results.count)
                for (result, element) in zip(results, elements) { check(result, element, body) }
            case .longBatch: Issue.record("too long: \(text)")
            }
            let isModern = Bool.random(using: &random)
            let post = Post(method: "POST") { name in
                switch name {
                case "content-type": "application/json"
                case "accept": "application/json, text/event-stream"
                case "mcp-protocol-version" where isModern: "2026-07-28"
                case "mcp-method" where isModern: "tools/call"
                case "mcp-name" where isModern: "a"
                default: nil
                }
            }
            switch ladder.route(post, body: body.span.bytes) {
            case .accepted: accepted += 1
            case .refused(let answer):
                #expect([200, 400, 404].contains(answer.status))
                #expect((try? JSONTree.parse(answer.body.utf8Span.span.bytes))?["error"]?["code"]?.integer != nil)
            }
        }
        #expect(accepted > 20)
    }

    private func check(_ result: Result<Message, Message.Malformed>, _ tree: JSONTree, _ body: [UInt8]) {
        guard case .success(let message) = result else { return }
        #expect(tree["jsonrpc"]?.string == "2.0")
        #expect(message.method == tree["method"]?.string ?? "")
        let id = message.id.flatMap { try? JSONTree.parse($0.utf8Span.span.bytes) }
        #expect(id == tree["id"] || tree["id"]?.value == .null)
        for (member, name) in [(Message.Member.name, "name"), (.arguments, "arguments"), (.meta, "_meta")] {
            guard tree["method"] != nil else { continue }
            let text = message[member].map { Array(body[$0.range]) }
            #expect(text.flatMap { try? JSONTree.parse($0.span.bytes) } == tree["params"]?[name])
            #expect(message[member]?.string == tree["params"]?[name]?.string)
        }
    }

    @Test(arguments: [
        String(repeating: "[[],", count: 60_000), String(repeating: "[[],[],", count: 30_000),
        "[" + String(repeating: "[1],", count: 60_000) + "[]]", String(repeating: "[", count: 200_000),
        #"{"a":"# + String(repeating: "{\"a\":", count: 60_000), "[" + String(repeating: "1e5,", count: 60_000) + "1]",
        "{" + String(repeating: #""method":{"a":[1]},"#, count: 20_000) + #""x":1}"#,
        "\"" + String(repeating: "\\u00e9", count: 50_000) + "\"",
    ])
    func `a large nested body is refused`(body: String) {
        switch Body.read(body.utf8Span.span.bytes) {
        case .notJSON, .longBatch, .message(.failure): break
        default: Issue.record("accepted")
        }
    }

    @Test func `long strings and long names do not hide the members after them`() throws {
        let long = String(repeating: "x\\n", count: 20_000)
        let body =
            #"{"\#(long)":["\#(long)"],"jsonrpc":"2.0","id":"\#(long)","method":"ping","params":{"name":"\#(long)"}}"#
        guard case .message(.success(let message)) = Body.read(body.utf8Span.span.bytes) else {
            Issue.record("refused")
            return
        }
        #expect(message.method == "ping")
        #expect(message[.name]?.string?.utf8.count == 40_000)
        #expect(message.id == "\"\(long)\"")
    }

    @Test func `ids and tokens keep their type, and equal strings look the same`() throws {
        let ids = [("1", "1"), ("\"1\"", "\"1\""), ("1.0", "1.0"), (#""\u0061\/""#, #""a/""#)]
        for (written, kept) in ids {
            let body =
                #"{"jsonrpc":"2.0","id":\#(written),"method":"x","params":{"requestId":\#(written),"_meta":{"progressToken":\#(written)}}}"#
            guard case .message(.success(let message)) = Body.read(body.utf8Span.span.bytes) else {
                Issue.record("refused")
                continue
            }
            #expect(message.id == kept)
            #expect(message.progressToken == kept)
            #expect(message.cancelledID == kept)
        }
    }
}
