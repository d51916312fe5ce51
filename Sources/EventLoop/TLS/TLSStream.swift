/// TLS over another stream, with the same interface.
///
/// It keeps itself alive until it has closed, so an owner that no longer needs it must call `close`.
public final class TLSStream: ByteStream {
    static let highWatermark = 64 << 10
    static let lowWatermark = 16 << 10

    public weak var delegate: (any ByteStreamDelegate)?

    /// Called once, after the handshake and after the bytes written before it were sent. If the handshake fails,
    /// `streamClosed` reports it instead.
    public var opened: (() -> Void)?

    /// What a server sends, without encryption, to a peer that does not speak TLS.
    public var answerInClear: [UInt8] = []

    private let loop: EventLoop
    private let lower: any ByteStream
    private let session: TLSSession?
    private var phase = Phase.handshaking
    private var input = Input.open
    private var output = Output.open
    private var isReading = false
    /// Bytes written before they could be encrypted.
    private var waiting: [UInt8] = []
    private var isWaitingTooLong = false
    private var isPumping = false
    private var isPumpQueued = false
    private var isLowerClosed = false
    private var transportDelegate: TransportDelegate?

    private enum Phase {
        case handshaking
        case open
        case closing(StreamError?)
        case closed
    }

    private enum Input {
        case open
        /// The lower stream has ended although the peer did not announce the end within TLS. This is reported once
        /// nothing is left to decrypt.
        case cut
        case ended
    }

    private enum Output {
        case open
        case finishing
        case ended
    }

    /// - Parameter name: the host name or IP address that the server's certificate must be for.
    public convenience init(_ loop: EventLoop, client context: TLSContext, over lower: any ByteStream, name: String) {
        let session = Result { () throws(TLSError) in try TLSSession.client(context, name: name) }
        self.init(loop, lower, try? session.get())
        if case .failure(let error) = session { end(.tls(error)) }
    }

    public convenience init(_ loop: EventLoop, server context: TLSContext, over lower: any ByteStream) {
        self.init(loop, lower, .server(context))
    }

    private init(_ loop: EventLoop, _ lower: any ByteStream, _ session: TLSSession?) {
        self.loop = loop
        self.lower = lower
        self.session = session
        let transportDelegate = TransportDelegate(self)
        self.transportDelegate = transportDelegate
        lower.delegate = transportDelegate
        guard session != nil else { return }
        // The handshake reads whether or not the owner wants to.
        lower.resumeReading()
        pump()
    }

    private var isOpen: Bool { if case .open = phase { true } else { false } }
    private var isHandshaking: Bool { if case .handshaking = phase { true } else { false } }

    public var peer: SocketAddress? { lower.peer }

    // MARK: Reading

    public func resumeReading() {
        isReading = true
        guard isOpen else { return }
        lower.resumeReading()
        guard !isPumping, !isPumpQueued, input != .ended, input == .cut || session?.hasInput == true else { return }
        // The work is deferred, because the delegate does not expect a callback while it calls `resumeReading`.
        isPumpQueued = true
        loop.perform {
            self.isPumpQueued = false
            self.pump()
        }
    }

    public func pauseReading() {
        isReading = false
        if isOpen { lower.pauseReading() }
    }

    fileprivate func lowerReceived(_ bytes: RawSpan) {
        var rest = bytes
        // The bytes are fed in pieces, so that OpenSSL's buffer does not grow to the size of the loop's buffer.
        while rest.byteCount > 0, isOpen || isHandshaking, input != .ended {
            let piece = rest.extracting(first: min(rest.byteCount, 16 << 10))
            rest = rest.extracting(droppingFirst: piece.byteCount)
            session?.feed(piece)
            pump()
        }
    }

    fileprivate func lowerInputEnded() {
        if input == .open { input = .cut }
        pump()
    }

    /// Continues the handshake, decrypts and sends, as far as the received bytes allow.
    private func pump() {
        guard !isPumping, let session else { return }
        isPumping = true
        if isHandshaking { shakeHands(session) }
        while isOpen, isReading, input != .ended, decrypt(session) {}
        if isOpen, !waiting.isEmpty { sendWaiting(session) }
        // OpenSSL may have bytes of its own to send.
        if isOpen { send(session) }
        isPumping = false
    }

    private func shakeHands(_ session: TLSSession) {
        switch session.handshake() {
        case .done: open(session)
        case .wantsInput where input == .open: send(session)
        case .wantsInput, .ended: end(.tls(session.cutOff))
        case .failed(let error):
            let answer = answerInClear
            if !session.speaksTLS, !answer.isEmpty {
                lower.write(answer.span.bytes)
                // The alert that OpenSSL has queued would be noise to this peer.
                lower.finish()
            }
            end(.tls(error))
        }
    }

    private func open(_ session: TLSSession) {
        phase = .open
        send(session)
        let wasFull = isWaitingTooLong
        sendWaiting(session)
        guard isOpen else { return }
        if !isReading { lower.pauseReading() }
        let opened = opened
        self.opened = nil
        opened?()
        // If the lower stream is full, its own `streamDrained` is passed on later.
        if wasFull, isOpen, !isFull { delegate?.streamDrained() }
    }

    /// Decrypts one record. Returns false if no whole record has arrived, or the input has ended.
    private func decrypt(_ session: TLSSession) -> Bool {
        let buffer = loop.decrypted.bytes
        switch session.read(into: buffer) {
        case .done(let count):
            delegate?.streamReceived(UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes)
            return true
        case .wantsInput:
            if input == .cut { end(.tls(session.cutOff)) }
        case .ended:
            input = .ended
            delegate?.streamInputEnded()
        case .failed(let error):
            end(.tls(error))
        }
        return false
    }

    // MARK: Writing

    public var pendingBytes: Int { waiting.count + lower.pendingBytes }

    public var isFull: Bool { isWaitingTooLong || lower.isFull }

    public func write(_ bytes: RawSpan) {
        guard output == .open else { return }
        switch phase {
        case .open where waiting.isEmpty:
            if let session { bytes.withUnsafeBytes { encrypt($0, session) } }
        case .open, .handshaking:
            bytes.withUnsafeBytes { wait($0) }
        case .closing, .closed:
            break
        }
    }

    private func wait(_ bytes: UnsafeRawBufferPointer) {
        waiting += bytes
        if waiting.count > Self.highWatermark { isWaitingTooLong = true }
    }

    /// Encrypts bytes and writes them; the lower stream queues what it cannot send at once.
    private func encrypt(_ bytes: UnsafeRawBufferPointer, _ session: TLSSession) {
        var rest = bytes
        while !rest.isEmpty, isOpen {
            switch session.write(rest) {
            case .done(let count):
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
                send(session)
            case .wantsInput:
                // OpenSSL wants input for a write only during a handshake, and there is never a second handshake.
                // Should it happen, `pump` tries again.
                return wait(rest)
            case .failed(let error):
                return end(.tls(error))
            case .ended:
                return end(.tls(session.cutOff))
            }
        }
    }

    private func sendWaiting(_ session: TLSSession) {
        let bytes = waiting
        waiting = []
        isWaitingTooLong = false
        bytes.withUnsafeBytes { encrypt($0, session) }
        if output == .finishing, waiting.isEmpty, isOpen { endOutput(session) }
    }

    private func send(_ session: TLSSession) {
        session.takeOutput { lower.write($0) }
    }

    fileprivate func lowerDrained() {
        if isOpen, !isFull { delegate?.streamDrained() }
    }

    // MARK: Ending

    public func finish() {
        guard output == .open, isOpen || isHandshaking else { return }
        output = .finishing
        if let session, isOpen, waiting.isEmpty { endOutput(session) }
    }

    private func endOutput(_ session: TLSSession) {
        output = .ended
        session.endOutput()
        send(session)
        lower.finish()
    }

    public func close() {
        guard isOpen || isHandshaking else { return }
        // The end is announced only if no queued bytes are dropped. Otherwise the peer would take a truncated stream
        // for a complete one.
        if let session, isOpen, output == .open, pendingBytes == 0 { session.endOutput() }
        end(nil)
    }

    private func end(_ error: StreamError?) {
        guard isOpen || isHandshaking else { return }
        phase = .closing(error)
        // OpenSSL may have queued an alert that tells the peer the reason. It is sent if the system accepts it at once.
        if let session { send(session) }
        waiting = []
        opened = nil
        if isLowerClosed { loop.perform { self.closed() } } else { lower.close() }
    }

    fileprivate func lowerClosed(_ error: StreamError?) {
        isLowerClosed = true
        if isOpen || isHandshaking {
            // Without an error, both directions of the lower stream have ended. If the peer did not announce that
            // within TLS, `pump` reports it, at the latest when the owner reads again.
            guard error != nil || input == .ended else { return pump() }
            phase = .closing(error)
        }
        closed()
    }

    private func closed() {
        guard case .closing(let error) = phase else { return }
        phase = .closed
        opened = nil
        transportDelegate = nil
        delegate?.streamClosed(error)
    }
}

/// The delegate of the lower stream. It keeps the TLS stream alive.
private final class TransportDelegate: ByteStreamDelegate {
    private let stream: TLSStream

    init(_ stream: TLSStream) { self.stream = stream }

    func streamReceived(_ bytes: RawSpan) { stream.lowerReceived(bytes) }
    func streamInputEnded() { stream.lowerInputEnded() }
    func streamDrained() { stream.lowerDrained() }
    func streamClosed(_ error: StreamError?) { stream.lowerClosed(error) }
}
