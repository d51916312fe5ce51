import NIOCore
import NIOHTTP1

/// What one connection is in the middle of. Decides; `HTTPConnection` acts.
struct HTTPConnectionState {
    private enum State {
        case idle
        case receiving(HTTPRequestHead)
        /// The request was refused before its end; the rest of it is thrown away.
        case refusing
        case responding(keepAlive: Bool)
    }

    enum Action {
        case none
        /// Answer `100 Continue`: the client waits for leave to send the body.
        case proceed
        case respond(Request)
        case refuse(limit: Int)
    }

    private var state = State.idle
    /// What came of the request's body. Not in the state, where each chunk would copy all that came before it.
    private var body = ByteBuffer()
    private let bodyLimit: Int

    init(bodyLimit: Int) { self.bodyLimit = bodyLimit }

    mutating func received(_ part: HTTPServerRequestPart) -> Action {
        switch (part, state) {
        case (.head(let head), .idle):
            let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
            guard length <= bodyLimit else { return refuse() }
            state = .receiving(head)
            let waits = head.headers.first(name: "expect")?.lowercased() == "100-continue"
            return waits ? .proceed : .none
        case (.body(let chunk), .receiving):
            guard body.readableBytes + chunk.readableBytes <= bodyLimit else { return refuse() }
            if body.readableBytes == 0 { body = chunk } else { body.writeImmutableBuffer(chunk) }
            return .none
        case (.end, .receiving(let head)):
            state = .responding(keepAlive: head.isKeepAlive)
            defer { body = ByteBuffer() }
            return .respond(Request(head: head, body: body))
        default:
            return .none
        }
    }

    /// The response was written; true if the connection stays open.
    mutating func responded(closes: Bool) -> Bool {
        guard case .responding(let keepAlive) = state else { return false }
        state = .idle
        return keepAlive && !closes
    }

    private mutating func refuse() -> Action {
        state = .refusing
        body = ByteBuffer()
        return .refuse(limit: bodyLimit)
    }
}
