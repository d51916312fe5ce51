import EventLoop
import HTTP1

/// The state of one connection. It decides what to do next and returns that as an action; `HTTPConnection` performs it.
/// The struct calls nobody, because a callback could re-enter it during a mutation.
///
/// Input and output have separate states, because a streamed request body may still arrive while its response goes out.
struct ConnectionState {
    /// What the next bytes from the caller belong to.
    enum Input: Equatable {
        /// The head of a request. `hasBegun`: a part of it has arrived.
        case head(hasBegun: Bool)
        case body(Body)
        /// The next request. It has to wait for the response to the current one.
        case next
        /// Nothing: they are dropped, because the connection accepts no more requests.
        case dropped
    }

    struct Body: Equatable {
        /// The bytes that are still missing, or nil if the body is chunked.
        var left: Int?
        var received = 0
        var isStreamed = false
        /// The caller waits for `100 Continue` before it sends the body.
        var isWithheld = false
        /// The responder's limit; nil until it is asked.
        var limit: BodyLimit?
    }

    enum Output: Equatable {
        /// The responder has no request.
        case idle
        /// The responder has a request and has not answered yet.
        case awaited
        /// The head of a streamed response has been written.
        case streaming(Piecewise)
        /// The sending half has ended.
        case finished
    }

    /// How a streamed response body is sent.
    struct Piecewise: Equatable {
        var isChunked = false
        /// The bytes that are still missing, or nil if the response has no length.
        var left: Int?
        /// False if the status forbids a body. Written pieces are then dropped.
        var hasBody = true
        var keepsOpen: Bool
    }

    enum Action: Equatable {
        case none
        /// Hand the request to the responder.
        case respond
        /// Tell the responder that the streamed request body is complete.
        case endBody
        /// Send `100 Continue`.
        case proceed
        /// Ask the responder how much of the body it wants, for `limitBody`.
        case askLimit
        case refuse(ServerError)
        /// The response is complete. Continue with the next request.
        case goOn
        /// End the sending half, then read and drop bytes until the caller ends its half.
        case finish
        /// Tell the responder that its caller is gone, and `finish`.
        case breakOff
        /// Close at once. Queued output is lost.
        case close
    }

    var input = Input.head(hasBegun: false)
    var output = Output.idle
    let limits: Limits
    var waits = Waits()
    private(set) var hasInputEnded = false
    private(set) var isDraining = false
    private(set) var traits = RequestTraits()
    /// The request was CONNECT. The bytes after it are not HTTP.
    private var isTunnel = false

    struct Limits: Sendable {
        /// The largest request body in bytes, unless it is streamed.
        var body: Int
        /// How long a head may take to arrive, and how long a body may pause.
        var patience: Duration
        /// How long the caller may leave its queued output unread.
        var stall: Duration
        /// After the sending half has ended: how long the caller may be silent, and how long it may continue to send.
        /// Closing earlier could destroy a response that the caller has not read.
        var linger: Duration = .seconds(2)
        var longestLinger: Duration = .seconds(30)
    }

    init(limits: Limits) { self.limits = limits }

    // MARK: In

    /// The received bytes are not a complete head.
    ///
    /// - Parameter isHead: the method seems to be HEAD.
    mutating func headIsIncomplete(isHead: Bool = false) {
        guard case .head = input else { return }
        input = .head(hasBegun: true)
        traits = RequestTraits(isHead: isHead, keepsAlive: false)
    }

    mutating func headArrived(_ head: RequestHead, isStreamed: Bool) -> Action {
        waits.caller = nil
        traits = head.traits
        if case .connect = head.method { isTunnel = true }
        var body = Body(isStreamed: isStreamed, isWithheld: head.expectsContinue)
        switch head.framing {
        case .none, .untilClose, .length(0):
            input = .next
            output = .awaited
            return .respond
        case .length(let length):
            // The refusal comes before the caller has sent the body.
            if !isStreamed, length > BodyLimit.unasked {
                body.left = length
                input = .body(body)
                return .askLimit
            }
            guard isStreamed || length <= limits.body else { return fail(.tooLarge(limit: limits.body)) }
            body.left = length
        case .chunked: break
        }
        input = .body(body)
        guard isStreamed else { return .none }
        output = .awaited
        return .respond
    }

    /// The head cannot be parsed.
    mutating func headFailed(_ error: RequestError, isHead: Bool) -> Action {
        traits = RequestTraits(isHead: isHead, keepsAlive: false)
        return fail(.malformed(error))
    }

    /// Bytes of the body have arrived. The lines around chunks do not count.
    mutating func bodyArrived(_ count: Int) -> Action {
        guard case .body(var body) = input else { return .none }
        waits.caller = nil
        body.isWithheld = false
        // Every byte was in memory once, so the sum cannot overflow.
        body.received &+= count
        body.left = body.left.map { max(0, $0 &- count) }
        input = .body(body)
        if !body.isStreamed, body.limit?.excess != .dropped {
            if body.limit == nil, body.received > BodyLimit.unasked { return .askLimit }
            let limit = min(limits.body, body.limit?.bytes ?? .max)
            guard body.received <= limit else { return fail(tooLarge(body)) }
        }
        return body.left == 0 ? bodyEnded() : .none
    }

    /// Sets the responder's limit. The whole body may have arrived by then.
    mutating func limitBody(to limit: BodyLimit) -> Action {
        guard case .body(var body) = input else { return .none }
        body.limit = limit
        input = .body(body)
        let expected = body.received.addingReportingOverflow(body.left ?? 0)
        if limit.excess == .refused, expected.overflow || expected.partialValue > min(limits.body, limit.bytes) {
            return fail(tooLarge(body))
        }
        return body.left == 0 ? bodyEnded() : .none
    }

    private func tooLarge(_ body: Body) -> ServerError {
        guard let limit = body.limit, limit.bytes < limits.body else { return .tooLarge(limit: limits.body) }
        return .tooLargeForResponder(limit: limit.bytes)
    }

    /// Whether the body has or will have more bytes than the responder wants, so that none of it is kept.
    var isDroppingBody: Bool {
        guard case .body(let body) = input, let limit = body.limit, limit.excess == .dropped else { return false }
        let (all, overflow) = body.received.addingReportingOverflow(body.left ?? 0)
        return overflow || all > min(limits.body, limit.bytes)
    }

    /// The body is complete.
    mutating func bodyEnded() -> Action {
        guard case .body(let body) = input else { return .none }
        waits.caller = nil
        input = .next
        if body.isStreamed { return .endBody }
        output = .awaited
        return .respond
    }

    /// The body is not complete, and all bytes that have arrived were taken.
    mutating func bodyIsIncomplete() -> Action {
        // Once the response has begun, the caller need not send the body.
        guard case .body(var body) = input, body.isWithheld, output == .idle || output == .awaited else { return .none }
        body.isWithheld = false
        input = .body(body)
        return .proceed
    }

    /// The caller has closed its sending half. `inputIsExhausted` follows once all received bytes were taken.
    mutating func inputEnded() { hasInputEnded = true }

    /// The caller has closed its sending half, and all received bytes were taken.
    mutating func inputIsExhausted() -> Action {
        switch input {
        case .head(hasBegun: false): finish()
        case .head(hasBegun: true), .body: fail(.incomplete)
        case .next, .dropped: .none
        }
    }

    /// The request will never be complete.
    mutating func fail(_ refusal: ServerError) -> Action {
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
        waits.linger = nil
        return .finish
    }

    // MARK: Out

    /// The responder has not answered its request yet.
    var isAwaited: Bool { output == .awaited }

    /// The responder has not completed its response yet.
    var isAnswering: Bool {
        switch output {
        case .awaited, .streaming: true
        case .idle, .finished: false
        }
    }

    /// Whether the connection may serve another request after this response.
    ///
    /// - Parameter hasUnread: the caller has already sent more bytes.
    func mayKeepOpen(isStreamed: Bool, hasUnread: Bool) -> Bool {
        // While the request is incomplete, nobody can tell where the next one begins.
        guard input == .next, traits.keepsAlive, !isDraining, !isTunnel else { return false }
        // A streamed response to HEAD is complete with its head, but its writer does not know that.
        if isStreamed && traits.isHead { return false }
        return !hasInputEnded || hasUnread
    }

    /// The response is complete, though perhaps not flushed.
    mutating func responded(keepsOpen: Bool) -> Action {
        guard keepsOpen, input == .next else { return finish() }
        input = .head(hasBegun: false)
        output = .idle
        return .goOn
    }

    /// The head of a streamed response has been written.
    mutating func streams(_ piecewise: Piecewise) -> Action {
        if traits.isHead {
            _ = finish()
            return .breakOff
        }
        output = .streaming(piecewise)
        return .none
    }

    /// How many bytes of a piece to send, and whether to send them as a chunk.
    mutating func write(_ count: Int) -> (count: Int, isChunk: Bool) {
        guard case .streaming(var piecewise) = output, piecewise.hasBody else { return (0, false) }
        guard let left = piecewise.left else { return (count, piecewise.isChunked) }
        let count = min(left, count)
        piecewise.left = left - count
        output = .streaming(piecewise)
        return (count, false)
    }

    /// The responder has ended a streamed response.
    ///
    /// - Returns: whether to write the last chunk, and what to do afterwards.
    mutating func end(isComplete: Bool) -> (hasLastChunk: Bool, Action) {
        guard case .streaming(let piecewise) = output else { return (false, .none) }
        // A missing last chunk, or fewer bytes than announced, tells the caller that the body broke off.
        let isComplete = isComplete && (piecewise.left ?? 0) == 0
        return (
            isComplete && piecewise.isChunked && piecewise.hasBody,
            responded(keepsOpen: isComplete && piecewise.keepsOpen && !isDraining)
        )
    }

    // MARK: Ends

    /// The connection must not serve another request.
    ///
    /// - Parameters:
    ///   - hasUnread: received bytes wait to be taken, perhaps a request.
    ///   - pending: the number of bytes queued for the caller.
    mutating func drain(hasUnread: Bool, pending: Int) -> Action {
        isDraining = true
        guard input == .head(hasBegun: false), !hasUnread else { return .none }
        let action = finish()
        return pending == 0 ? .close : action
    }

    /// The stream has closed.
    mutating func closed() { _ = finish() }
}
