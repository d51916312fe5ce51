import NIOCore
import NIOHTTP1

/// Feeds the HTTP package's decoder with the bytes of one connection, and tells the connection of every read before the
/// bytes are HTTP: only so a head that never ends is seen. The package's own feeder, `ByteToMessageHandler`, makes the
/// Swift runtime look types up for an eighth of the time from the start of luafunc to its first answer.
final class RequestParser: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = HTTPServerRequestPart

    private enum State {
        case idle
        /// What a request makes happen can bring the next read, or the end, before the decoder has returned.
        case decoding
        /// Nothing can be made of what follows an error or the end.
        case done
    }

    private var state = State.idle
    private var unread = ByteBuffer()
    /// What the decoder has left for later: a line of a head that is not complete. After a request to upgrade it takes
    /// nothing more, and the connection ends with the answer.
    private(set) var rest = ByteBuffer()
    private var hasInputEnded = false
    private let decoder = HTTPRequestDecoder(limitConfiguration: limits)
    private let connection: HTTPConnection

    private static let limits: NIOHTTPDecoderLimitConfiguration = {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderListSize = 64 << 10
        limits.maxHeaderFieldSize = 64 << 10
        return limits
    }()

    init(_ connection: HTTPConnection) { self.connection = connection }

    func handlerAdded(context: ChannelHandlerContext) { decoder.decoderAdded(context: context) }
    func handlerRemoved(context: ChannelHandlerContext) { decoder.decoderRemoved(context: context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .done = state { return }
        connection.bytesArrived()
        let bytes = unwrapInboundIn(data)
        if unread.readableBytes == 0 { unread = bytes } else { unread.writeImmutableBuffer(bytes) }
        decode(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        connection.readCompleted()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { end(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context)
        context.fireChannelInactive()
    }

    private func end(_ context: ChannelHandlerContext) {
        hasInputEnded = true
        decode(context)
    }

    private func decode(_ context: ChannelHandlerContext) {
        guard case .idle = state else { return }
        state = .decoding
        do {
            while unread.readableBytes > 0 {
                if rest.readableBytes == 0 { rest = unread } else { rest.writeImmutableBuffer(unread) }
                unread = ByteBuffer()
                _ = try decoder.decode(context: context, buffer: &rest)
                // Else a client that always stops within a line would make it grow for ever.
                if decoder.shouldReclaimBytes(buffer: rest) { rest.discardReadBytes() }
            }
            guard hasInputEnded else { return state = .idle }
            _ = try decoder.decodeLast(context: context, buffer: &rest, seenEOF: true)
            finish()
        } catch {
            finish()
            context.fireErrorCaught(error)
        }
    }

    private func finish() {
        state = .done
        unread = ByteBuffer()
        rest = ByteBuffer()
    }
}
