import EventLoop
import Foundation
import FunctionsModel
import HTTP
import HTTP1
import Log
import LoopTesting
import TestSupport
import Testing

@testable import CustomHandler

/// Streams over sockets, with callers who read slowly, reset their connections, or stay while the server stops.
@Suite struct StreamConnectionTests {
    init() { MainLoopThread.start() }

    private static let listen = "stream.listen('first', 'last', '1', { tools = true, uris = { 'u' } })"

    @Test @MainLoop func `a listen stream over a connection ends with its last message when the server stops`()
        async throws
    {
        let served = try await Served()
        let connection = try RawConnection(port: served.server.port)
        let head = await onThread { () -> HTTPReply? in
            connection.send(Served.request(Self.listen))
            return connection.head()
        }
        #expect(head?.status == 200 && head?.headers["content-type"] == "text/event-stream")
        #expect(head?.headers["x-accel-buffering"] == "no")
        #expect(await onThread { connection.text() } == "first")
        await served.run("stream.publish 'tools'")
        #expect(await onThread { connection.text() }?.contains("tools/list_changed") == true)
        async let ended: Void = served.end()
        #expect(await onThread { connection.text() } == "last")
        #expect(await onThread { connection.text() } == "")
        await ended
    }

    @Test @MainLoop func `a connection that is reset frees its place, and ends what it has asked for`() async throws {
        let served = try await Served()
        for code in [Self.listen, "stream.begin() stream.send 'first' stream.ask 'a' stream.await('a', 60)"] {
            let connection = try RawConnection(port: served.server.port)
            await onThread {
                connection.send(Served.request(code))
                _ = connection.head()
            }
            #expect(await onThread { connection.text() } == "first")
            #expect(served.count == 1)
            connection.reset()
            while served.count > 0 { await EventLoop.main.nextPoll() }
        }
        await served.end()
    }

    @Test @MainLoop func `a connection whose caller reads slowly gets all pieces, and each change once`() async throws {
        let served = try await Served()
        let connection = try RawConnection(port: served.server.port)
        let size = 4_000_000
        connection.send(
            Served.request("stream.begin() for i = 1, 400 do stream.send(('x'):rep(10000)) end " + Self.listen))
        let other = try RawConnection(port: served.server.port)
        await onThread {
            other.send(Served.request(Self.listen))
            _ = other.head()
            _ = other.text()
        }
        await served.run("for i = 1, 5000 do stream.publish('updated', 'u') end")
        #expect(await onThread { other.text() }?.contains("\"uri\":\"u\"") == true)
        let text = await onThread { () -> String in
            _ = connection.head()
            var text = ""
            while text.utf8.count < size + 5, let piece = connection.text() { text += piece }
            return text
        }
        #expect(text == String(repeating: "x", count: size) + "first")
        await served.run("for i = 1, 5000 do stream.publish('updated', 'u') end")
        #expect(await onThread { connection.text() }?.components(separatedBy: "\"uri\"").count == 2)
        await served.end()
    }

    /// Runs `body` on another thread, because the test's own thread serves meanwhile.
    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Foundation.Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }
}

extension RawConnection {
    /// The next chunk as text.
    fileprivate func text() -> String? { chunk().map { String(decoding: $0, as: UTF8.self) } }
}

@MainLoop private final class Served {
    let app: TemporaryApp
    let workers: WorkerGroup
    let server: HTTPServer

    init() async throws {
        app = try StreamApp.folder()
        workers = WorkerGroup(loop: .main)
        workers.install(
            try AppLoader(.folder(app.folder.path), settings: StreamApp.proxying).load(),
            options: InvocationOptions(logger: .silent))
        server = try HTTPServer(
            .main, bind: SocketAddress(try #require(IPAddress("127.0.0.1")), port: 0), settings: HTTPServer.Settings(),
            responder: workers.responder)
        await StreamApp.equip(workers, .main)
    }

    nonisolated static func request(_ code: String) -> String {
        "POST /api/eval HTTP/1.1\r\nHost: x\r\nContent-Length: \(code.utf8.count)\r\n\r\n\(code)"
    }

    func run(_ code: String) async {
        _ = try? await workers.answer(.post, "/api/eval", fields: [:], body: Array(code.utf8))
    }

    var count: Int { workers.worker(on: .main).streams.all.count }

    /// Stops as `serve` does.
    func end() async {
        workers.endStreams()
        await server.drain()
        await workers.shutdown()
    }
}
