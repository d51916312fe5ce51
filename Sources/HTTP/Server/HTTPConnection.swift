public import EventLoop
import HTTP1

/// The server's side of one connection. `ConnectionState` decides what to do; this class does it.
///
/// A connection hands one request at a time to its responder and lives until its stream has closed. A request that
/// arrives in one read is handled without allocating.
public final class HTTPConnection {
    let stream: any ByteStream
    let loop: EventLoop
    let settings: HTTPServer.Settings
    let responder: any HTTPResponder
    var state: ConnectionState
    /// The request that is being read or answered.
    public internal(set) var request = HTTPRequest()

    var parser: RequestParser
    var chunks = ChunkedDecoder()
    /// Received bytes that must wait, or that are not yet a complete head.
    var input: [UInt8] = []
    /// While bytes are consumed: how many there are, and how many have been taken.
    var available = 0
    var consumed = 0
    var isConsuming = false
    /// The responder has paused the streamed body of the request.
    var isBodyPaused = false
    var isReading = true

    /// Responses that have not been written yet. The responses to all requests of one read are written together.
    var output: [UInt8] = []
    /// The number of bytes given to the stream so far.
    var written = 0
    /// `held` counts the queued bytes of all connections. `told` is what this connection has reported to it.
    private let held: HeldOutput
    private var told = 0
    /// The time-out of a request that waits for other callers to read; nil if the request does not wait.
    private var waiting: Timer?

    private var timer: Timer?
    private var look: MonotonicTime?
    private(set) var isClosing = false
    /// The connection calls this last, once it has closed.
    var ended: (() -> Void)?

    var hooks = Hooks()
    var hasHooks = false

    /// The responder's callbacks. The connection drops them when the response is complete.
    struct Hooks {
        var room: (() -> Void)?
        var leaving: (() -> Void)?
        var body: ((RawSpan) -> Void)?
        var bodyEnd: ((Bool) -> Void)?
    }

    /// The most bytes that may wait in one direction before the connection holds back the other direction.
    static let watermark = 64 << 10

    /// Becomes the stream's delegate and starts reading.
    public init(
        over stream: any ByteStream, _ loop: EventLoop, settings: HTTPServer.Settings, responder: any HTTPResponder,
        held: HeldOutput = HeldOutput(limit: .max)
    ) {
        self.held = held
        self.stream = stream
        self.loop = loop
        self.settings = settings
        self.responder = responder
        parser = RequestParser(limits: settings.headLimits)
        state = ConnectionState(limits: settings.limits)
        stream.delegate = self
        stream.resumeReading()
    }

    /// The caller's address, or nil once the connection is closed.
    public var peer: SocketAddress? { stream.peer }

    // MARK: Acting

    func act(_ action: ConnectionState.Action) {
        switch action {
        case .none: break
        case .respond: begin()
        case .endBody: endBody(isComplete: true)
        case .askLimit: act(limitBody())
        case .proceed: MessageWriter.appendInformational(status: 100, into: &output)
        case .refuse(let refusal): refuse(refusal)
        case .goOn: endExchange()
        case .finish:
            endExchange()
            finish()
        case .breakOff:
            finish()
            // The responder may be on the stack, so its callbacks run in the next turn of the loop.
            loop.perform { [self] in
                endBody(isComplete: false)
                leave()
            }
        case .close: close()
        }
    }

    private func begin() {
        let request = request
        if case .asterisk = request.head.form {
            // `OPTIONS *` is about the server itself (RFC 9110 §9.3.7), so no responder sees it.
            return respond(HTTPResponse(status: 204, fields: ["allow": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"]))
        }
        if held.isOver { return wait() }
        responder.respond(to: request, through: self)
    }

    /// Delays the request until other callers have read what is queued for them, or its time-out passes.
    private func wait() {
        waiting = loop.schedule(after: responder.requestTimeout(for: request)) { [unowned self] in
            waiting = nil
            respond(settings.refusal(.overloaded))
        }
        held.wait(on: loop) { [self] in beginLate() }
    }

    /// Returns false if a response may begin now. Otherwise returns true, and calls `body` when other callers have read
    /// what is queued for them. It is for a responder that has delayed a request.
    public func waitsForRoom(_ body: @escaping () -> Void) -> Bool {
        guard held.isOver else { return false }
        held.wait(on: loop, body)
        return true
    }

    /// Hands a request that had to wait to its responder, now that there is room for the response.
    func beginLate() {
        guard let timer = waiting else { return }
        waiting = nil
        timer.close()
        if state.isAwaited { responder.respond(to: request, through: self) }
    }

    private func refuse(_ refusal: ServerError) {
        let response = settings.refusal(refusal)
        guard case .bytes(let body) = response.body else { return finish() }
        let ending = MessageWriter.appendHead(
            status: response.status, fields: response.fields, body: .length(body.count),
            to: state.traits, keepsAlive: false, into: &output)
        if ending.hasBody { output += body }
        finish()
        endBody(isComplete: false)
        leave()
        endExchange()
    }

    private func finish() {
        flush()
        stream.finish()
    }

    func endBody(isComplete: Bool) {
        guard hasHooks, let told = hooks.bodyEnd else { return }
        hooks.bodyEnd = nil
        hooks.body = nil
        told(isComplete)
    }

    func leave() {
        guard hasHooks, let told = hooks.leaving else { return }
        hooks.leaving = nil
        told()
    }

    func endExchange() {
        if hasHooks {
            hooks = Hooks()
            hasHooks = false
        }
        isBodyPaused = false
        // An idle connection must not keep the memory of a large request.
        if request.isLarge { request = HTTPRequest() }
    }

    // MARK: After each event

    /// Writes the pending output, then updates back-pressure and the timer.
    func settle() {
        guard !isConsuming, !isClosing else { return }
        flush()
        tellHeld(stream.heldBytes)
        let hasWork = stream.pendingBytes > 0 || state.isTimed
        if input.count >= Self.watermark || !isReading { holdBack() }
        if hasWork { lookAtClock() }
    }

    func tellHeld(_ bytes: Int) {
        guard bytes != told else { return }
        let more = bytes - told
        told = bytes
        held.change(by: more)
    }

    /// The connection keeps reading while a request is answered, because it would not notice a reset otherwise. It
    /// pauses only when the input buffer is full.
    private func holdBack() {
        let isOver = input.count >= Self.watermark && !isHungry
        guard isOver == isReading else { return }
        isReading = !isOver
        if isReading { stream.resumeReading() } else { stream.pauseReading() }
    }

    /// Flushes the output if it has grown large. Returns false if the caller must read before another request may
    /// begin.
    func makesRoom() -> Bool {
        if output.count >= Self.watermark { flush() }
        return isWritable
    }

    func flush() {
        guard !output.isEmpty else { return }
        written += output.count
        // The buffer is moved out and back. A second reference to it would make `removeAll` allocate a new one.
        var bytes: [UInt8] = []
        swap(&bytes, &output)
        stream.write(bytes.span.bytes)
        guard bytes.capacity <= Self.watermark else { return }
        bytes.removeAll(keepingCapacity: true)
        swap(&bytes, &output)
    }

    private func lookAtClock() {
        let now = MonotonicTime.now
        let pending = stream.pendingBytes
        switch state.checkTime(at: now, isHungry: isHungry, pending: pending, taken: written - pending) {
        case .done: break
        case .again(let time): wakeUp(at: time, now)
        case .act(let action):
            act(action)
            consumeInput()
            settle()
        }
    }

    private func wakeUp(at time: MonotonicTime, _ now: MonotonicTime) {
        if let look, look <= time { return }
        look = time
        let timer =
            timer
            ?? Timer(loop) { [unowned self] in
                look = nil
                lookAtClock()
            }
        self.timer = timer
        timer.start(after: time - now)
    }

    // MARK: Ending

    /// Closes an idle connection at once, and any other one after its response.
    public func drain() {
        act(state.drain(hasUnread: !input.isEmpty, pending: stream.pendingBytes))
        settle()
    }

    /// Closes at once, even in the middle of a response.
    func close() {
        isClosing = true
        stream.close()
    }

    func closed() {
        isClosing = true
        timer?.close()
        waiting?.close()
        waiting = nil
        tellHeld(0)
        state.closed()
        endBody(isComplete: false)
        leave()
        endExchange()
        ended?()
    }
}
