import NIOCore
public import NIOHTTP1

/// What one connection is in the middle of. Decides; `HTTPConnection` acts.
struct HTTPConnectionState {
    private enum State {
        /// Between two requests; some bytes of the next head may be there.
        case idle(hasBytes: Bool)
        case receiving(HTTPRequestHead)
        case responding(HTTPRequestHead)
        /// The head of the response is out, its body comes piece by piece.
        case streaming(keepsOpen: Bool, isHost: Bool)
        /// The request was refused; what still comes is thrown away.
        case refusing
    }

    enum Action {
        case none
        /// Answer `100 Continue`: the client waits for leave to send the body.
        case proceed
        case respond(Request)
        case refuse(Refusal)
    }

    private var state = State.idle(hasBytes: false)
    /// What came of the request's body. Not in the state, where each chunk would copy all that came before it.
    private var body = ByteBuffer()
    private let bodyLimit: Int
    /// Parts received, and how many there were when the timer started.
    private var parts = 0
    private var marked = 0
    /// The client will send nothing more.
    private var hasInputEnded = false

    init(bodyLimit: Int) { self.bodyLimit = bodyLimit }

    mutating func received(_ part: HTTPServerRequestPart) -> Action {
        parts += 1
        switch (part, state) {
        case (.head(let head), .idle): return receive(head)
        case (.body(let chunk), .receiving):
            guard body.readableBytes + chunk.readableBytes <= bodyLimit else { return refused(.tooLarge(bodyLimit)) }
            if body.capacity == 0 { body = chunk } else { body.writeImmutableBuffer(chunk) }
            return .none
        case (.end, .receiving(let head)):
            state = .responding(head)
            defer { body = ByteBuffer() }
            return .respond(Request(head: head, body: body))
        default:
            return .none
        }
    }

    private mutating func receive(_ head: HTTPRequestHead) -> Action {
        state = .receiving(head)
        guard head.version.major == 1 else { return refused(.version) }
        // A request that two servers could read in two ways is how one is smuggled past the other (RFC 9112 §6.3).
        if head.headers.contains(name: "transfer-encoding") {
            guard !head.headers.contains(name: "content-length"), head.version != .http1_0 else {
                return refused(.ambiguousLength)
            }
        }
        let hosts = head.headers[canonicalForm: "host"].count
        guard hosts == 1 || hosts == 0 && head.version == .http1_0 else { return refused(.host) }
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        guard length <= bodyLimit else { return refused(.tooLarge(bodyLimit)) }
        // A body of several reads is copied once, into a buffer of its final size; one that is larger than a mere header
        // may claim grows by moving pages.
        if length > Self.readSize { body.reserveCapacity(min(length, Self.claimedSize)) }
        let waits = head.headers.first(name: "expect")?.lowercased() == "100-continue"
        return waits ? .proceed : .none
    }

    private mutating func refused(_ refusal: Refusal) -> Action {
        _ = refuse()
        return .refuse(refusal)
    }

    /// A body of this size may come in one piece, which is then taken as it is.
    private static let readSize = 2048
    private static let claimedSize = 1 << 20

    // MARK: Time

    /// Bytes came that are not HTTP yet.
    mutating func bytesArrived() { if case .idle = state { state = .idle(hasBytes: true) } }

    /// A request has begun and is not complete.
    var isReceiving: Bool {
        switch state {
        case .idle(let hasBytes): hasBytes
        case .receiving: true
        case .responding, .streaming, .refusing: false
        }
    }

    var isIdle: Bool { if case .idle = state { true } else { false } }

    mutating func markProgress() { marked = parts }

    /// Nothing came of the request since `markProgress`. A head counts only when it is whole.
    var isStalled: Bool { isReceiving && parts == marked }

    // MARK: Out

    /// How the response that is ready now goes out.
    struct Ending: Equatable {
        /// A response to HEAD has none.
        let hasBody: Bool
        /// The connection stays open.
        let keepsOpen: Bool
        var version = HTTPVersion.http1_1
    }

    mutating func respond(isStreamed: Bool = false) -> Ending {
        guard case .responding(let head) = state else { return Ending(hasBody: true, keepsOpen: false) }
        let isHead = head.method == .HEAD
        // Without a length and without chunks, the end of the connection is the end of the body: a client of HTTP/1.0
        // knows no chunks, and the response to HEAD must not have even the last, empty one.
        let endsWithConnection = isStreamed && (isHead || head.version == .http1_0)
        let keepsOpen =
            head.isKeepAlive && !endsWithConnection && !hasInputEnded
            && !head.stopsParser
        let streams = isStreamed && !isHead
        state = streams ? .streaming(keepsOpen: keepsOpen, isHost: Self.isHost(head)) : .idle(hasBytes: false)
        return Ending(hasBody: !isHead, keepsOpen: keepsOpen, version: endsWithConnection ? .http1_0 : .http1_1)
    }

    /// The streamed body has ended; answers whether the connection stays open.
    mutating func endStream() -> Bool {
        guard case .streaming(let keepsOpen, _) = state else { return false }
        state = .idle(hasBytes: false)
        return keepsOpen && !hasInputEnded
    }

    /// What the end of a client's input means.
    enum InputEnd {
        /// There is nothing left to do.
        case close
        /// The host has given its request up: unlike others, it never closes its half and waits for the answer.
        case leave
        /// An answer is still to come.
        case answer
    }

    mutating func inputClosed() -> InputEnd {
        hasInputEnded = true
        switch state {
        case .idle: return .close
        case .responding(let head): return Self.isHost(head) ? .leave : .answer
        case .streaming(_, let isHost): return isHost ? .leave : .answer
        case .receiving, .refusing: return .answer
        }
    }

    private static func isHost(_ head: HTTPRequestHead) -> Bool {
        head.headers.contains(name: "X-Azure-Functions-HostVersion")
    }

    /// Nothing more is read as a request; false where that was so already, or a response is under way.
    mutating func refuse() -> Bool {
        switch state {
        case .idle, .receiving:
            state = .refusing
            body = ByteBuffer()
            return true
        case .responding, .streaming, .refusing:
            return false
        }
    }
}

extension HTTPRequestHead {
    /// After a request to upgrade or to connect the HTTP package's parser reads nothing more, so the connection has to end.
    public var stopsParser: Bool { method == .CONNECT || headers.contains(name: "upgrade") }
}
