import NIOCore
import NIOHTTP1

/// Carries whole requests from one connection to the worker of its loop, and the responses back.
final class HTTPConnection: ChannelInboundHandler, Caller {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private var state: HTTPConnectionState
    private let worker: Worker
    private let patience: TimeAmount
    private var context: ChannelHandlerContext?
    /// Runs while a request has begun and is not complete.
    private var timer: Scheduled<Void>?
    /// The head of a request did not come in time.
    private var isLate = false

    var onRoom: (() -> Void)?
    var onLeaving: (() -> Void)?

    /// - Parameter patience: how long a request's head may take, and how long its body may pause.
    init(worker: Worker, bodyLimit: Int, patience: TimeAmount) {
        self.worker = worker
        self.patience = patience
        state = HTTPConnectionState(bodyLimit: bodyLimit)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state.received(unwrapInboundIn(data)) {
        case .none: break
        case .proceed:
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        case .respond(let request):
            let caller = NIOLoopBound<any Caller>(self, eventLoop: context.eventLoop)
            // The connection lives on the worker's own loop.
            worker.assumeIsolated { $0.respond(to: request, caller) }
        case .refuse(let refusal): send(refusal)
        }
    }

    func bytesArrived() { state.bytesArrived() }

    /// Called after each read of the socket, by the parser.
    func readCompleted() {
        guard state.isReceiving else {
            timer?.cancel()
            timer = nil
            return
        }
        if timer == nil { startTimer() }
    }

    private func startTimer() {
        state.markProgress()
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: patience) { [weak self] in
            guard let self else { return }
            timer = nil
            if state.isStalled { expire() } else if state.isReceiving { startTimer() }
        }
    }

    private func expire() {
        if state.isIdle {
            // Only a parser's error makes the pipeline take a response where it has seen no request.
            isLate = true
            context?.pipeline.fireErrorCaught(HTTPParserError.unknown)
        } else if state.refuse() {
            send(.timeout)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            switch state.inputClosed() {
            case .close: context.close(promise: nil)
            case .leave: leave()
            case .answer: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        let told = onLeaving
        onLeaving = nil
        told?()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable, let told = onRoom else { return }
        onRoom = nil
        told()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
        if state.refuse() { send(isLate ? .timeout : .malformed(error)) }
    }

    // MARK: Out

    func respond(_ response: Response) {
        guard let context else { return }
        let ending = state.respond(isStreamed: response.isStreamed)
        writeHead(response, closes: !ending.keepsOpen, ending.version, context)
        guard case .whole(let body) = response.body else {
            if ending.hasBody { context.flush() } else { finish(keepsOpen: ending.keepsOpen, context) }
            return
        }
        if ending.hasBody, body.readableBytes > 0 {
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        finish(keepsOpen: ending.keepsOpen, context)
    }

    var isGone: Bool { context?.channel.isActive != true }
    var hasRoom: Bool { context?.channel.isWritable ?? true }

    func write(_ piece: ByteBuffer) {
        context?.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil)
    }

    func end(isComplete: Bool) {
        guard let context else { return }
        onRoom = nil
        let keepsOpen = state.endStream()
        // Without its last chunk the caller can tell that the body is not complete.
        if isComplete { finish(keepsOpen: keepsOpen, context) } else { context.close(promise: nil) }
    }

    private func finish(keepsOpen: Bool, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if !keepsOpen { context.close(promise: nil) }
    }

    private func writeHead(
        _ response: Response, closes: Bool, _ version: HTTPVersion, _ context: ChannelHandlerContext
    ) {
        var headers = response.headers
        if case .whole(let body) = response.body, response.status.mayHaveResponseBody {
            headers.add(name: "content-length", value: String(body.readableBytes))
        }
        if closes { headers.add(name: "connection", value: "close") }
        let head = HTTPResponseHead(version: version, status: response.status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
    }

    /// Answers before the request is complete. A close at once could take the answer away from a client that is still
    /// sending, so what comes is thrown away for a while.
    private func send(_ refusal: Refusal) {
        guard let context else { return }
        timer?.cancel()
        let response = refusal.response
        writeHead(response, closes: true, .http1_1, context)
        if case .whole(let body) = response.body {
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { context.close(promise: nil) }
    }
}

extension Response {
    var isStreamed: Bool { if case .streamed = body { true } else { false } }
}

extension HTTPResponseStatus {
    /// 204 and 304 have neither body nor length.
    var mayHaveResponseBody: Bool { self != .noContent && self != .notModified }
}
