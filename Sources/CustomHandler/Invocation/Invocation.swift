import EventLoop
import FunctionsModel
import HTTP
import HTTP1

/// One call of one function, from its start to its outcome.
final class Invocation {
    enum State {
        /// The invocation waits for a VM of this function.
        case waiting(FunctionPool)
        case running(Execution)
        case ended
    }

    let function: Function
    let request: HTTPRequest
    let wire: Wire
    let caller: any ResponseSink
    private let identity: InvocationID
    let deadline: Deadline
    var state = State.ended
    /// Whether the invocation ends if the caller disconnects.
    var watchesCaller = false

    init(
        of function: Function, _ request: HTTPRequest, wire: Wire, caller: any ResponseSink, id: InvocationID,
        deadline: Deadline
    ) {
        self.function = function
        self.request = request
        self.wire = wire
        self.caller = caller
        identity = id
        self.deadline = deadline
    }

    /// The caller, if it sent its own request. It gets the body piece by piece, and it ends the invocation by
    /// disconnecting. nil for a payload from the host.
    var streamSink: (any ResponseSink)? { wire.isPayload ? nil : caller }

    /// Whether pieces of a response reach the caller as they are written. If the host forwards a request, it collects the
    /// whole response first (host-contract §7).
    var isStreaming: Bool {
        guard case .forwarded(_, let isProxied) = wire else { return false }
        return isProxied || caller.takesPieces
    }

    var hasEnded: Bool { if case .ended = state { true } else { false } }

    /// The body, if it is an invocation payload.
    var payload: [UInt8]? { wire.isPayload ? request.body : nil }

    var id: String { withID { id in id.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } } }

    /// Passes the head of the request to `body`, with luafunc's own id added if the host sent none.
    func withIdentifiedHead(_ body: (RawSpan) -> Void) {
        let head = request.headBytes
        guard case .own(let id) = identity else { return body(head.span.bytes.extracting(0..<request.head.length)) }
        // The blank line of the head stays before the added line. The reader of the lines skips it.
        var text: [UInt8] = []
        text.reserveCapacity(head.count + 80)
        head.span.bytes.extracting(0..<request.head.length).withUnsafeBytes { text.append(contentsOf: $0) }
        text.append(contentsOf: HTTPRequest.invocationIDLine)
        id.span.bytes.withUnsafeBytes { text.append(contentsOf: $0) }
        body(text.span.bytes)
    }

    /// The id's bytes.
    func withID<Result>(_ body: (RawSpan) -> Result) -> Result {
        switch identity {
        case .host(let range):
            let head = request.headBytes
            return body(head.span.bytes.extracting(range))
        case .own(let text): return body(text.span.bytes)
        }
    }
}
