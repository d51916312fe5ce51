import CustomHandler
import NIOCore
import NIOHTTP1
import NIOPosix

/// A request of a caller of the host.
struct FrontRequest: Sendable {
    let head: HTTPRequestHead
    /// All of it, unless `stream` has it.
    var body: [UInt8] = []
    /// The body as it comes, for a function whose requests are proxied.
    var stream: AsyncThrowingStream<ByteBuffer, any Error>?

    var method: String { head.method.rawValue }
    /// As it was sent, without the query.
    var path: String { String(target.prefix { $0 != "?" }) }
    /// What follows the first `?`, as it was sent.
    var query: String { String(target.drop { $0 != "?" }.dropFirst()) }

    /// Path and query; a proxy may send a whole URL instead (RFC 9112 §3.2.2).
    var target: Substring {
        let uri = head.uri[...]
        guard uri.first != "/", let scheme = uri.firstRange(of: "://") else { return uri }
        return uri[scheme.upperBound...].drop { $0 != "/" }
    }

    func header(_ name: String) -> String? { head.headers.first(name: name) }

    /// The host copies a body only where the caller said how long it is.
    var hasLength: Bool { head.headers.first(name: "content-length").flatMap { Int($0) }.map { $0 > 0 } ?? false }
}

/// What a caller gets.
struct FrontResponse: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: [UInt8]
    /// In place of `body`, piece by piece.
    var stream: AsyncThrowingStream<ByteBuffer, any Error>?

    init(_ status: HTTPResponseStatus, _ headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    init(_ status: HTTPResponseStatus, json: String) {
        self.init(status, ["Content-Type": "application/json; charset=utf-8"], body: Array(json.utf8))
    }

    init(_ status: HTTPResponseStatus, text: String) {
        self.init(status, ["Content-Type": "text/plain; charset=utf-8"], body: Array(text.utf8))
    }
}

/// Decides what becomes of a request, and whether its body may be handed on as it comes.
protocol FrontResponder: Sendable {
    func takesStream(_ head: HTTPRequestHead) async -> Bool
    func respond(to request: FrontRequest) async -> FrontResponse
}

/// The host's HTTP server, in front of all functions.
struct Front: Sendable {
    typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    let channel: NIOAsyncChannel<Connection, Never>

    /// Bytes a request may have (host-contract §12).
    static let bodyLimit = 104_857_600

    var port: Int { channel.channel.localAddress?.port ?? 0 }

    /// Throws where the address cannot be bound.
    init(bind address: String, port: Int) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A caller that has sent all it will send still wants the answer.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(host: address, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
    }

    /// Serves until its task is cancelled.
    func run(_ responder: some FrontResponder) async throws {
        try await channel.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    group.addTask {
                        // A connection that breaks is its caller's affair alone.
                        try? await Self.serve(connection, responder)
                    }
                }
            }
        }
    }

    private static func serve(_ connection: Connection, _ responder: some FrontResponder) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var parts = inbound.makeAsyncIterator()
            while case .head(let head) = try await parts.next() {
                if head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }) {
                    try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
                }
                let response: FrontResponse
                var isComplete = true
                if await responder.takesStream(head) {
                    let (stream, pieces) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
                    async let answer = responder.respond(to: FrontRequest(head: head, stream: stream))
                    isComplete = try await Self.hand(on: &parts, to: pieces)
                    response = await answer
                } else {
                    var body: [UInt8] = []
                    var isTooLarge = false
                    while let part = try await parts.next() {
                        guard case .body(let piece) = part else { break }
                        isTooLarge = isTooLarge || body.count + piece.readableBytes > bodyLimit
                        if !isTooLarge { body += piece.readableBytesView }
                    }
                    response =
                        isTooLarge
                        ? FrontResponse(.payloadTooLarge)
                        : await responder.respond(to: FrontRequest(head: head, body: body))
                }
                let keepsOpen = isComplete && keepsOpen(after: head, response)
                try await write(response, to: outbound, for: head, keepsOpen: keepsOpen)
                guard keepsOpen else { break }
            }
        }
    }

    /// Answers whether the whole body came.
    private static func hand(
        on parts: inout NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator,
        to pieces: AsyncThrowingStream<ByteBuffer, any Error>.Continuation
    ) async throws -> Bool {
        do {
            while let part = try await parts.next(isolation: #isolation) {
                switch part {
                case .body(let piece): pieces.yield(piece)
                case .end:
                    pieces.finish()
                    return true
                case .head: break
                }
            }
            pieces.finish(throwing: CancellationError())
        } catch {
            pieces.finish(throwing: error)
        }
        return false
    }

    private static func keepsOpen(after request: HTTPRequestHead, _ response: FrontResponse) -> Bool {
        request.isKeepAlive && !request.stopsParser && !(request.method == .HEAD && response.stream != nil)
    }

    private static func write(
        _ response: FrontResponse, to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>,
        for request: HTTPRequestHead, keepsOpen: Bool
    ) async throws {
        var headers = response.headers
        // The connection is this server's own.
        for name in ["connection", "keep-alive", "transfer-encoding"] { headers.remove(name: name) }
        if !keepsOpen { headers.add(name: "Connection", value: "close") }
        let mayHaveBody = response.status.mayHaveResponseBody
        if response.stream == nil, mayHaveBody, !(request.method == .HEAD && headers.contains(name: "content-length")) {
            headers.replaceOrAdd(name: "Content-Length", value: String(response.body.count))
        }
        // Without a length a response of HTTP/1.1 ends with an empty chunk, which one to HEAD must not have.
        let isHeadOfStream = request.method == .HEAD && response.stream != nil
        let version = isHeadOfStream ? HTTPVersion.http1_0 : .http1_1
        try await outbound.write(.head(HTTPResponseHead(version: version, status: response.status, headers: headers)))
        if request.method != .HEAD, mayHaveBody {
            if let stream = response.stream {
                for try await piece in stream { try await outbound.write(.body(.byteBuffer(piece))) }
            } else if !response.body.isEmpty {
                try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: response.body))))
            }
        }
        try await outbound.write(.end(nil))
    }
}
