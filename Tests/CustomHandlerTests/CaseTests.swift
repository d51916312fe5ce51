import Foundation
import Logging
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import CustomHandler

/// The folders of Tests/Cases, answered in process.
@Suite struct CaseTests {
    @Test(arguments: Case.all)
    func `what a function returns is what arrives`(_ example: Case) async throws {
        let handler = try await InProcessHandler.cases.value
        let response = try await handler.send(example.name, ByteBuffer(bytes: example.payload), headers: hostHeaders)
        let differences = try example.differences(
            status: Int(response.status.code), contentType: response.contentType,
            body: Array(response.body.readableBytesView))
        #expect(differences.isEmpty)
    }

    @Test func `there are cases`() {
        #expect(Case.all.count > 150)
    }
}

/// An app served without a socket.
struct InProcessHandler {
    let workers: WorkerGroup
    let app: FunctionApp

    static let cases = Task { try await InProcessHandler(root: Case.folder.path) }

    init(root: String, settings: [String: String] = [:]) async throws {
        app = try AppLoader(root: root, settings: settings).load()
        workers = WorkerGroup(threads: 1, settings: settings)
        await workers.adopt(app, options: InvocationOptions(logger: .silent))
    }

    func send(
        _ name: String, _ payload: ByteBuffer, method: HTTPMethod = .POST, headers: [String: String] = [:]
    ) async throws -> Response {
        let worker = workers.workers[0]
        let reply = worker.eventLoop.makePromise(of: Response.self)
        let head = HTTPRequestHead(
            version: .http1_1, method: method, uri: "/\(name)", headers: HTTPHeaders(headers.map { ($0.key, $0.value) })
        )
        await worker.respond(to: Request(head: head, body: payload), reply: reply)
        return try await reply.futureResult.get()
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
