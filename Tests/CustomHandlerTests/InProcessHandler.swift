import Foundation
import Logging
import NIOCore
import NIOHTTP1
import TestSupport

@testable import CustomHandler

/// An app served without a socket.
struct InProcessHandler {
    let workers: WorkerGroup
    let app: FunctionApp

    static let cases = Task { try await InProcessHandler(root: Case.folder.path) }
    static let forwardedCases = Task { try await InProcessHandler(root: Case.folder.path, settings: forwarding) }

    /// App settings that let the host hand over callers' own requests.
    static let forwarding = ["AzureFunctionsJobHost__customHandler__enableForwardingHttpRequest": "true"]

    init(root: String, settings: [String: String] = [:], showsErrors: Bool = false) async throws {
        app = try AppLoader(.folder(root), settings: settings).load()
        workers = WorkerGroup(settings: settings)
        workers.adopt(app, options: InvocationOptions(logger: .silent, showsErrors: showsErrors))
    }

    /// Sends the payload of an invocation.
    func send(
        _ name: String, _ payload: ByteBuffer, method: HTTPMethod = .POST, headers: [String: String] = [:]
    ) async throws -> Reply {
        try await request("/\(name)", payload, method: method, headers: HTTPHeaders(headers.map { ($0.key, $0.value) }))
    }

    func request(
        _ target: String, _ body: ByteBuffer = ByteBuffer(), method: HTTPMethod = .GET, headers: HTTPHeaders = [:]
    ) async throws -> Reply {
        let worker = workers.first
        let promise = worker.eventLoop.makePromise(of: Reply.self)
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: headers)
        let request = Request(head: head, body: body)
        worker.eventLoop.execute {
            let caller = NIOLoopBound<any Caller>(TestCaller(promise), eventLoop: worker.eventLoop)
            worker.assumeIsolated { $0.respond(to: request, caller) }
        }
        return try await promise.futureResult.get()
    }
}

/// A response, with all pieces of its body.
struct Reply: Sendable {
    let status: Int
    let headers: HTTPHeaders
    var body: ByteBuffer
    var pieces: [String] = []
    /// false where a streamed body broke off.
    var isComplete = true

    var contentType: String { headers.first(name: "content-type") ?? "" }
    var text: String { String(buffer: body) }
}

/// Takes a response as a connection does, with all the room in the world.
private final class TestCaller: Caller {
    var onRoom: (() -> Void)?
    var onLeaving: (() -> Void)?
    private let promise: EventLoopPromise<Reply>
    private var reply: Reply?

    init(_ promise: EventLoopPromise<Reply>) { self.promise = promise }

    func respond(_ response: Response) {
        var reply = Reply(status: Int(response.status.code), headers: response.headers, body: ByteBuffer())
        guard case .whole(let body) = response.body else {
            self.reply = reply
            return
        }
        reply.body = body
        promise.succeed(reply)
    }

    let isGone = false
    let hasRoom = true

    func write(_ piece: ByteBuffer) {
        reply?.body.writeImmutableBuffer(piece)
        reply?.pieces.append(String(buffer: piece))
    }

    func end(isComplete: Bool) {
        reply?.isComplete = isComplete
        if let reply { promise.succeed(reply) }
    }
}

extension Logger {
    /// Writes nowhere, at the level that is usual.
    static var silent: Logger {
        var logger = Logger(label: "test") { _ in SilentLogHandler() }
        logger.logLevel = .info
        return logger
    }
}

private struct SilentLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {}
}
