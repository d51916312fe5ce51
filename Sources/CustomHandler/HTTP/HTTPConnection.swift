import NIOCore
import NIOHTTP1

/// Carries whole requests from one connection to the worker of its loop, and the responses back.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private var state: HTTPConnectionState
    private let worker: Worker

    init(worker: Worker, bodyLimit: Int) {
        self.worker = worker
        state = HTTPConnectionState(bodyLimit: bodyLimit)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state.received(unwrapInboundIn(data)) {
        case .none: break
        case .proceed:
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        case .respond(let request): respond(to: request, context)
        case .refuse(let limit): refuse(.tooLarge(limit: limit), context)
        }
    }

    private func respond(to request: Request, _ context: ChannelHandlerContext) {
        let reply = context.eventLoop.makePromise(of: Response.self)
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        reply.futureResult.whenSuccess { response in
            let (connection, context) = handler.value
            let ending = connection.state.respond(closes: response.closes)
            connection.write(response, hasBody: ending.hasBody, closes: !ending.keepsOpen, context)
            if !ending.keepsOpen { context.close(promise: nil) }
        }
        // The connection lives on the worker's own loop.
        worker.assumeIsolated { $0.respond(to: request, reply: reply) }
    }

    /// Answers before the request is complete. A close at once could take the answer away from a client that is still
    /// sending, so what comes is thrown away for a while.
    private func refuse(_ response: Response, _ context: ChannelHandlerContext) {
        write(response, hasBody: true, closes: true, context)
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.value.eventLoop.scheduleTask(in: .seconds(1)) { context.value.close(promise: nil) }
    }

    private func write(_ response: Response, hasBody: Bool, closes: Bool, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders()
        headers.reserveCapacity(3)
        headers.add(name: "content-type", value: response.contentType)
        headers.add(name: "content-length", value: String(response.body.readableBytes))
        if closes { headers.add(name: "connection", value: "close") }
        let head = HTTPResponseHead(version: .http1_1, status: response.status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if hasBody { context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The other side broke the connection or HTTP itself; no request is left that could be answered.
        context.close(promise: nil)
    }
}
