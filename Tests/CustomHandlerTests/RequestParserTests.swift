import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import CustomHandler

/// What becomes of the bytes of one connection.
@Suite struct RequestParserTests {
    private static let requests =
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
        + "POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
        + "GET /c HTTP/1.1\r\nHost: x\r\n\r\n"
    private static let read = ["/a body", "/b onetwo", "/c "]

    /// The parser's connection has one; these tests ask nothing of it.
    private static let worker = WorkerGroup().first

    private let channel = EmbeddedChannel()
    private let parser: RequestParser
    private let collector = Collector()

    init() throws {
        parser = RequestParser(HTTPConnection(worker: Self.worker, bodyLimit: 1 << 20, patience: .seconds(30)))
        try channel.pipeline.syncOperations.addHandlers(parser, collector)
    }

    @Test(arguments: 0...requests.utf8.count)
    func `requests are the same wherever their bytes are cut`(_ place: Int) throws {
        try channel.writeInbound(ByteBuffer(bytes: Self.requests.utf8.prefix(place)))
        try channel.writeInbound(ByteBuffer(bytes: Self.requests.utf8.dropFirst(place)))
        #expect(collector.requests == Self.read && collector.errors.isEmpty)
    }

    @Test func `requests are the same when each byte comes alone`() throws {
        for byte in Self.requests.utf8 { try channel.writeInbound(ByteBuffer(bytes: [byte])) }
        #expect(collector.requests == Self.read && collector.errors.isEmpty)
    }

    @Test func `what is read while a request is delivered comes after it`() throws {
        let next = ByteBuffer(string: "GET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\n\r\n")
        collector.onHead = { [channel, collector] in
            collector.onHead = nil
            channel.pipeline.fireChannelRead(next)
        }
        try channel.writeInbound(ByteBuffer(string: "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"))
        #expect(collector.requests == ["/1 body", "/2 ", "/3 "])
    }

    @Test func `a connection that ends between two requests is no error, within one it is`() throws {
        try channel.writeInbound(ByteBuffer(string: Self.requests))
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        channel.pipeline.fireChannelInactive()
        #expect(collector.errors.isEmpty)

        let other = try RequestParserTests()
        try other.channel.writeInbound(ByteBuffer(string: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo"))
        other.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        other.channel.pipeline.fireChannelInactive()
        #expect(other.collector.errors == [.invalidEOFState])
    }

    @Test func `the end may come while a request is delivered`() throws {
        collector.onHead = { [channel] in channel.pipeline.fireChannelInactive() }
        try channel.writeInbound(ByteBuffer(string: "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"))
        #expect(collector.requests == ["/1 body"] && collector.errors.isEmpty)
    }

    @Test func `an error is told once, and nothing that follows is read`() throws {
        try channel.writeInbound(ByteBuffer(string: "nonsense\r\n\r\n"))
        try channel.writeInbound(ByteBuffer(string: Self.requests))
        channel.pipeline.fireChannelInactive()
        #expect(collector.errors.count == 1 && collector.requests.isEmpty && parser.rest.capacity == 0)
    }

    /// It once kept all bytes of a connection whose reads always ended within a header.
    @Test func `what was parsed is not kept`() throws {
        let header = String(repeating: "h", count: 10_000)
        let request = ByteBuffer(string: "GET / HTTP/1.1\r\nHost: x\r\nLong: \(header)\r\n\r\n")
        var (first, second) = (request, request)
        first.moveWriterIndex(to: 5000)
        second.moveReaderIndex(to: 5000)
        try channel.writeInbound(first)
        for _ in 0..<1000 {
            var bytes = second
            bytes.writeImmutableBuffer(first)
            try channel.writeInbound(bytes)
        }
        #expect(collector.requests.count == 1000 && parser.rest.capacity < 100_000)
    }
}

/// Whole requests, as `path body`, and the parser's errors.
private final class Collector: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    var requests: [String] = []
    var errors: [HTTPParserError] = []
    var onHead: (() -> Void)?
    private var current = ""

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            current = head.uri + " "
            onHead?()
        case .body(let chunk): current += String(buffer: chunk)
        case .end: requests.append(current)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError { errors.append(error) }
    }
}
