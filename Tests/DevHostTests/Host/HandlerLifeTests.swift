import EventLoop
import Foundation
import HTTP
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// The handler's process and its readiness (host-contract §§2-4).
@Suite struct HandlerLifeTests {
    init() { MainLoopThread.start() }

    @Test(arguments: ["HTTP/1.1 404 Not Found\r\n\r\n", "SSH-2.0-nonsense\r\n\r\n", ""])
    func `a handler that answers anything is ready`(_ answer: String) async throws {
        let server = try CannedServer(["/": Array(answer.utf8)], endsConnections: true)
        let host = try await HostInProcess([:], handlerPort: server.port)
        try await host.wait(for: "a ready handler") { if case .handlerReady = $0 { true } else { false } }
        try await host.stop()
    }

    @Test func `a handler that cannot be reached is killed, and the host stops the third time`() async throws {
        let port = try await EventLoop.main.task { @MainLoop in try HandlerProcess.freePort() }.value
        let host = try await HostInProcess(
            [:], handlerPort: port, options: #", "initializationTimeout": "00:00:00.1""#)
        try await host.waitForLine(containing: "does not listen on port \(port) after")
        let failure = try #require(await host.failure() as? DevHost.Failure)
        #expect(failure.description.contains("was killed by signal 9, the third time") && !failure.isAddressTaken)
    }

    @Test func `a call that arrives before the handler is ready waits for it`() async throws {
        let port = try await EventLoop.main.task { @MainLoop in try HandlerProcess.freePort() }.value
        let host = try await HostInProcess(
            ["f/function.json": TemporaryApp.httpFunction], handlerPort: port)
        let connection = try await RawConnection(port: host.port)
        connection.send("GET /api/f HTTP/1.1\r\nHost: x\r\n\r\n")
        try await host.wait(for: "the call") { if case .invocationStarted = $0 { true } else { false } }
        let handler = try await PlayedHandler(
            port: port, PlayedHandler.answer(#"{ "Outputs": { "res": { "body": "late" } } }"#))
        #expect(connection.response()?.text == "late")
        try await host.stop()
        await handler.stop()
    }

    @Test func `a port in use and an address of another machine are failures with advice`() async throws {
        let server = try CannedServer([:])
        let taken = await #expect(throws: DevHost.Failure.self) {
            try await HostInProcess([:], handlerPort: 1) { $0.port = server.port }
        }
        #expect(taken?.isAddressTaken == true && taken?.description.contains("choose another port with --port") == true)
        let foreign = await #expect(throws: DevHost.Failure.self) {
            try await HostInProcess([:], handlerPort: 1) { $0.bind = "192.0.2.1" }
        }
        #expect(
            foreign?.description.hasPrefix("cannot listen on 192.0.2.1: it is not an address of this machine") == true)
    }

    @Test func `the host can listen on a host name`() async throws {
        let handler = try await PlayedHandler { _, connection in connection.respond(HTTPResponse(status: 204)) }
        let host = try await HostInProcess([:], handlerPort: await handler.port) { $0.bind = "localhost" }
        #expect(try await RawConnection.request("/admin/host/ping", method: "GET", port: host.port).status == 200)
        try await host.stop()
        await handler.stop()
    }

    @Test func `a save of function.json restarts the handler, a save of a script does not`() async throws {
        let handler = try await PlayedHandler { _, connection in connection.respond(HTTPResponse(status: 204)) }
        let host = try await HostInProcess(
            ["f/function.json": TemporaryApp.httpFunction], handlerPort: await handler.port)
        try await host.wait(for: "a ready handler") { if case .handlerReady = $0 { true } else { false } }
        try host.app.write(["f/handler.py": "print(1)"])
        try host.app.write(["g/function.json": TemporaryApp.httpFunction])
        try await host.waitForLine(containing: "the handler is restarted")
        try await host.wait(for: "the new function") { event in
            if case .reloaded(let listing) = event { listing.functions.map(\.name) == ["f", "g"] } else { false }
        }
        try await host.stop()
        await handler.stop()
    }

    @Test func `a broken function.json is reported once, and its function keeps working`() async throws {
        let handler = try await PlayedHandler { _, connection in connection.respond(HTTPResponse(status: 204)) }
        let host = try await HostInProcess(
            ["f/function.json": TemporaryApp.httpFunction], handlerPort: await handler.port)
        try await host.wait(for: "a ready handler") { if case .handlerReady = $0 { true } else { false } }
        try host.app.write(["f/function.json": "{"])
        try await host.waitForLine(containing: "f keeps its previous version: f/function.json:1: is not JSON")
        try host.app.write(["g/function.json": TemporaryApp.httpFunction])
        try await host.wait(for: "the new function") { event in
            if case .reloaded(let listing) = event { listing.functions.map(\.name) == ["f", "g"] } else { false }
        }
        let errors = await host.events.count { if case .error = $0 { true } else { false } }
        #expect(errors == 1)
        try await host.stop()
        await handler.stop()
    }
}
