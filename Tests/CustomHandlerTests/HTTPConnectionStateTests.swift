import NIOCore
import NIOHTTP1
import Testing

@testable import CustomHandler

@Suite struct HTTPConnectionStateTests {
    private func head(_ headers: [(String, String)] = []) -> HTTPServerRequestPart {
        .head(
            HTTPRequestHead(
                version: .http1_1, method: .POST, uri: "/f", headers: HTTPHeaders([("host", "x")] + headers)))
    }

    private func chunk(_ text: String) -> HTTPServerRequestPart { .body(ByteBuffer(string: text)) }

    @Test func `a body in pieces becomes one request`() {
        var state = HTTPConnectionState(bodyLimit: 10)
        for part in [head(), chunk("abc"), chunk("def"), chunk("ghij")] {
            let action = state.received(part)
            #expect(isNone(action))
        }
        guard case .respond(let request) = state.received(.end(nil)) else { return #expect(Bool(false), "no request") }
        #expect(String(buffer: request.body) == "abcdefghij")
        let ending = state.respond()
        #expect(ending.hasBody && ending.keepsOpen)
        _ = state.received(head())
        guard case .respond(let next) = state.received(.end(nil)) else { return #expect(Bool(false), "no request") }
        #expect(next.body.readableBytes == 0)
    }

    @Test func `a body over the limit is refused once, and the rest of it ignored`() {
        var state = HTTPConnectionState(bodyLimit: 5)
        _ = state.received(head())
        let action = state.received(chunk("abcde"))
        #expect(isNone(action))
        guard case .refuse(let limit) = state.received(chunk("f")) else { return #expect(Bool(false), "not refused") }
        #expect(limit == .tooLarge(5))
        let rest = [state.received(chunk("g")), state.received(.end(nil))]
        #expect(rest.allSatisfy(isNone))
    }

    @Test func `a length over the limit is refused before the body comes`() {
        var state = HTTPConnectionState(bodyLimit: 5)
        guard case .refuse = state.received(head([("content-length", "6"), ("expect", "100-continue")])) else {
            return #expect(Bool(false), "not refused")
        }
    }

    @Test func `a client that asks to close is not kept`() {
        var state = HTTPConnectionState(bodyLimit: 5)
        _ = state.received(head([("connection", "close")]))
        _ = state.received(.end(nil))
        let ending = state.respond()
        #expect(!ending.keepsOpen)
    }

    /// The parser takes nothing after it.
    @Test func `a client that asks for a tunnel is not kept`() {
        var state = HTTPConnectionState(bodyLimit: 5)
        let head = HTTPRequestHead(
            version: .http1_1, method: .CONNECT, uri: "x:80", headers: HTTPHeaders([("host", "x")]))
        _ = state.received(.head(head))
        _ = state.received(.end(nil))
        #expect(!state.respond().keepsOpen)
    }

    @Test func `a long body of many pieces is not copied for each`() {
        var state = HTTPConnectionState(bodyLimit: 1 << 30)
        _ = state.received(head())
        let piece = ByteBuffer(repeating: 0x78, count: 4096)
        let start = ContinuousClock.now
        for _ in 0..<16_384 { _ = state.received(.body(piece)) }
        // 64 MB; copied for each piece it would be half a terabyte.
        #expect(start.duration(to: .now) < .seconds(20))
    }

    private func isNone(_ action: HTTPConnectionState.Action) -> Bool { if case .none = action { true } else { false } }
}
