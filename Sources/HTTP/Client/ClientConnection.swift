import EventLoop
import HTTP1

/// Receives the events of the connection that serves a call.
protocol ClientExchange: AnyObject {
    /// - Parameter dropped: the names of dropped lines that are not header fields.
    func connection(received head: ResponseHead, in bytes: RawSpan, framing: BodyFraming, dropped: [String])
    /// Whether the call accepts a head that has such lines.
    var dropsOddFields: Bool { get }
    func connection(received piece: RawSpan)
    /// The response is complete.
    func connectionCompleted()
    /// - Parameter isUntouched: whether no byte of a response has arrived.
    func connectionFailed(_ error: HTTPClientError, isUntouched: Bool)
    /// The whole request was written.
    func connectionSentRequest()
    /// There is room again to write a streamed request body.
    func connectionHasRoom()
}

/// One connection to a server, which serves one call after another.
final class ClientConnection {
    enum State {
        case idle
        /// The request was sent or is being sent.
        case awaiting(any ClientExchange, HTTPMethod)
        case receiving((any ClientExchange)?, Incoming)
        case closed
    }

    /// How the rest of a response's body is delimited.
    enum Incoming {
        case length(Int)
        case chunked(ChunkedDecoder)
        case untilClose
    }

    let stream: any ByteStream
    let origin: Origin
    private(set) var state = State.idle
    /// Whether the connection has served a call before.
    private(set) var isReused = false
    private var parser = ResponseParser()
    private var head = ResponseHead()
    /// The beginning of a head that is not complete yet.
    private var input: [UInt8] = []
    private var informational = 0
    private var keepsAlive = true
    /// Whether the whole request was written.
    private var isRequestComplete = false
    /// The rest of a request whose body is not streamed, as far as it was not sent yet.
    private var outgoing: OutgoingBody?
    /// `discarded` counts the bytes of an unwanted body; `patience` is the time limit for reading it.
    private var discarded = 0
    private let patience: Timer

    /// `becameIdle` is called when the connection may serve another call, `ended` when it has closed.
    var becameIdle: (() -> Void)?
    var ended: (() -> Void)?

    /// The most informational responses before the final one. Only a malicious server sends more.
    private static let informationalLimit = 16
    /// The largest unwanted body that is read to its end so that the connection can be kept.
    private static let discardLimit = 64 << 10
    private let discardTimeout: Duration

    init(_ loop: EventLoop, over stream: any ByteStream, to origin: Origin, discardTimeout: Duration) {
        self.stream = stream
        self.origin = origin
        self.discardTimeout = discardTimeout
        patience = Timer(loop)
        stream.delegate = self
        patience.fired = { [unowned self] in close() }
    }

    // MARK: Sending

    /// Begins a call whose whole request is already there.
    func begin(_ exchange: any ClientExchange, _ method: HTTPMethod, _ request: OutgoingBody) {
        begin(exchange, method)
        outgoing = request
        stream.resumeReading()
        pump()
    }

    /// Begins a call whose body follows through `write`. `requestCompleted` ends the body.
    func begin(_ exchange: any ClientExchange, _ method: HTTPMethod, head: [UInt8]) {
        begin(exchange, method)
        stream.write(head.span.bytes)
        stream.resumeReading()
    }

    private func begin(_ exchange: any ClientExchange, _ method: HTTPMethod) {
        state = .awaiting(exchange, method)
        isRequestComplete = false
        informational = 0
    }

    private func pump() {
        while !stream.isFull, let piece = outgoing?.next() { stream.write(piece.span.bytes) }
        guard outgoing?.isComplete == true else { return }
        outgoing = nil
        isRequestComplete = true
        exchange?.connectionSentRequest()
    }

    private var exchange: (any ClientExchange)? {
        switch state {
        case .awaiting(let exchange, _): exchange
        case .receiving(let exchange, _): exchange
        case .idle, .closed: nil
        }
    }

    func write(_ bytes: RawSpan) { stream.write(bytes) }

    func requestCompleted() { isRequestComplete = true }

    var isWritable: Bool { !stream.isFull }

    func pause() { stream.pauseReading() }
    func resume() { stream.resumeReading() }

    /// Tells the connection that its call no longer wants the response. The connection is kept if the rest is short.
    func detach() {
        switch state {
        case .receiving(_, let incoming):
            state = .receiving(nil, incoming)
            discarded = 0
            stream.resumeReading()
            patience.start(after: discardTimeout)
        case .awaiting: close()
        case .idle, .closed: break
        }
    }

    func close() {
        guard !isClosed else { return }
        state = .closed
        outgoing = nil
        stream.close()
    }

    private var isClosed: Bool { if case .closed = state { true } else { false } }

    // MARK: Receiving

    private func take(_ bytes: RawSpan) {
        var bytes = bytes
        while !isClosed, bytes.byteCount > 0 {
            switch state {
            // These bytes are not the response to any request.
            case .idle: return close()
            case .awaiting(let exchange, let method):
                guard let rest = takeHead(bytes, exchange, method) else { return }
                bytes = bytes.extracting(last: rest)
            case .receiving(let exchange, let incoming):
                let count = takeBody(bytes, exchange, incoming)
                bytes = bytes.extracting(droppingFirst: count)
            case .closed: return
            }
        }
    }

    /// Returns how many of the bytes follow the head, or nil if the head is incomplete or invalid.
    private func takeHead(_ bytes: RawSpan, _ exchange: any ClientExchange, _ method: HTTPMethod) -> Int? {
        let before = input.count
        let result: ParseResult<ResponseError>
        if before == 0 {
            result = parser.parse(bytes, into: &head)
        } else {
            input.append(copying: bytes)
            let collected = input
            result = parser.parse(collected.span.bytes, into: &head)
        }
        switch result {
        case .incomplete:
            if before == 0 { input.append(copying: bytes) }
            return nil
        case .invalid(let error):
            if before == 0 { input.append(copying: bytes) }
            return takeOddHead(error, exchange, method)
        case .complete: break
        }
        let rest = bytes.byteCount - (head.length - before)
        if before == 0 { return receiveHead(in: bytes, exchange, method, rest: rest) }
        let headBytes = input
        input = []
        return receiveHead(in: headBytes.span.bytes, exchange, method, rest: rest)
    }

    /// Handles a head that the parser has refused. Returns the same as `takeHead`. `input` must hold all received bytes
    /// of the head.
    private func takeOddHead(_ error: ResponseError, _ exchange: any ClientExchange, _ method: HTTPMethod) -> Int? {
        guard exchange.dropsOddFields, error.isOfOneField, input.count < HeadLimits().bytes else {
            fail(.response(error), isUntouched: false)
            return nil
        }
        guard let odd = OddFields(input) else { return nil }
        let rest = input.count - odd.length
        input = []
        let bytes = odd.head
        switch parser.parse(bytes.span.bytes, into: &head) {
        case .complete:
            return receiveHead(in: bytes.span.bytes, exchange, method, rest: rest, dropped: odd.names)
        case .invalid(let error): fail(.response(error), isUntouched: false)
        case .incomplete: fail(.response(.lineEnd), isUntouched: false)
        }
        return nil
    }

    /// Passes a complete head on. Returns the same as `takeHead`.
    ///
    /// - Parameter rest: the number of bytes that follow the head.
    private func receiveHead(
        in bytes: RawSpan, _ exchange: any ClientExchange, _ method: HTTPMethod, rest: Int, dropped: [String] = []
    ) -> Int? {
        if head.isInformational {
            informational += 1
            guard informational <= Self.informationalLimit else {
                fail(
                    .protocolBroken("the server sent more than \(Self.informationalLimit) informational responses"),
                    isUntouched: false)
                return nil
            }
            return rest
        }
        guard head.status != 101 else {
            fail(
                .protocolBroken("the server switched to another protocol without being asked"),
                isUntouched: false)
            return nil
        }
        let framing = head.framing(for: method)
        keepsAlive = head.keepsAlive
        switch framing {
        case .none, .length(0): state = .receiving(exchange, .length(0))
        case .length(let length): state = .receiving(exchange, .length(length))
        case .chunked: state = .receiving(exchange, .chunked(ChunkedDecoder()))
        case .untilClose: state = .receiving(exchange, .untilClose)
        }
        exchange.connection(received: head, in: bytes, framing: framing, dropped: dropped)
        if case .receiving(_, .length(0)) = state { complete(hasMore: rest > 0) }
        return isClosed ? nil : rest
    }

    /// Returns the number of bytes that belong to the body.
    private func takeBody(_ bytes: RawSpan, _ exchange: (any ClientExchange)?, _ incoming: Incoming) -> Int {
        switch incoming {
        case .untilClose:
            deliver(bytes, exchange)
            return bytes.byteCount
        case .length(let length):
            let count = min(length, bytes.byteCount)
            state = .receiving(exchange, .length(length - count))
            deliver(bytes.extracting(first: count), exchange)
            // The callback may have detached the call or closed the connection, so the state is read again.
            if case .receiving(_, .length(0)) = state { complete(hasMore: count < bytes.byteCount) }
            return count
        case .chunked(var decoder):
            do throws(ChunkError) {
                let count = try decoder.decode(bytes) { piece in if !isClosed { deliver(piece, exchange) } }
                guard case .receiving(let exchange, _) = state else { return bytes.byteCount }
                state = .receiving(exchange, .chunked(decoder))
                if decoder.isComplete { complete(hasMore: count < bytes.byteCount) }
                return count
            } catch {
                fail(.chunk(error), isUntouched: false)
                return bytes.byteCount
            }
        }
    }

    private func deliver(_ piece: RawSpan, _ exchange: (any ClientExchange)?) {
        guard piece.byteCount > 0 else { return }
        // The call may have detached itself while these bytes were delivered, so the state is read again.
        if case .receiving(let exchange?, _) = state { return exchange.connection(received: piece) }
        discarded += piece.byteCount
        if discarded > Self.discardLimit { close() }
    }

    private func complete(hasMore: Bool) {
        guard case .receiving(let exchange, let incoming) = state else { return }
        let isEndless = if case .untilClose = incoming { true } else { false }
        // If bytes follow the response, the server cannot be trusted, so the connection is not kept.
        if keepsAlive, isRequestComplete, !hasMore, !isEndless {
            state = .idle
            isReused = true
            patience.stop()
            // The call may have paused reading. An idle connection must read to notice that the server closes it.
            stream.resumeReading()
            exchange?.connectionCompleted()
            if case .idle = state { becameIdle?() }
        } else {
            close()
            exchange?.connectionCompleted()
        }
    }

    private func fail(_ error: HTTPClientError, isUntouched: Bool) {
        let exchange = exchange
        close()
        exchange?.connectionFailed(error, isUntouched: isUntouched)
    }

    private func inputEnded(_ error: StreamError?) {
        switch state {
        case .closed: break
        case .idle: close()
        case .awaiting: fail(.closed(error), isUntouched: input.isEmpty && informational == 0)
        case .receiving(_, .untilClose) where error == nil: complete(hasMore: false)
        case .receiving: fail(.closed(error), isUntouched: false)
        }
    }
}

extension ClientConnection: ByteStreamDelegate {
    func streamReceived(_ bytes: RawSpan) { take(bytes) }

    func streamInputEnded() { inputEnded(nil) }

    func streamDrained() {
        if outgoing != nil { return pump() }
        exchange?.connectionHasRoom()
    }

    func streamClosed(_ error: StreamError?) {
        inputEnded(error)
        state = .closed
        patience.close()
        ended?()
    }
}
