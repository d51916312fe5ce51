import EventLoop
import HTTP1

/// What one connection is in the middle of. Decides, and calls nobody: `HTTPConnection` acts, and what it calls may come
/// back here.
///
/// The halves overlap: a streamed body may still come while its response goes out.
struct ConnectionState {
    /// What the caller's next bytes are.
    enum Input: Equatable {
        /// `hasBegun`: some of it came, and not all.
        case head(hasBegun: Bool)
        case body(Body)
        /// Another request, which waits for the response to this one.
        case next
        /// Of no interest: nothing more is read as a request.
        case dropped
    }

    struct Body: Equatable {
        /// nil where it comes in chunks.
        var left: Int?
        var received = 0
        var isStreamed = false
        /// The caller waits for `100 Continue`.
        var isWithheld = false
    }

    enum Output: Equatable {
        /// No request is whole, or none was handed on.
        case idle
        /// The responder has the request.
        case awaited
        /// The head of the response is out.
        case streaming(Piecewise)
        /// Nothing more goes out.
        case finished
    }

    /// How a streamed body goes out.
    struct Piecewise: Equatable {
        var isChunked = false
        /// Bytes that it still has to have; nil where it has no length.
        var left: Int?
        /// The response has none, whatever is written: the status forbids it.
        var hasBody = true
        var keepsOpen: Bool
    }

    enum Action: Equatable {
        case none
        /// Hand the request on.
        case respond
        /// Tell the responder that the streamed body of the request is complete.
        case endBody
        /// Answer `100 Continue`.
        case proceed
        case refuse(Refusal)
        /// The response is complete; see what came meanwhile.
        case goOn
        /// End the sending half, and throw away what comes until the caller has ended its own.
        case finish
        /// The responder's caller is gone; and `finish`.
        case breakOff
        /// At once: what is queued is lost.
        case close
    }

    var input = Input.head(hasBegun: false)
    var output = Output.idle
    let limits: Limits
    var marks = Marks()
    private(set) var hasInputEnded = false
    private(set) var isDraining = false
    private(set) var traits = RequestTraits()
    /// After the answer to CONNECT nobody knows what comes.
    private var isTunnel = false

    struct Limits: Sendable {
        /// Bytes that the body of a request may have, unless it is streamed.
        var body: Int
        /// How long a head may take, and how long a body may pause.
        var patience: Duration
        /// How long the caller may read nothing of what is queued for it.
        var stall: Duration
        /// How long a caller that was refused may be silent before the connection is closed, and how long it may go on.
        var linger: Duration = .seconds(2)
        var longestLinger: Duration = .seconds(30)
    }

    init(limits: Limits) { self.limits = limits }

    // MARK: In

    /// The bytes at hand are not a whole head.
    ///
    /// - Parameter isHead: the request is for no body, as far as can be seen.
    mutating func headIsIncomplete(isHead: Bool = false) {
        guard case .head = input else { return }
        input = .head(hasBegun: true)
        traits = RequestTraits(isHead: isHead, keepsAlive: false)
    }

    mutating func headArrived(_ head: RequestHead, isStreamed: Bool) -> Action {
        marks.caller = nil
        traits = head.traits
        if case .connect = head.method { isTunnel = true }
        var body = Body(isStreamed: isStreamed, isWithheld: head.expectsContinue)
        switch head.framing {
        case .none, .untilClose, .length(0):
            input = .next
            output = .awaited
            return .respond
        case .length(let length):
            // Refused before the caller sends it.
            guard isStreamed || length <= limits.body else { return fail(.tooLarge(limit: limits.body)) }
            body.left = length
        case .chunked: break
        }
        input = .body(body)
        guard isStreamed else { return .none }
        output = .awaited
        return .respond
    }

    /// The head cannot be read.
    mutating func headFailed(_ error: RequestError, isHead: Bool) -> Action {
        traits = RequestTraits(isHead: isHead, keepsAlive: false)
        return fail(.malformed(error))
    }

    /// Bytes of the body came, without the lines around chunks.
    mutating func bodyArrived(_ count: Int) -> Action {
        guard case .body(var body) = input else { return .none }
        marks.caller = nil
        body.isWithheld = false
        // Both fit into the memory that they came in.
        body.received &+= count
        guard body.isStreamed || body.received <= limits.body else { return fail(.tooLarge(limit: limits.body)) }
        body.left = body.left.map { max(0, $0 &- count) }
        input = .body(body)
        return body.left == 0 ? bodyEnded() : .none
    }

    /// The body is complete.
    mutating func bodyEnded() -> Action {
        guard case .body(let body) = input else { return .none }
        marks.caller = nil
        input = .next
        if body.isStreamed { return .endBody }
        output = .awaited
        return .respond
    }

    /// All that came of the body was taken, and it is not complete.
    mutating func bodyIsIncomplete() -> Action {
        // Whose answer is on its way sends the body for nothing.
        guard case .body(var body) = input, body.isWithheld, output == .idle || output == .awaited else { return .none }
        body.isWithheld = false
        input = .body(body)
        return .proceed
    }

    /// The caller sends nothing more. `inputIsExhausted` follows once all that came is taken.
    mutating func inputEnded() { hasInputEnded = true }

    /// Of a caller that sends nothing more, all that came is taken.
    mutating func inputIsExhausted() -> Action {
        switch input {
        case .head(hasBegun: false): finish()
        case .head(hasBegun: true), .body: fail(.incomplete)
        case .next, .dropped: .none
        }
    }

    /// The request cannot become complete.
    mutating func fail(_ refusal: Refusal) -> Action {
        switch output {
        case .idle, .awaited:
            _ = finish()
            return .refuse(refusal)
        case .streaming:
            _ = finish()
            return .breakOff
        case .finished: return .none
        }
    }

    private mutating func finish() -> Action {
        input = .dropped
        output = .finished
        marks.linger = nil
        return .finish
    }

    // MARK: Out

    /// A request waits for the head of its response.
    var isAwaited: Bool { output == .awaited }

    /// A request is being answered.
    var isAnswering: Bool {
        switch output {
        case .awaited, .streaming: true
        case .idle, .finished: false
        }
    }

    /// Whether the connection may serve another request after this response; the request's own wish counts as well.
    ///
    /// - Parameter hasUnread: the caller has sent more.
    func mayKeepOpen(isStreamed: Bool, hasUnread: Bool) -> Bool {
        // Without its end in sight nobody can tell where the next request begins.
        guard input == .next, traits.keepsAlive, !isDraining, !isTunnel else { return false }
        // The response to HEAD is complete with its head, but its writer does not know.
        if isStreamed && traits.isHead { return false }
        return !hasInputEnded || hasUnread
    }

    /// A whole response is written, but perhaps not yet out.
    mutating func responded(keepsOpen: Bool) -> Action {
        guard keepsOpen, input == .next else { return finish() }
        input = .head(hasBegun: false)
        output = .idle
        return .goOn
    }

    /// The head of a streamed response is written.
    mutating func streams(_ piecewise: Piecewise) -> Action {
        if traits.isHead {
            _ = finish()
            return .breakOff
        }
        output = .streaming(piecewise)
        return .none
    }

    /// How many bytes of a piece go out, and whether as a chunk.
    mutating func write(_ count: Int) -> (count: Int, isChunk: Bool) {
        guard case .streaming(var piecewise) = output, piecewise.hasBody else { return (0, false) }
        guard let left = piecewise.left else { return (count, piecewise.isChunked) }
        let count = min(left, count)
        piecewise.left = left - count
        output = .streaming(piecewise)
        return (count, false)
    }

    /// A streamed response is over.
    ///
    /// - Returns: whether its last chunk is to be written, and what to do then.
    mutating func end(isComplete: Bool) -> (hasLastChunk: Bool, Action) {
        guard case .streaming(let piecewise) = output else { return (false, .none) }
        // Without its last chunk, or with fewer bytes than its length, the caller can tell that it broke off.
        let isComplete = isComplete && (piecewise.left ?? 0) == 0
        return (
            isComplete && piecewise.isChunked && piecewise.hasBody,
            responded(keepsOpen: isComplete && piecewise.keepsOpen && !isDraining)
        )
    }

    // MARK: Ends

    /// The connection serves no further request.
    ///
    /// - Parameters:
    ///   - hasUnread: a request may be waiting in what came.
    ///   - pending: bytes that are queued for the caller.
    mutating func drain(hasUnread: Bool, pending: Int) -> Action {
        isDraining = true
        guard input == .head(hasBegun: false), !hasUnread else { return .none }
        let action = finish()
        return pending == 0 ? .close : action
    }

    /// The connection is gone.
    mutating func closed() { _ = finish() }
}
