import EventLoop
import FunctionsModel
import HTTP
import HTTP1
import JSON

/// What a script has decided about its response while its handler runs. It lives as long as the execution.
final class LiveResponse {
    /// A whole response, or the last piece of one that has begun.
    struct Answer {
        let status: Int
        let contentType: String
        let text: [UInt8]
    }

    /// The response if the invocation fails.
    var fallback: Answer?
    /// The response with which the script has ended its invocation.
    var conclusion: Answer?
    /// Whether the invocation goes on if the caller leaves.
    var ignoresDisconnect = false
    /// The stream that the response becomes when the handler has returned.
    var listening: ListenStream.Plan?
    private var asks: [PendingAsk] = []
    private let streams: LoopStreams
    /// When the response must have ended, because the host would end the whole process; nil for no limit.
    let end: MonotonicTime?

    init(_ invocation: Invocation, on vm: FunctionVM, _ streams: LoopStreams) {
        self.streams = streams
        let deadline = invocation.deadline
        // Without a limit of its own, the invocation does not know its beginning, but it has just begun.
        let start = deadline.isNever ? vm.pool.clock.now : deadline.time + (.zero - (deadline.limit.duration ?? .zero))
        end = vm.pool.hostLimit.map { start + $0 }
    }

    static let head = HTTPResponse(
        status: 200,
        fields: [
            "content-type": "text/event-stream", "cache-control": "no-cache, no-transform", "x-accel-buffering": "no",
        ], body: .streamed)

    // MARK: Asks

    /// Returns false if there are too many streams, or the id is in use.
    func ask(_ id: String, for execution: Execution) -> Bool {
        guard let ask = streams.ask(id, for: execution) else { return false }
        asks.append(ask)
        return true
    }

    func pendingAsk(_ id: String) -> PendingAsk? { asks.first { $0.id == id } }

    func forget(_ ask: PendingAsk) {
        streams.forget(ask)
        asks.removeAll { $0 === ask }
    }

    // MARK: End

    /// What the caller gets when the invocation has ended with this outcome.
    func close(_ execution: Execution, _ invocation: Invocation, _ outcome: Outcome) -> Outcome {
        for ask in asks { streams.forget(ask) }
        asks = []
        let answer = conclusion ?? (outcome.isFailure ? fallback : nil)
        if let plan = listening {
            if answer == nil, !outcome.isFailure, handOver(execution, invocation, plan) { return .complete }
            streams.all.leave(plan.number)
        }
        guard let answer else { return outcome }
        if execution.body?.append(last: answer.text.span.bytes) == true { return .complete }
        guard invocation.wire.isPayload else {
            return .response(
                HTTPResponse(status: answer.status, contentType: answer.contentType, body: answer.text))
        }
        return .response(
            PayloadWire.response(
                answer.text, status: answer.status, contentType: answer.contentType, of: invocation.function,
                logs: execution.logLines))
    }

    /// Makes the response a listen stream. Returns false if the caller has left.
    private func handOver(_ execution: Execution, _ invocation: Invocation, _ plan: ListenStream.Plan) -> Bool {
        if execution.body == nil { execution.begin(Self.head) }
        guard let caller = execution.body?.handOver(), !caller.isClosed else { return false }
        // The stream's own hook replaces that of the invocation.
        invocation.watchesCaller = false
        let left = end.map { $0 - execution.vm.pool.clock.now }
        _ = ListenStream(plan, of: invocation.function.name, to: caller, atMost: left, streams)
        return true
    }
}
