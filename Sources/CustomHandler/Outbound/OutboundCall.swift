import EventLoop
import FunctionsModel
import HTTP
import HTTP1
import Lua

/// One request of a script with all its attempts, from `open` until the script has the whole response.
///
/// The script's tasks wait for it by `wait(_:)` and look again after each change.
final class OutboundCall {
    enum Phase {
        /// The first wait begins the first attempt.
        case new
        case active(any OutboundTransfer)
        /// Until the next attempt.
        case resting(Timer)
        case ended
    }

    let request: OutboundRequest
    private let vm: LuaVM
    var phase = Phase.new
    private var client: OutboundClient?
    /// The time at which the invocation ends.
    private var deadline = MonotonicTime.distantFuture
    private var attempts = 0
    var head: ClientHead?

    /// The response, or its head if the script reads the body piece by piece.
    private(set) var reply: OutboundReply?
    /// The end of a body that the script reads piece by piece.
    private var bodyEnd: Result<Void, OutboundFault>?
    /// The received bytes that the script does not have yet, and the number of all received bytes.
    private var received: [UInt8] = []
    private var total = 0
    private var isPaused = false

    /// Whether the head of a request was sent whose body the script writes.
    var takesPieces = false
    /// How many bytes of the current piece were sent, and how many of all pieces.
    var position = 0
    var sent = 0

    /// What the request takes.
    private let baseSize: Int
    /// What is kept for the call, which counts against the function's memory limit.
    private let held: HeldBytes
    /// Called once, if the call is cancelled.
    var cancelled: (() -> Void)?
    private var waiters: [() -> Void] = []
    /// Limits one wait of a script that sends or reads piece by piece.
    private var clock: Timer?

    /// The number of bytes that wait for the script before the socket is not read any more.
    private static let watermark = 64 << 10
    /// What a request costs besides its head and the bytes of a body, and what a connection costs that waits for the script.
    private static let ownSize = 1 << 10
    private static let streamSize = 16 << 10

    init(_ request: OutboundRequest, of vm: LuaVM) {
        self.request = request
        self.vm = vm
        let body = if case .bytes(let bytes) = request.body { bytes.count } else { 0 }
        baseSize = request.headSize + body + (request.isInPieces ? Self.streamSize : Self.ownSize)
        held = HeldBytes(vm)
        held.set(baseSize)
        if case .failure(let fault) = request.target { end(with: fault) }
    }

    // MARK: Waiting

    /// Begins the first attempt if there was none.
    ///
    /// - Parameter deadline: the time at which the invocation ends.
    func begin(with client: OutboundClient, deadline: MonotonicTime) {
        self.deadline = deadline
        guard case .new = phase else { return }
        self.client = client
        attempt()
    }

    /// Calls `wake` once, after the next change.
    func wait(_ wake: @escaping () -> Void) {
        waiters.append(wake)
        if case .active(let call) = phase, !call.isWritable { call.onWritable = { [weak self] in self?.changed() } }
        startClock()
    }

    private func changed() {
        clock?.close()
        clock = nil
        let woken = waiters
        waiters = []
        for wake in woken { wake() }
    }

    private func startClock() {
        guard request.isInPieces, clock == nil, !waiters.isEmpty, case .active = phase, let client else { return }
        clock = client.clock.schedule(after: request.timeout, on: client.loop) { [weak self] in
            guard let self else { return }
            clock = nil
            attemptFailed(.timeout(.whole))
        }
    }

    // MARK: Attempts

    private func attempt() {
        guard let client, case .success(let url) = request.target else { return }
        attempts += 1
        head = nil
        let begin = { [weak self] in
            self?.takesPieces = true
            self?.changed()
        }
        let body: ClientRequest.Body =
            switch request.body {
            case .none: .none
            case .bytes(let bytes): .bytes(bytes)
            case .pieces(let length): .stream(length: length) { _ in begin() }
            }
        var sent = ClientRequest(request.method, url, fields: request.fields, body: body)
        if let own = sent.fields.first("user-agent") {
            if own.isEmpty { sent.fields.remove("user-agent") }
        } else {
            sent.fields.add("User-Agent", client.userAgent)
        }
        sent.redirects = request.follow == 0 ? .returned : .followed(limit: request.follow, allowsCycles: false)
        sent.decodes = true
        // `limit`, or the buffer for pieces, limits the decompressed body.
        sent.decodingLimit = .max
        sent.timeout = request.isInPieces ? nil : request.timeout
        sent.group = request.function
        let call = client.send(
            sent, begin: begin, head: { [self] in receive($0) }, received: { [self] in receive($0) },
            ended: { [self] in attemptEnded($0) })
        phase = .active(call)
        startClock()
    }

    private func receive(_ head: ClientHead) {
        self.head = head
        guard request.streams else {
            // The script may wait for room to send a body that is not wanted any more.
            if case .pieces = request.body { changed() }
            return
        }
        if let wait = retryWait(after: status(of: head)) { return rest(wait) }
        reply = .response(status: head.status, fields: head.fields, body: nil, held: held)
        changed()
    }

    private func attemptEnded(_ result: Result<Void, HTTPClientError>) {
        switch result {
        case .failure(let error): attemptFailed(error)
        case .success:
            guard let head else { return attemptFailed(.cancelled) }
            guard !request.streams else {
                phase = .ended
                bodyEnd = .success(())
                return changed()
            }
            if let wait = retryWait(after: status(of: head)) { return rest(wait) }
            phase = .ended
            reply = .response(status: head.status, fields: head.fields, body: received, held: held)
            received = []
            changed()
        }
    }

    private func attemptFailed(_ error: HTTPClientError) {
        guard let client else { return }
        let fault = OutboundFault(error, trust: client.trust.roots)
        // The client is closed, so another attempt would fail too.
        if error == .cancelled { return end(with: fault) }
        attemptFailed(fault)
    }

    private func attemptFailed(_ fault: OutboundFault) {
        // The script may have begun to use a response whose head it has.
        if reply == nil, let wait = retryWait(after: .kind(fault.kind)) { return rest(wait) }
        end(with: fault)
    }

    private func status(of head: ClientHead) -> RetryOptions.Failure {
        let value = head.fields.first("retry-after")
        return .status(
            head.status,
            retryAfter: value.flatMap { RetryAfter.seconds($0, now: client?.clock.time ?? WorkerClock().time) })
    }

    private func retryWait(after failure: RetryOptions.Failure) -> Double? {
        guard let retry = request.retry, let clock = client?.clock else { return nil }
        let left = deadline == .distantFuture ? .infinity : (deadline - clock.now) / .seconds(1)
        // The waits of a test can be foretold: they are the planned ones.
        let random = clock.fake == nil ? Double.random(in: 0...1) : 0
        return retry.wait(after: failure, attempt: attempts, left: left, random: random)
    }

    /// Waits for the next attempt.
    private func rest(_ seconds: Double) {
        stop()
        guard let client else { return }
        phase = .resting(
            client.clock.schedule(after: .nanoseconds(Int64(seconds * 1e9)), on: client.loop) { [weak self] in
                self?.attempt()
            })
    }

    /// Ends the attempt and drops what it has received.
    private func stop() {
        clock?.close()
        clock = nil
        switch phase {
        case .active(let call): call.cancel()
        case .resting(let timer): timer.close()
        case .new, .ended: break
        }
        received = []
        total = 0
        held.set(baseSize)
    }

    // MARK: Ending

    /// Ends the call, and lets its owner forget it.
    func cancel() {
        let forgotten = cancelled.take()
        forgotten?()
        end(with: OutboundFault("the request was cancelled", kind: "network"))
    }

    private func end(with fault: OutboundFault) {
        var fault = fault
        fault.url = request.shownURL
        fault.attempts = attempts
        fault.status = head?.status
        // A script that reads piece by piece still gets what arrived before the fault.
        let unread = reply == nil ? [] : received
        stop()
        phase = .ended
        received = unread
        held.set(unread.count)
        if reply == nil { reply = .fault(fault) }
        bodyEnd = .failure(fault)
        changed()
    }

    // MARK: The response

    private func receive(_ piece: RawSpan) {
        total += piece.byteCount
        if let limit = request.limit, total > limit { return attemptFailed(.limit(limit)) }
        guard makeRoom(for: piece.byteCount) else {
            return attemptFailed(
                OutboundFault(
                    "the response does not fit into the function's \(ByteCount.text(vm.memoryLimit)), with what it "
                        + "already holds", kind: "limit"))
        }
        piece.withUnsafeBytes { received.append(contentsOf: $0) }
        guard request.streams, case .active(let call) = phase else { return }
        if received.count >= Self.watermark, !isPaused {
            isPaused = true
            call.pause()
        }
        changed()
    }

    /// Makes room for received bytes if the memory limit allows it. The array grows by half, so that it is not copied
    /// too often.
    private func makeRoom(for more: Int) -> Bool {
        let needed = received.count + more
        guard needed > received.capacity else { return true }
        let announced = request.streams ? 0 : head?.fields.first("content-length").flatMap { Int($0) } ?? 0
        let size = max(
            needed, min(announced, request.limit ?? needed, max(needed, 1 << 20)), received.count + received.count / 2)
        // The function must have room for both: the bytes here and, at the end, the script's copy of them.
        guard held.hold(baseSize + size) || held.hold(baseSize + needed) else { return false }
        received.reserveCapacity(size)
        return true
    }

    enum Piece {
        case bytes([UInt8])
        case end
        case fault(OutboundFault)
        /// Nothing has arrived since the last piece.
        case none
    }

    /// The number of bytes that `takePiece` would return.
    var unread: Int { received.count }

    /// Takes what has arrived of a body that the script reads piece by piece.
    func takePiece() -> Piece {
        guard received.isEmpty else {
            let piece = received
            received = []
            held.set(baseSize)
            if isPaused, case .active(let call) = phase { call.resume() }
            isPaused = false
            return .bytes(piece)
        }
        switch bodyEnd {
        case nil: return .none
        case .success: return .end
        case .failure(let fault): return .fault(fault)
        }
    }
}
