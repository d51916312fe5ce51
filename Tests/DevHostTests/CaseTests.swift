import CustomHandler
import EventLoop
import Foundation
import HTTP
import Log
import TestHost
import TestSupport
import Testing

/// The folders of Tests/Cases: a handler answers their payloads, and the answers are judged as the host judges them.
@Suite struct CaseTests {
    @Test(arguments: Case.all)
    func `what a function returns is what arrives`(_ example: Case) async throws {
        let port = try await Self.port.value
        let reply = try RawConnection.request(
            "/\(example.name)", port: port, headers: hostHeaders, body: example.payload)
        let differences = try example.differences(
            status: reply.status, contentType: reply.headers["content-type"] ?? "", body: reply.body)
        #expect(differences.isEmpty)
    }

    /// Of a handler that serves all cases.
    private static let port = Task {
        let app = try AppLoader(.folder(Case.folder.path), settings: [:]).load()
        let loop = EventLoop()
        try Thread.start(named: "handler") { loop.run() }
        return try await loop.task {
            let workers = WorkerGroup(loop: loop)
            workers.adopt(app, options: InvocationOptions(logger: .silent))
            let address = SocketAddress(try #require(IPAddress("127.0.0.1")), port: 0)
            let server = try HTTPServer(loop, bind: address, responder: workers.responder)
            // It serves for as long as the tests run.
            loop.schedule(after: .seconds(1 << 30)) { withExtendedLifetime(server) {} }
            return server.port
        }.value
    }
}
