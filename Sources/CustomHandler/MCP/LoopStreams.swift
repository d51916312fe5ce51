import EventLoop

/// The listen streams, the asks and the responses that have begun, of one loop. It never leaves the loop's thread.
final class LoopStreams {
    let all: OpenStreams
    let loop: EventLoop
    private var listening: [Int: ListenStream] = [:]
    private var asks: [String: PendingAsk] = [:]
    /// The responses that handlers have begun. Those that have ended are removed at the next tick.
    private var begun: [Begun] = []
    private var timer: Timer?

    private struct Begun {
        weak var body: ResponseBody?
    }

    /// The time between two comments, which keep proxies from closing a connection on which nothing else is sent.
    private static let interval = Duration.seconds(15)
    static let comment = Array(": keep-alive\n\n".utf8)

    init(_ loop: EventLoop, _ all: OpenStreams) {
        self.loop = loop
        self.all = all
        all.add(loop)
        loop[resident: all] = self
    }

    /// Ends everything without another word, as the loop's connections end too.
    func close() {
        timer?.close()
        timer = nil
        all.remove(loop)
        loop[resident: all] = nil
    }

    // MARK: Keep-alive

    func keepAlive(_ body: ResponseBody) {
        begun.append(Begun(body: body))
        startTimer()
    }

    private func startTimer() {
        guard timer == nil else { return }
        timer = loop.schedule(after: Self.interval) { [weak self] in
            self?.timer = nil
            self?.tick()
        }
    }

    /// Sends a comment to every caller that has read everything so far.
    func tick() {
        begun.removeAll { $0.body?.comment(Self.comment) != true }
        for stream in listening.values { stream.comment() }
        if !begun.isEmpty || !listening.isEmpty { startTimer() }
    }

    /// Whether comments will be sent.
    var isTicking: Bool { timer != nil }

    // MARK: Listen streams

    func add(_ stream: ListenStream) {
        listening[stream.number] = stream
        startTimer()
    }

    /// Forgets a stream that has ended.
    func remove(_ stream: ListenStream) {
        listening[stream.number] = nil
        all.leave(stream.number)
    }

    func sendChanges() {
        all.noteAwake(loop)
        for stream in listening.values { stream.sendChanges() }
    }

    /// Ends the streams of a function whose code is no longer in service.
    func end(_ function: String) {
        for stream in listening.values where stream.function == function { stream.end() }
    }

    func endAll() {
        for stream in listening.values { stream.end() }
        for ask in asks.values { ask.end(with: nil) }
    }

    // MARK: Asks

    /// Begins to wait for an answer. nil if there are too many streams, or the id is in use.
    func ask(_ id: String, for execution: Execution) -> PendingAsk? {
        guard all.ask(id, on: loop) else { return nil }
        let ask = PendingAsk(id, of: execution)
        asks[id] = ask
        return ask
    }

    func deliver(_ answer: PendingAsk.Answer, to id: String) { asks[id]?.end(with: answer) }

    func forget(_ ask: PendingAsk) {
        ask.cancel()
        if asks.removeValue(forKey: ask.id) != nil { all.forget(ask.id) }
    }
}
