public import EventLoop
import HTTP1

/// One caller's connection, and what a request of it is answered through. `ConnectionState` decides, this acts.
///
/// It hands on one request at a time, and lives until its stream has closed. On the way of a request that comes in one read
/// nothing is allocated.
public final class HTTPConnection {
    let stream: any ByteStream
    private let loop: EventLoop
    let settings: HTTPServer.Settings
    let responder: any HTTPResponder
    var state: ConnectionState
    /// The request being read or answered.
    public internal(set) var request = HTTPRequest()

    var parser: RequestParser
    var chunks = ChunkedDecoder()
    /// What came and has to wait, or is not a whole head.
    var input: [UInt8] = []
    /// Of the bytes at hand, how many came and how many are taken.
    var available = 0
    var consumed = 0
    var isConsuming = false
    /// The reader of a streamed body wants no more for now.
    private(set) var isBodyPaused = false
    var isReading = true

    /// Responses that are not written yet: those to requests of one read go out together.
    private(set) var output: [UInt8] = []
    /// Bytes given to the stream.
    private var written = 0

    private var timer: Timer?
    private var look: MonotonicTime?
    private var isClosing = false
    /// Called when the connection has closed, as the last thing.
    var ended: (() -> Void)?

    private var hooks = Hooks()
    private var hasHooks = false

    /// What the one who answers wants to hear. Dropped with the end of the response.
    private struct Hooks {
        var room: (() -> Void)?
        var leaving: (() -> Void)?
        var body: ((RawSpan) -> Void)?
        var bodyEnd: ((Bool) -> Void)?
    }

    /// Bytes that wait in one direction before the other is held back.
    static let watermark = 64 << 10
    /// A body from this size on is not copied behind its head first.
    private static let largeBody = 16 << 10

    /// Serves what comes over the stream, of which it becomes the delegate.
    public init(
        over stream: any ByteStream, _ loop: EventLoop, settings: HTTPServer.Settings, responder: any HTTPResponder
    ) {
        self.stream = stream
        self.loop = loop
        self.settings = settings
        self.responder = responder
        parser = RequestParser(limits: settings.headLimits)
        state = ConnectionState(limits: settings.limits)
        stream.delegate = self
        stream.resumeReading()
    }

    /// The caller; nil once it is gone.
    public var peer: SocketAddress? { stream.peer }

    // MARK: Acting

    func act(_ action: ConnectionState.Action) {
        switch action {
        case .none: break
        case .respond: begin()
        case .endBody: endBody(isComplete: true)
        case .proceed: MessageWriter.appendInformational(status: 100, into: &output)
        case .refuse(let refusal): refuse(refusal)
        case .goOn: endExchange()
        case .finish:
            endExchange()
            finish()
        case .breakOff:
            finish()
            // Later, since this may be in the middle of a call of the one who is told.
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
            // About the server as a whole (RFC 9110 §9.3.7), so it is no function's.
            return respond(HTTPResponse(status: 204, fields: ["allow": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"]))
        }
        responder.respond(to: request, through: self)
    }

    private func refuse(_ refusal: Refusal) {
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

    private func endExchange() {
        if hasHooks {
            hooks = Hooks()
            hasHooks = false
        }
        isBodyPaused = false
        // An idle connection does not hold what a large request took.
        if request.isLarge { request = HTTPRequest() }
    }

    // MARK: After each event

    /// Writes what is to be written, goes on with what waits, and sees to time and to reading.
    func settle() {
        guard !isConsuming, !isClosing else { return }
        flush()
        let hasWork = stream.pendingBytes > 0 || state.isTimed
        if input.count >= Self.watermark || !isReading { holdBack() }
        if hasWork { lookAtClock() }
    }

    /// Reading goes on while a request is answered, else nobody would see its caller leave; but only into a buffer of
    /// limited size.
    private func holdBack() {
        let isOver = input.count >= Self.watermark && !isHungry
        guard isOver == isReading else { return }
        isReading = !isOver
        if isReading { stream.resumeReading() } else { stream.pauseReading() }
    }

    /// Writes out what would become too much; false where the caller is to read first.
    func makesRoom() -> Bool {
        if output.count >= Self.watermark { flush() }
        return hasRoom
    }

    private func flush() {
        guard !output.isEmpty else { return }
        written += output.count
        // Taken out of the object and put back, since a buffer that two hold is copied when it is emptied.
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
        switch state.look(at: now, isHungry: isHungry, pending: pending, taken: written - pending) {
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

    /// Closes at once if nothing is under way, else after the response.
    func drain() {
        act(state.drain(hasUnread: !input.isEmpty, pending: stream.pendingBytes))
        settle()
    }

    /// Closes now, whatever is under way.
    func close() {
        isClosing = true
        stream.close()
    }

    func closed() {
        isClosing = true
        timer?.close()
        state.closed()
        endBody(isComplete: false)
        leave()
        endExchange()
        ended?()
    }
}

// MARK: Answering

extension HTTPConnection {
    /// Takes a response; where its body is streamed, `write` and `end` follow. Without a caller to answer it does nothing.
    public func respond(_ response: HTTPResponse) {
        guard state.isAwaited else { return }
        let status = Self.final(response.status)
        let mayKeepOpen = state.mayKeepOpen(isStreamed: response.isStreamed, hasUnread: hasUnread)
        switch response.body {
        case .bytes(let body):
            let ending = MessageWriter.appendHead(
                status: status, fields: response.fields, body: .length(body.count), to: state.traits,
                keepsAlive: mayKeepOpen, into: &output)
            if ending.hasBody { append(body.span.bytes) }
            finishResponse(keepsOpen: ending.keepsAlive)
        case .streamed:
            let length = Self.length(in: response.fields)
            let ending = MessageWriter.appendHead(
                status: status, fields: response.fields, body: length.map { .length($0) } ?? .streamed,
                to: state.traits, keepsAlive: mayKeepOpen, into: &output)
            act(
                state.streams(
                    .init(
                        isChunked: ending.isChunked, left: ending.hasBody ? length : nil, hasBody: ending.hasBody,
                        keepsOpen: ending.keepsAlive)))
            settle()
        }
    }

    /// The short way for a response whose only field is its type: nothing is allocated.
    public func respond(status: Int, contentType: StaticString, body: RawSpan) {
        guard state.isAwaited else { return }
        let mayKeepOpen = state.mayKeepOpen(isStreamed: false, hasUnread: hasUnread)
        let ending = MessageWriter.append(
            status: Self.final(status), contentType: contentType, body: body, to: state.traits, keepsAlive: mayKeepOpen,
            into: &output)
        finishResponse(keepsOpen: ending.keepsAlive)
    }

    private func finishResponse(keepsOpen: Bool) {
        act(state.responded(keepsOpen: keepsOpen))
        proceed()
    }

    /// Goes on with what came meanwhile, unless that is being done already.
    private func proceed() {
        guard !isConsuming else { return }
        // The response need not wait for what comes next.
        flush()
        consumeInput()
        settle()
    }

    private func append(_ body: RawSpan) {
        guard body.byteCount >= Self.largeBody else { return output.append(copying: body) }
        flush()
        written += body.byteCount
        stream.write(body)
    }

    /// Takes a piece of a streamed body. Where there is no room it is kept all the same.
    public func write(_ piece: RawSpan) {
        let (count, isChunk) = state.write(piece.byteCount)
        guard count > 0 else { return }
        let piece = piece.extracting(first: count)
        if isChunk { MessageWriter.appendChunk(piece, into: &output) } else { output.append(copying: piece) }
        if output.count >= Self.watermark { flush() }
        settle()
    }

    /// Ends a streamed body.
    ///
    /// - Parameter isComplete: false where it broke off, which the caller is able to tell.
    public func end(isComplete: Bool) {
        guard state.isAnswering else { return }
        let (hasLastChunk, action) = state.end(isComplete: isComplete)
        if hasLastChunk { MessageWriter.appendLastChunk(into: &output) }
        act(action)
        proceed()
    }

    /// The caller reads as fast as the body is written.
    public var hasRoom: Bool { !stream.isFull }

    /// Called once when there is room again.
    public var onRoom: (() -> Void)? {
        get { hooks.room }
        set {
            hooks.room = newValue
            hasHooks = true
        }
    }

    /// Nobody is there to answer.
    public var isGone: Bool { state.output == .finished }

    /// Called once if the caller is gone before the response is complete.
    public var onLeaving: (() -> Void)? {
        get { hooks.leaving }
        set {
            hooks.leaving = newValue
            hasHooks = true
        }
    }

    func tellRoom() {
        guard hasHooks, let told = hooks.room else { return }
        hooks.room = nil
        told()
    }

    /// What is not an answer's status would leave the caller waiting.
    private static func final(_ status: Int) -> Int { (200...999).contains(status) ? status : 500 }

    private static func length(in fields: HTTPFields) -> Int? {
        fields.first("content-length").flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 }
    }
}

// MARK: A streamed request

extension HTTPConnection {
    /// Gets the pieces of the body. They come once the responder has returned from `respond`; where this is set later,
    /// after `resumeBody`.
    public var onBody: ((RawSpan) -> Void)? {
        get { hooks.body }
        set {
            hooks.body = newValue
            hasHooks = true
        }
    }

    /// Called once after the last piece. `isComplete` is false where the body broke off.
    public var onBodyEnd: ((_ isComplete: Bool) -> Void)? {
        get { hooks.bodyEnd }
        set {
            hooks.bodyEnd = newValue
            hasHooks = true
        }
    }

    /// Asks for no more pieces. What was read already may still come.
    public func pauseBody() { isBodyPaused = true }

    public func resumeBody() {
        isBodyPaused = false
        // Not at once: who calls may be in the middle of something.
        loop.perform { [self] in
            guard !isConsuming else { return }
            consumeInput()
            settle()
        }
    }
}

extension HTTPResponse {
    var isStreamed: Bool { if case .streamed = body { true } else { false } }
}
