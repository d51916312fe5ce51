import MCP
import Testing

@Suite struct ClientMessageTests {
    private let client = #"{"name":"c","version":"1"}"#

    @Test func `a modern request says in body and fields what it is, and the ladder lets it in`() throws {
        let message = ClientMessage(
            "tools/call", id: 1, target: "Jörg", params: [("arguments", "{}")], revision: .july2026)
        let body = message.body(client: client, meta: [("progressToken", "7")])
        #expect(
            body
                == #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"Jörg","arguments":{},"_meta":{"progressToken":7,"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}"#
        )
        let fields = message.fields
        let post = Post(method: "POST") { name in fields.first { $0.0 == name }?.1 }
        guard case .accepted(let delivery) = Ladder(Rules(families: .tools)).route(post, body: body.utf8Span.span.bytes)
        else {
            Issue.record("refused")
            return
        }
        #expect(delivery.requests.first?[.name]?.string == "Jörg")
    }

    @Test func `an older request has neither envelope nor mirrored fields`() {
        let message = ClientMessage("resources/read", id: 2, target: "a:b", revision: .june2025)
        #expect(
            message.body(client: client)
                == #"{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"a:b"}}"#)
        #expect(message.fields.map(\.0) == ["content-type", "accept", "mcp-protocol-version"])
        let first = ClientMessage("initialize", id: 1, revision: .november2025)
        #expect(first.fields.map(\.0) == ["content-type", "accept"])
        let notification = ClientMessage("notifications/initialized", id: nil, revision: .november2025)
        #expect(notification.body(client: client) == #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
    }
}
