import EventLoop
import JSON

/// A response that goes on after its handler has returned, and reports changes until it ends. It uses neither the
/// invocation nor its VM.
final class ListenStream {
    /// What a handler has decided about the stream.
    struct Plan {
        /// The stream's number among all streams.
        let number: Int
        /// The request's id as JSON, with which every message is marked.
        let id: [UInt8]
        /// The events with which the stream begins, and ends unless its caller leaves.
        let first: [UInt8]
        let last: [UInt8]
    }

    let function: String
    private let plan: Plan
    private let caller: any ResponseSink
    private unowned let streams: LoopStreams
    private var timer: Timer?
    private var hasEnded = false

    var number: Int { plan.number }

    /// Takes over a response whose head is sent.
    ///
    /// - Parameter time: how long the stream may last; nil for no limit.
    init(
        _ plan: Plan, of function: String, to caller: any ResponseSink, atMost time: Duration?, _ streams: LoopStreams
    ) {
        self.plan = plan
        self.function = function
        self.caller = caller
        self.streams = streams
        streams.add(self)
        caller.onDisconnect = { [weak self] in self?.close() }
        write(plan.first)
        if let time {
            timer = streams.loop.schedule(after: time) { [weak self] in
                self?.timer = nil
                self?.end()
            }
        }
        sendChanges()
    }

    /// Sends the changes that are pending, as soon as the caller has read what was sent before.
    func sendChanges() {
        guard !hasEnded else { return }
        guard caller.isWritable else {
            caller.onWritable = { [weak self] in self?.sendChanges() }
            return
        }
        let changes = streams.all.takeChanges(for: number)
        if !changes.isEmpty { write(changes.flatMap(event)) }
    }

    func comment() { if !hasEnded, caller.isWritable { write(LoopStreams.comment) } }

    /// Ends the response with its last message.
    func end() {
        guard !hasEnded else { return }
        sendChanges()
        close()
        write(plan.last)
        caller.onDisconnect = nil
        caller.onWritable = nil
        caller.end(isComplete: true)
    }

    /// Forgets the response, which the caller has left or which ends now.
    private func close() {
        hasEnded = true
        timer?.close()
        timer = nil
        streams.remove(self)
    }

    private func write(_ bytes: [UInt8]) { caller.write(bytes.span.bytes) }

    private func event(_ change: OpenStreams.Change) -> [UInt8] {
        let text = JSONText()
        text.append(raw: "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/")
        let method: StaticString =
            switch change {
            case .tools: "tools/list_changed"
            case .prompts: "prompts/list_changed"
            case .resources: "resources/list_changed"
            case .updated: "resources/updated"
            }
        text.append(raw: method)
        text.append(raw: "\",\"params\":{")
        if case .updated(let uri) = change {
            text.append(raw: "\"uri\":")
            text.append(string: uri)
            text.append(raw: ",")
        }
        text.append(raw: "\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":")
        text.append(raw: plan.id)
        text.append(raw: "}}}\n\n")
        return text.bytes(from: 0)
    }
}
