import NIOCore
import NIOHTTP1

/// What one connection is in the middle of. Decides; `HTTPConnection` acts.
struct HTTPConnectionState {
    private enum State {
        case idle
        case receiving(HTTPRequestHead)
        /// The request was refused before its end; the rest of it is thrown away.
        case refusing
        case responding(HTTPRequestHead)
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
            state = .responding(head)
            defer { body = ByteBuffer() }
            return .respond(Request(head: head, body: body))
        default:
            return .none
        }
    }

    /// How the response that is ready now goes out.
    struct Ending: Equatable {
        /// A response to HEAD has none.
        let hasBody: Bool
        /// The connection stays open. Not after a request to upgrade, which makes the parser stop.
        let keepsOpen: Bool
    }

    mutating func respond(closes: Bool) -> Ending {
        guard case .responding(let head) = state else { return Ending(hasBody: true, keepsOpen: false) }
        state = .idle
        return Ending(
            hasBody: head.method != .HEAD,
            keepsOpen: head.isKeepAlive && !closes && !head.headers.contains(name: "upgrade"))
    }

    private mutating func refuse() -> Action {
        state = .refusing
        body = ByteBuffer()
        return .refuse(limit: bodyLimit)
    }
}
