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
        case .refuse(let limit):
            write(.tooLarge(limit: limit), context)
            context.close(promise: nil)
        }
    }

    private func respond(to request: Request, _ context: ChannelHandlerContext) {
        let reply = context.eventLoop.makePromise(of: Response.self)
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        reply.futureResult.whenSuccess { response in
            let (connection, context) = handler.value
            connection.write(response, context)
            if !connection.state.responded(closes: response.closes) { context.close(promise: nil) }
        }
        // The connection lives on the worker's own loop.
        worker.assumeIsolated { $0.respond(to: request, reply: reply) }
    }

    private func write(_ response: Response, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders()
        headers.reserveCapacity(3)
        headers.add(name: "content-type", value: response.contentType)
        headers.add(name: "content-length", value: String(response.body.readableBytes))
        if response.closes { headers.add(name: "connection", value: "close") }
        let head = HTTPResponseHead(version: .http1_1, status: response.status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The other side broke the connection or HTTP itself; no request is left that could be answered.
        context.close(promise: nil)
    }
}
