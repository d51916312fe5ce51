import Foundation
import NIOCore
import ServiceLifecycleTestKit
import TestSupport
import Testing

@testable import CustomHandler

/// Connections from before and after the server has all its workers.
@Suite struct HTTPServerTests {
    private let app: TemporaryApp
    private let workers = WorkerGroup()
    private let server: HTTPServer

    init() async throws {
        app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": """
            local task = require "task"
            local calls = 0
            return function(data)
                if data.req.Query.slow then task.sleep(0.1) end
                calls = calls + 1
                return tostring(calls)
            end
            """,
        ])
        server = try await HTTPServer.open(on: "127.0.0.1", port: 0, workers: workers, bodyLimit: 1 << 20).get()
        workers.adopt(
            try AppLoader(.folder(app.folder.path), settings: InProcessHandler.forwarding).load(),
            options: InvocationOptions(logger: .silent))
    }

    private func call(_ connection: RawConnection, _ query: String = "") {
        connection.send("GET /api/f\(query) HTTP/1.1\r\nHost: x\r\n\r\n")
    }

    @Test func `new connections go to the new workers by turns, old ones stay where they are`() async throws {
        let early = try RawConnection(port: server.port)
        call(early)
        #expect(early.response()?.text == "1")
        let server = try await server.takeAll(threads: 2)
        #expect(server.port == self.server.port)
        for counts in [["1", "1"], ["2", "2"]] {
            for count in counts {
                let connection = try RawConnection(port: server.port)
                call(connection)
                #expect(connection.response()?.text == count)
            }
        }
        call(early)
        #expect(early.response()?.text == "2")
    }

    @Test func `a connection that is not accepted yet finds the new workers`() async throws {
        let waiting = try (1...8).map { _ in try RawConnection(port: server.port) }
        _ = try await server.takeAll(threads: 3)
        for connection in waiting {
            call(connection)
            #expect(connection.response()?.status == 200)
        }
    }

    @Test func `the end waits for what runs on old and new connections`() async throws {
        let early = try RawConnection(port: server.port)
        call(early)
        #expect(early.response()?.status == 200)
        let server = try await server.takeAll(threads: 2)
        let late = try RawConnection(port: server.port)
        call(late)
        #expect(late.response()?.status == 200)
        for connection in [early, late] { call(connection, "?slow=1") }
        try await testGracefulShutdown { shutdown in
            async let running: Void = server.run()
            shutdown.triggerGracefulShutdown()
            for connection in [early, late] {
                #expect(connection.response()?.text == "2")
                #expect(connection.response() == nil)
            }
            try await running
        }
        #expect(throws: RawConnection.Refused.self) { try RawConnection(port: server.port) }
    }

    @Test func `workers show the newest app, whenever they were added`() async throws {
        try app.write(["functions/f/handler.lua": "return function() return 'newer' end"])
        let newer = try AppLoader(.folder(app.folder.path), settings: InProcessHandler.forwarding).load()
        await workers.replace(with: newer, changed: ["f"])
        let connection = try await RawConnection(port: server.takeAll(threads: 2).port)
        call(connection)
        #expect(connection.response()?.text == "newer")
    }
}
