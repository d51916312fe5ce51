import EventLoop
import Testing

@testable import HTTP
@testable import HTTP1

@Suite struct ConnectionStateTests {
    private static let limits = ConnectionState.Limits(
        body: 10, patience: .seconds(30), stall: .seconds(60), linger: .seconds(2), longestLinger: .seconds(30))

    private var state = ConnectionState(limits: limits)

    private func head(
        _ framing: BodyFraming = .none, method: HTTPMethod = .post, keepsAlive: Bool = true, expects: Bool = false
    ) -> RequestHead {
        var head = RequestHead()
        head.method = method
        head.framing = framing
        head.keepsAlive = keepsAlive
        head.expectsContinue = expects
        return head
    }

    private func at(_ seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: Int64(seconds * 1_000_000_000))
    }

    // MARK: Requests

    @Test mutating func `a request without a body is handed on, and the next waits for its response`() {
        #expect(state.headArrived(head(), isStreamed: false) == .respond)
        #expect(state.input == .next && state.isAwaited)
        #expect(state.mayKeepOpen(isStreamed: false, hasUnread: false))
        #expect(state.responded(keepsOpen: true) == .goOn)
        #expect(state.input == .head(hasBegun: false) && !state.isAnswering)
    }

    @Test mutating func `a body in pieces becomes one request`() {
        #expect(state.headArrived(head(.length(10)), isStreamed: false) == .none)
        for count in [3, 3, 3] { #expect(state.bodyArrived(count) == .none) }
        #expect(!state.isAwaited)
        #expect(state.bodyArrived(1) == .respond)
        #expect(state.responded(keepsOpen: true) == .goOn)
        // The next request has its own body.
        #expect(state.headArrived(head(.length(2)), isStreamed: false) == .none)
        #expect(state.bodyArrived(2) == .respond)
    }

    @Test mutating func `a body of length 0 counts as no body`() {
        #expect(state.headArrived(head(.length(0), expects: true), isStreamed: false) == .respond)
    }

    @Test mutating func `a body in chunks ends with its last chunk`() {
        #expect(state.headArrived(head(.chunked), isStreamed: false) == .none)
        #expect(state.bodyArrived(10) == .none && state.bodyEnded() == .respond)
    }

    @Test mutating func `a body over the limit is refused once, and the rest is ignored`() {
        #expect(state.headArrived(head(.chunked), isStreamed: false) == .none)
        #expect(state.bodyArrived(10) == .none)
        #expect(state.bodyArrived(1) == .refuse(.tooLarge(limit: 10)))
        #expect(state.input == .dropped)
        #expect(state.bodyArrived(1) == .none && state.bodyEnded() == .none)
        #expect(state.fail(.timeout) == .none)
    }

    @Test mutating func `a length over the limit is refused before the body arrives, even with Expect`() {
        #expect(state.headArrived(head(.length(11), expects: true), isStreamed: false) == .refuse(.tooLarge(limit: 10)))
        #expect(state.bodyIsIncomplete() == .none)
    }

    @Test mutating func `a streamed body has no limit, and its request is handed on before it`() {
        #expect(state.headArrived(head(.length(100)), isStreamed: true) == .respond)
        #expect(state.isAwaited)
        #expect(state.bodyArrived(99) == .none && state.bodyArrived(1) == .endBody)
        #expect(state.isAwaited && state.mayKeepOpen(isStreamed: true, hasUnread: false))
    }

    @Test mutating func `a caller gets 100 Continue once, and only before the body has arrived`() {
        #expect(state.headArrived(head(.length(5), expects: true), isStreamed: false) == .none)
        #expect(state.bodyIsIncomplete() == .proceed && state.bodyIsIncomplete() == .none)
        #expect(state.bodyArrived(5) == .respond)
        _ = state.responded(keepsOpen: true)
        #expect(state.headArrived(head(.length(5), expects: true), isStreamed: false) == .none)
        #expect(state.bodyArrived(1) == .none && state.bodyIsIncomplete() == .none)
    }

    @Test mutating func `a caller does not get 100 Continue after the response`() {
        #expect(state.headArrived(head(.length(5), expects: true), isStreamed: true) == .respond)
        #expect(state.streams(.init(isChunked: true, keepsOpen: false)) == .none)
        #expect(state.bodyIsIncomplete() == .none)
    }

    // MARK: Whether the connection goes on

    @Test(arguments: [(HTTPMethod.post, false), (.connect, true)])
    mutating func `a caller that asks to close, or for a tunnel, is not kept`(_ method: HTTPMethod, keepsAlive: Bool) {
        _ = state.headArrived(head(method: method, keepsAlive: keepsAlive), isStreamed: false)
        #expect(!state.mayKeepOpen(isStreamed: false, hasUnread: true))
        #expect(state.responded(keepsOpen: false) == .finish)
        #expect(state.input == .dropped && state.output == .finished)
    }

    @Test mutating func `a response before the request is complete ends the connection`() {
        _ = state.headArrived(head(.length(100)), isStreamed: true)
        _ = state.bodyArrived(50)
        #expect(!state.mayKeepOpen(isStreamed: false, hasUnread: false))
        #expect(state.responded(keepsOpen: true) == .finish)
    }

    @Test mutating func `a streamed response to HEAD is over with its head`() {
        _ = state.headArrived(head(method: .head), isStreamed: false)
        #expect(!state.mayKeepOpen(isStreamed: true, hasUnread: false))
        #expect(state.mayKeepOpen(isStreamed: false, hasUnread: false))
        #expect(state.streams(.init(hasBody: false, keepsOpen: false)) == .breakOff)
        #expect(state.write(3).count == 0 && state.end(isComplete: true) == (false, .none))
    }

    // MARK: Streamed responses

    @Test mutating func `pieces are sent as chunks, and then the last chunk`() {
        _ = state.headArrived(head(), isStreamed: false)
        #expect(state.streams(.init(isChunked: true, keepsOpen: true)) == .none)
        #expect(state.write(3) == (3, true) && state.isAnswering && !state.isAwaited)
        #expect(state.end(isComplete: true) == (true, .goOn))
    }

    @Test mutating func `a body that is cut off has no last chunk`() {
        _ = state.headArrived(head(), isStreamed: false)
        _ = state.streams(.init(isChunked: true, keepsOpen: true))
        #expect(state.end(isComplete: false) == (false, .finish))
    }

    @Test mutating func `a body must have its announced length`() {
        _ = state.headArrived(head(), isStreamed: false)
        _ = state.streams(.init(left: 5, keepsOpen: true))
        #expect(state.write(3) == (3, false) && state.write(3) == (2, false) && state.write(3) == (0, false))
        #expect(state.end(isComplete: true) == (false, .goOn))
        _ = state.headArrived(head(), isStreamed: false)
        _ = state.streams(.init(left: 5, keepsOpen: true))
        #expect(state.write(4) == (4, false) && state.end(isComplete: true) == (false, .finish))
    }

    @Test mutating func `a status without a body has none, even if one is written`() {
        _ = state.headArrived(head(), isStreamed: false)
        _ = state.streams(.init(hasBody: false, keepsOpen: true))
        #expect(state.write(3) == (0, false) && state.end(isComplete: true) == (false, .goOn))
    }

    // MARK: The caller ends its half

    @Test mutating func `the end of input between two requests ends the connection`() {
        state.inputEnded()
        #expect(state.inputIsExhausted() == .finish)
    }

    @Test mutating func `the end of input within a head is answered with an error`() {
        state.headIsIncomplete()
        state.inputEnded()
        #expect(state.inputIsExhausted() == .refuse(.incomplete))
    }

    @Test mutating func `the end of input within a body is answered with an error`() {
        _ = state.headArrived(head(.length(5)), isStreamed: false)
        state.inputEnded()
        #expect(state.inputIsExhausted() == .refuse(.incomplete))
    }

    @Test mutating func `the end of input within a streamed body cuts off the response`() {
        _ = state.headArrived(head(.length(5)), isStreamed: true)
        _ = state.streams(.init(isChunked: true, keepsOpen: false))
        state.inputEnded()
        #expect(state.inputIsExhausted() == .breakOff)
    }

    @Test mutating func `after the end of input, current and waiting requests still get their responses`() {
        _ = state.headArrived(head(), isStreamed: false)
        state.inputEnded()
        #expect(state.inputIsExhausted() == .none && state.isAwaited)
        #expect(state.mayKeepOpen(isStreamed: false, hasUnread: true))
        #expect(!state.mayKeepOpen(isStreamed: false, hasUnread: false))
    }

    // MARK: Drain

    @Test mutating func `shutdown closes an idle connection once its queued data is sent`() {
        var other = state
        #expect(state.drain(hasUnread: false, pending: 0) == .close)
        #expect(other.drain(hasUnread: false, pending: 1) == .finish)
    }

    @Test mutating func `during shutdown, a request that has begun is still answered`() {
        state.headIsIncomplete()
        #expect(state.drain(hasUnread: true, pending: 0) == .none)
        #expect(state.headArrived(head(), isStreamed: false) == .respond)
        #expect(!state.mayKeepOpen(isStreamed: false, hasUnread: false))
        #expect(state.responded(keepsOpen: false) == .finish)
    }

    @Test mutating func `during shutdown, a streamed response is the last one on its connection`() {
        _ = state.headArrived(head(), isStreamed: false)
        _ = state.streams(.init(isChunked: true, keepsOpen: true))
        #expect(state.drain(hasUnread: false, pending: 0) == .none)
        #expect(state.end(isComplete: true) == (true, .finish))
    }

    // MARK: Time

    @Test mutating func `no timeout runs between two requests or while one is answered`() {
        #expect(!state.isTimed && state.checkTime(at: at(0), pending: 0, taken: 0) == .done)
        _ = state.headArrived(head(), isStreamed: false)
        #expect(!state.isTimed && state.checkTime(at: at(1000), pending: 0, taken: 0) == .done)
    }

    @Test mutating func `a head must be complete in time, even if parts of it keep arriving`() {
        state.headIsIncomplete()
        #expect(state.isTimed && state.checkTime(at: at(1), pending: 0, taken: 0) == .again(at(31)))
        state.headIsIncomplete()
        #expect(state.checkTime(at: at(20), pending: 0, taken: 0) == .again(at(31)))
        #expect(state.checkTime(at: at(31), pending: 0, taken: 0) == .act(.refuse(.timeout)))
    }

    @Test mutating func `a body may arrive slowly, but must not pause for long`() {
        _ = state.headArrived(head(.length(5)), isStreamed: false)
        #expect(state.checkTime(at: at(1), pending: 0, taken: 0) == .again(at(31)))
        _ = state.bodyArrived(1)
        #expect(state.checkTime(at: at(30), pending: 0, taken: 0) == .again(at(60)))
        #expect(state.checkTime(at: at(59), pending: 0, taken: 0) == .again(at(60)))
        #expect(state.checkTime(at: at(60), pending: 0, taken: 0) == .act(.refuse(.timeout)))
    }

    @Test mutating func `a request that is complete in time leaves no timeout for the next`() {
        state.headIsIncomplete()
        _ = state.checkTime(at: at(0), pending: 0, taken: 0)
        _ = state.headArrived(head(), isStreamed: false)
        _ = state.responded(keepsOpen: true)
        state.headIsIncomplete()
        #expect(state.checkTime(at: at(100), pending: 0, taken: 0) == .again(at(130)))
    }

    @Test mutating func `no timeout runs for a caller that must wait, and it starts anew afterwards`() {
        _ = state.headArrived(head(.length(5)), isStreamed: true)
        #expect(state.checkTime(at: at(0), pending: 0, taken: 0) == .again(at(30)))
        #expect(state.checkTime(at: at(100), isHungry: false, pending: 0, taken: 0) == .done)
        #expect(state.checkTime(at: at(100), pending: 0, taken: 0) == .again(at(130)))
    }

    @Test mutating func `a caller that reads nothing is disconnected, a slow one is not`() {
        _ = state.headArrived(head(), isStreamed: false)
        #expect(state.checkTime(at: at(0), pending: 100, taken: 50) == .again(at(15)))
        #expect(state.checkTime(at: at(59), pending: 90, taken: 60) == .again(at(74)))
        // More was queued, and the caller has read nothing.
        #expect(state.checkTime(at: at(118), pending: 190, taken: 60) == .again(at(119)))
        #expect(state.checkTime(at: at(119), pending: 190, taken: 60) == .act(.close))
    }

    @Test mutating func `the timeout starts anew after the queue was empty`() {
        _ = state.checkTime(at: at(0), pending: 100, taken: 50)
        #expect(state.checkTime(at: at(30), pending: 0, taken: 150) == .done)
        #expect(state.checkTime(at: at(100), pending: 10, taken: 150) == .again(at(115)))
    }

    @Test mutating func `a refused caller may continue for a while, and longer while it sends`() {
        _ = state.fail(.timeout)
        #expect(state.isTimed && state.checkTime(at: at(0), pending: 0, taken: 0) == .again(at(2)))
        state.bytesDropped()
        #expect(state.checkTime(at: at(1.5), pending: 0, taken: 0) == .again(at(3.5)))
        #expect(state.checkTime(at: at(3.5), pending: 0, taken: 0) == .act(.close))
    }

    @Test mutating func `a refused caller may not continue forever`() {
        _ = state.fail(.timeout)
        for second in stride(from: 0.0, through: 29, by: 1) {
            state.bytesDropped()
            #expect(state.checkTime(at: at(second), pending: 0, taken: 0) == .again(at(min(second + 2, 30))))
        }
        state.bytesDropped()
        #expect(state.checkTime(at: at(30), pending: 0, taken: 0) == .act(.close))
    }

    @Test mutating func `a refused caller that still reads gets time to do so`() {
        _ = state.fail(.timeout)
        #expect(state.checkTime(at: at(0), pending: 10, taken: 0) == .again(at(2)))
        #expect(state.checkTime(at: at(2), pending: 5, taken: 5) == .again(at(4)))
        #expect(state.checkTime(at: at(4), pending: 0, taken: 10) == .again(at(6)))
        #expect(state.checkTime(at: at(6), pending: 0, taken: 10) == .act(.close))
    }
}
