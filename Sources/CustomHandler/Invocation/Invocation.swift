import EventLoop
import HTTP
import HTTP1

/// One call of one function, on its way to its outcome.
final class Invocation {
    /// How the request is to be read, and the response to be written.
    enum Wire {
        /// The body is `{"Data":…,"Metadata":…}` (host-contract §6).
        case payload
        /// The caller's own request, and what its route made of the path (host-contract §7, §8).
        case request(Parameters, isProxied: Bool)
    }

    /// What a route made of a path; a missing optional parameter has no value.
    typealias Parameters = [(name: String, value: String?)]

    enum State {
        /// For a VM of this function.
        case waiting(FunctionPool)
        case running(Run)
        case ended
    }

    let function: Function
    let request: HTTPRequest
    let wire: Wire
    let caller: any Caller
    private let identity: InvocationID
    /// nil for no limit.
    let deadline: MonotonicTime?
    var state = State.ended
    /// The caller's leaving ends it.
    var watchesCaller = false

    init(
        of function: Function, _ request: HTTPRequest, wire: Wire, caller: any Caller, id: InvocationID,
        deadline: MonotonicTime?
    ) {
        self.function = function
        self.request = request
        self.wire = wire
        self.caller = caller
        identity = id
        self.deadline = deadline
    }

    /// Whoever waits for the response to a request of their own: gets the body piece by piece, and ends the invocation by
    /// leaving. nil where the host takes a payload.
    var streamCaller: (any Caller)? { if case .request = wire { caller } else { nil } }

    var hasEnded: Bool { if case .ended = state { true } else { false } }

    /// The body, where it is an invocation payload.
    var payload: [UInt8]? { if case .payload = wire { request.body } else { nil } }

    var id: String { withID { id in id.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } } }

    /// The head of the request; where the host gave no id, with our own.
    func withIdentifiedHead(_ body: (RawSpan) -> Void) {
        let head = request.headBytes
        guard case .own(let id) = identity else { return body(head.span.bytes.extracting(0..<request.head.length)) }
        // The blank line at the end stays before it, which the reader of the lines leaves out.
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
