import EventLoop
import Foundation
import FunctionsModel
import HTTP
import Log
import LoopTesting
import TestSupport
import Testing

@testable import CustomHandler

/// An app served by one worker and then by more, over sockets.
@Suite struct WorkerGroupTests {
    init() { MainLoopThread.start() }

    @Test @MainLoop func `each worker has VMs of its own, and an old connection stays with its worker`() async throws {
        let served = try Served()
        let early = try RawConnection(port: served.server.port)
        #expect(await answer(on: early) == "1")
        served.server.add(try served.workers.add(2))
        for count in ["1", "1", "2", "2"] {
            #expect(await answer(on: try RawConnection(port: served.server.port)) == count)
        }
        #expect(await answer(on: early) == "2")
        await served.end()
    }

    @Test @MainLoop func `shutdown waits for requests on old and new connections`() async throws {
        let served = try Served()
        let early = try RawConnection(port: served.server.port)
        #expect(await answer(on: early) == "1")
        served.server.add(try served.workers.add(1))
        let late = try RawConnection(port: served.server.port)
        #expect(await answer(on: late) == "1")
        #expect(await piece(on: early, after: "?seconds=0.05") == "begun")
        #expect(await piece(on: late, after: "?seconds=0.3") == "begun")
        async let ended: Void = served.end()
        #expect(await piece(on: early) == "ended")
        #expect(await piece(on: late) == "ended")
        await ended
        #expect(throws: RawConnection.Refused.self) { try RawConnection(port: served.server.port) }
    }

    @Test @MainLoop func `all workers serve the newest app, whenever they were added`() async throws {
        let served = try Served()
        try served.app.write(["functions/f/handler.lua": "return function() return 'newer' end"])
        let newer = try AppLoader(.folder(served.app.folder.path), settings: InProcessHandler.forwarding).load()
        await served.workers.replace(with: newer, changed: ["f"])
        let early = try RawConnection(port: served.server.port)
        #expect(await answer(on: early) == "newer")
        served.server.add(try served.workers.add(2))
        #expect(await answer(on: try RawConnection(port: served.server.port)) == "newer")
        await served.end()
    }

    private func answer(on connection: RawConnection) async -> String? {
        await onThread {
            connection.send("GET /api/f HTTP/1.1\r\nHost: x\r\n\r\n")
            return connection.response()?.text
        }
    }

    /// The next piece of a streamed body.
    ///
    /// - Parameter query: the query of the request to send first; nil if the body is already being sent.
    private func piece(on connection: RawConnection, after query: String? = nil) async -> String? {
        await onThread {
            if let query {
                connection.send("GET /api/f\(query) HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = connection.head()
            }
            return connection.chunk().map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Runs `body` on another thread, because the test's own thread serves meanwhile.
    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Foundation.Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }
}

@MainLoop private final class Served {
    let app: TemporaryApp
    let workers: WorkerGroup
    let server: HTTPServer

    init() throws {
        app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": """
            local task = require "task"
            local calls = 0
            return function(data)
                local seconds = tonumber(data.req.Query.seconds)
                if seconds then
                    return { body = function(write) write "begun" task.sleep(seconds) write "ended" end }
                end
                calls = calls + 1
                return tostring(calls)
            end
            """,
        ])
        workers = WorkerGroup(loop: .main)
        workers.install(
            try AppLoader(.folder(app.folder.path), settings: InProcessHandler.forwarding).load(),
            options: InvocationOptions(logger: .silent))
        var settings = HTTPServer.Settings()
        settings.waitsForLoops = true
        server = try HTTPServer(
            .main, bind: SocketAddress(try #require(IPAddress("127.0.0.1")), port: 0), settings: settings,
            responder: workers.responder)
    }

    func end() async {
        await server.drain()
        await workers.shutdown()
    }
}

/// Only one thread at a time uses a connection.
extension RawConnection: @unchecked Sendable {}
