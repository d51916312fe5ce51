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
                task.sleep(tonumber(data.req.Query.seconds or 0))
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

    /// The next response, whether the connection ends with it, and when it came. A thread of its own waits for it: those
    /// that run tasks have to end the server meanwhile.
    private func answer(on connection: RawConnection) -> EventLoopFuture<
        (text: String?, ends: Bool, time: ContinuousClock.Instant)
    > {
        let promise = workers.first.eventLoop.makePromise(
            of: (text: String?, ends: Bool, time: ContinuousClock.Instant).self)
        Thread.detachNewThread {
            let text = connection.response()?.text
            let time = ContinuousClock.now
            promise.succeed((text, connection.response() == nil, time))
        }
        return promise.futureResult
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

    @Test func `many connections at the start are shared by all workers`() async throws {
        let waiting = try (1...12).map { _ in try RawConnection(port: server.port) }
        _ = try await server.takeAll(threads: 3)
        var counts: [String] = []
        for connection in waiting {
            call(connection)
            counts.append(try #require(connection.response()).text)
        }
        // The first worker has four at most, and each of the others its share of the rest.
        #expect(counts.filter { $0 == "1" }.count >= 3 && counts.allSatisfy { Int($0) ?? 99 <= 4 }, "\(counts)")
    }

    @Test(arguments: [1, 2])
    func `as many connections may wait as before`(_ threads: Int) async throws {
        let listeners = try await server.takeAll(threads: threads).listeners
        #expect(listeners.count == 2)
        for listener in listeners {
            // Of a socket that is listened on, the kernel tells the length of its queue here.
            let info = try await (listener.channel as? any SocketOptionProvider)?.getTCPInfo().get()
            #expect(info?.tcpi_sacked == 1024)
        }
    }

    @Test(arguments: [(early: 0.05, late: 0.4), (early: 0.4, late: 0.05)])
    func `the end waits for what runs on old and new connections`(_ seconds: (early: Double, late: Double)) async throws
    {
        let early = try RawConnection(port: server.port)
        call(early)
        #expect(early.response()?.status == 200)
        let server = try await server.takeAll(threads: 2)
        let late = try RawConnection(port: server.port)
        call(late)
        #expect(late.response()?.status == 200)
        call(early, "?seconds=\(seconds.early)")
        call(late, "?seconds=\(seconds.late)")
        let answers = [early, late].map { answer(on: $0) }
        try await testGracefulShutdown { shutdown in
            async let ended = {
                try await server.run()
                return ContinuousClock.now
            }()
            shutdown.triggerGracefulShutdown()
            let end = try await ended
            for answer in answers {
                let answer = try await answer.get()
                #expect(answer.text == "2" && answer.ends)
                #expect(end > answer.time - .milliseconds(200))
            }
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

/// One thread at a time uses it.
extension RawConnection: @unchecked Sendable {}
