import EventLoop
import Foundation
import HTTP
import HTTP1
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// What the host does around the functions: cross-origin requests, fields of its own, restarts, warm-up, retries of
/// dropped requests.
@Suite struct HostServiceTests {
    init() { MainLoopThread.start() }

    private static let files = ["f/function.json": TemporaryApp.httpFunction]
    private static let forwarded = #", "enableForwardingHttpRequest": true"#
    private static let proxied = #", "enableProxyingHttpRequest": true"#

    // MARK: Errors that repeat

    @Test @MainLoop func `an error of a queue is told once, however often its listener looks`() async throws {
        let trigger = #"{ "bindings": [ { "name": "m", "type": "queueTrigger", "queueName": "abc" } ] }"#
        let handler = try PlayedHandler(PlayedHandler.answer("{}"))
        let host = try await HostInProcess(["f/function.json": trigger], handlerPort: handler.port)
        let storage = try host.storage
        try storage.queues.send(Array("text".utf8), to: "abc")
        let folder = host.app.folder.appending(path: ".luafunc/queues/abc")
        try FileManager.default.removeItem(at: folder)
        try Data().write(to: folder)
        for _ in 0..<3 {
            var hasLooked = false
            // This listener is called after that of the trigger.
            let key = storage.listen { hasLooked = true }
            try await host.waitForServices("a look") { _ in hasLooked }
            storage.leave(key)
        }
        let errors = host.events.compactMap { if case .error(let text) = $0 { text } else { nil } }
        #expect(errors.count == 1 && errors[0].hasPrefix("queue abc: "), "\(errors)")
        try await host.stop()
        await handler.stop()
    }

    @Test(arguments: [
        #""type": "queueTrigger", "queueName": "a_b""#, #""type": "serviceBusTrigger", "queueName": "a b""#,
        #""type": "eventHubTrigger", "eventHubName": "-""#, #""type": "blobTrigger", "path": "A/{name}""#,
        #""type": "timerTrigger", "schedule": "soon""#,
    ])
    @MainLoop func `a trigger that cannot listen is told once and marked`(_ properties: String) async throws {
        let trigger = #"{ "bindings": [ { "name": "m", \#(properties) } ] }"#
        let handler = try PlayedHandler(PlayedHandler.answer("{}"))
        let host = try await HostInProcess(["f/function.json": trigger], handlerPort: handler.port)
        let storage = try host.storage
        for _ in 0..<3 {
            var hasLooked = false
            let key = storage.listen { hasLooked = true }
            try await host.waitForServices("a look") { _ in hasLooked }
            storage.leave(key)
        }
        let errors = host.events.compactMap { if case .error(let text) = $0 { text } else { nil } }
        #expect(errors.count == 1, "\(errors)")
        let problem = host.host?.listing.functions.first?.problem
        #expect(problem == "does not listen: \(errors.first ?? "")")
        try await host.stop()
        await handler.stop()
    }

    @Test @MainLoop func `a saved function.json that does not load marks the function, until it loads again`()
        async throws
    {
        let handler = try PlayedHandler(PlayedHandler.answer("{}"))
        let host = try await HostInProcess(Self.files, handlerPort: handler.port)
        func problem() -> String? { host.host?.listing.functions.first?.problem }
        #expect(problem() == nil)
        try host.app.write(["f/function.json": #"{ "bindings": [] }"#], isAtomic: true)
        try await host.waitForLine(containing: "f keeps its previous version")
        #expect(problem() == "keeps its previous version: f/function.json:1: at least one binding must be declared")
        // The host tells that this one has no queue name.
        try host.app.write(["f/function.json": TemporaryApp.queueFunction], isAtomic: true)
        try await host.wait(for: "the function to be whole") { _ in problem()?.hasPrefix("keeps") == false }
        try await host.stop()
        await handler.stop()
    }

    // MARK: CORS

    private static func settings(_ origins: String) -> [String: String] {
        files.merging(["local.settings.json": #"{ "Host": { "CORS": "\#(origins)" } }"#]) { $1 }
    }

    private static func preflight(from origin: String) -> [String: String] {
        ["Origin": origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-a"]
    }

    @Test func `the host itself answers preflight requests, also of origins that may not call`() async throws {
        let handler = try await PlayedHandler { _, connection in connection.respond(HTTPResponse(status: 200)) }
        let host = try await HostInProcess(
            Self.settings("https://a.example"), handlerPort: await handler.port, options: Self.forwarded)
        let granted = try await RawConnection.request(
            "/api/f", method: "OPTIONS", port: host.port, headers: Self.preflight(from: "https://a.example"))
        #expect(granted.status == 204 && granted.headers["access-control-allow-origin"] == "https://a.example")
        #expect(granted.headers["access-control-allow-methods"] == "PUT")
        let refused = try await RawConnection.request(
            "/api/f", method: "OPTIONS", port: host.port, headers: Self.preflight(from: "https://b.example"))
        #expect(refused.status == 204 && refused.headers["access-control-allow-origin"] == nil)
        try await host.waitForLine(
            containing: "pages of https://b.example may not call, because the origin is not listed")
        #expect(await handler.received.isEmpty)
        try await host.stop()
        await handler.stop()
    }

    @Test func `without origins, the function decides`() async throws {
        let handler = try await PlayedHandler { _, connection in
            connection.respond(HTTPResponse(status: 200, fields: ["Access-Control-Allow-Origin": "own"]))
        }
        let host = try await HostInProcess(Self.files, handlerPort: await handler.port, options: Self.forwarded)
        let reply = try await RawConnection.request(
            "/api/f", method: "OPTIONS", port: host.port, headers: Self.preflight(from: "https://b.example"))
        #expect(reply.status == 200 && reply.headers["access-control-allow-origin"] == "own")
        try await host.stop()
        await handler.stop()
    }

    @Test(arguments: [forwarded, proxied])
    func `the host's CORS fields replace the function's`(_ options: String) async throws {
        let handler = try await PlayedHandler { _, connection in
            let fields: HTTPFields = ["access-control-allow-origin": "*", "Access-Control-Max-Age": "1", "X-A": "1"]
            connection.respond(HTTPResponse(status: 200, fields: fields))
        }
        let host = try await HostInProcess(
            Self.settings("https://a.example"), handlerPort: await handler.port, options: options)
        for (origin, allowed) in [("https://a.example", ["https://a.example"]), ("https://b.example", [])] {
            let connection = try await RawConnection(port: host.port)
            connection.send("GET /api/f HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: \(origin)\r\n\r\n")
            let lines = String(decoding: connection.rest(), as: UTF8.self).lowercased().split(separator: "\r\n")
            #expect(
                lines.filter { $0.hasPrefix("access-control-") } == allowed.map { "access-control-allow-origin: \($0)" }
            )
            #expect(lines.contains("x-a: 1"))
        }
        let own = try await RawConnection.request("/api/f", method: "GET", port: host.port)
        #expect(own.headers["access-control-allow-origin"] == "*")
        try await host.stop()
        await handler.stop()
    }

    // MARK: Fields

    @Test(arguments: [forwarded, proxied, ""])
    func `custom headers are added unless the function has set them`(_ options: String) async throws {
        let handler = try await PlayedHandler { request, connection in
            guard options.isEmpty else {
                return connection.respond(HTTPResponse(status: 200, fields: ["x-frame-options": "own"]))
            }
            PlayedHandler.answer(#"{ "Outputs": { "res": { "headers": { "X-Frame-Options": "own" } } } }"#)(
                request, connection)
        }
        let host = try await HostInProcess(
            Self.files, handlerPort: await handler.port,
            hostFile: #", "extensions": { "http": { "customHeaders": { "X-Frame-Options": "deny", "X-B": "2" } } }"#,
            options: options)
        let reply = try await RawConnection.request("/api/f", method: "GET", port: host.port)
        #expect(reply.headers["x-frame-options"] == "own" && reply.headers["x-b"] == "2")
        let missing = try await RawConnection.request("/api/none", method: "GET", port: host.port)
        #expect(missing.status == 404 && missing.headers["x-frame-options"] == "deny")
        try await host.stop()
        await handler.stop()
    }

    @Test func `more proxied requests than may run wait for the end of a response`() async throws {
        let handler = try await PlayedHandler { request, connection in
            connection.respond(HTTPResponse(status: 200, body: .streamed))
            if request.target == "/api/f?last" { connection.end(isComplete: true) }
        }
        let host = try await HostInProcess(
            Self.files, handlerPort: await handler.port,
            hostFile: #", "extensions": { "http": { "maxConcurrentRequests": 1 } }"#, options: Self.proxied)
        let first = try await RawConnection(port: host.port)
        first.send("GET /api/f HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(first.head()?.status == 200)
        let second = try await RawConnection(port: host.port)
        second.send("GET /api/f?last HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await RawConnection.request("/admin/host/ping", method: "GET", port: host.port).status == 200)
        #expect(await handler.received.map(\.target) == ["/api/f"])
        first.reset()
        #expect(second.response()?.status == 200)
        try await host.stop()
        await handler.stop()
    }

    // MARK: Dropped requests

    @Test(arguments: [("GET", "", 4), ("DELETE", "", 4), ("POST", "1", 1)])
    func `a forwarded request without a body is sent four times if it is dropped`(
        _ method: String, _ body: String, _ count: Int
    ) async throws {
        let handler = try ScriptedHandler()
        let host = try await HostInProcess(Self.files, handlerPort: handler.port, options: Self.forwarded)
        handler.prepare(Array(repeating: .close, count: 9))
        let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
        let reply = try RawMessage.response(
            to: Array("\(method) /api/f HTTP/1.1\r\nHost: x\r\n\(length)\r\n\(body)".utf8), port: await host.port)
        #expect(reply?.startLine == "HTTP/1.1 500 Internal Server Error")
        let messages = handler.received.compactMap { RawMessage($0) }
        #expect(messages.count == count)
        let ids = messages.flatMap { $0.headers.filter { $0.name == "X-Azure-Functions-InvocationId" }.map(\.value) }
        #expect(Set(ids).count == 1)
        try await host.stop()
        handler.stop()
    }

    // MARK: The process

    @Test func `calls wait for the warm-up, and its failure is only reported`() async throws {
        let handler = try ScriptedHandler()
        handler.prepare([.hold])
        let files = Self.files.merging([
            "WarmUp/function.json": #"{ "bindings": [ { "name": "w", "type": "warmupTrigger" } ] }"#
        ]) { $1 }
        let host = try await HostInProcess(files, handlerPort: handler.port)
        _ = await handler.received(1)
        async let reply = RawConnection.request("/api/f", method: "GET", port: host.port)
        try await host.wait(for: "the call") { event in
            if case .invocationStarted(let start) = event { start.function == "f" } else { false }
        }
        #expect(handler.received.count == 1)
        await handler.answerHeld(Array("HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n".utf8))
        #expect(try await reply.status == 200)
        let starts = handler.received.compactMap { RawMessage($0)?.startLine }
        #expect(starts == ["POST /WarmUp HTTP/1.1", "POST /f HTTP/1.1"])
        #expect(await host.ends.first { $0.function == "WarmUp" }?.failure?.contains("500") == true)
        try await host.stop()
        handler.stop()
    }

    @Test func `calls do not wait for a warm-up that takes too long`() async throws {
        let handler = try ScriptedHandler()
        handler.prepare([.hold])
        let files = Self.files.merging([
            "WarmUp/function.json": #"{ "bindings": [ { "name": "w", "type": "warmupTrigger" } ] }"#
        ]) { $1 }
        let host = try await HostInProcess(files, handlerPort: handler.port) { $0.warmUpPatience = .zero }
        _ = await handler.received(1)
        try await host.wait(for: "the warning") { event in
            if case .warning(let text) = event { text.contains("the warm-up has not ended") } else { false }
        }
        #expect(try await RawConnection.request("/api/f", method: "GET", port: host.port).status == 200)
        await handler.answerHeld(Array("HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n".utf8))
        try await host.stop()
        handler.stop()
    }

    @Test func `a retry policy does not repeat the warm-up`() async throws {
        let handler = try await PlayedHandler { request, connection in
            guard request.target != "/warmup" else { return connection.respond(HTTPResponse(status: 500)) }
            PlayedHandler.answer("{}")(request, connection)
        }
        let files = Self.files.merging([
            "warmup/function.json": #"{ "bindings": [ { "name": "w", "type": "warmupTrigger" } ] }"#
        ]) { $1 }
        let host = try await HostInProcess(
            files, handlerPort: await handler.port,
            hostFile: #", "retry": { "strategy": "fixedDelay", "maxRetryCount": -1, "delayInterval": "00:00:00" }"#)
        #expect(try await RawConnection.request("/api/f", method: "GET", port: host.port).status == 204)
        #expect(await handler.received.count { $0.target == "/warmup" } == 1)
        try await host.stop()
        await handler.stop()
    }

    @Test func `an app that starts offline fires no triggers`() async throws {
        let handler = try await PlayedHandler(PlayedHandler.answer("{}"))
        let files = Self.files.merging([
            "app_offline.htm": "back soon",
            "tick/function.json": """
            { "bindings": [ { "name": "t", "type": "timerTrigger", "schedule": "0 0 0 1 1 *", "runOnStartup": true } ] }
            """,
        ]) { $1 }
        let host = try await HostInProcess(files, handlerPort: await handler.port)
        let reply = try await RawConnection.request("/api/f", method: "GET", port: host.port)
        #expect(reply.status == 503 && reply.text == "back soon")
        let hasStarted = await host.events.contains { if case .invocationStarted = $0 { true } else { false } }
        #expect(!hasStarted)
        try await host.stop()
        await handler.stop()
    }

    @Test(arguments: [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true), ("00-z-b7ad6b7169203331-01", false),
        ("00-zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-b7ad6b7169203331-01", false),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
        ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false),
    ])
    func `a trace is continued only if its ids are valid`(_ traceparent: String, _ isContinued: Bool) {
        var fields: HTTPFields = [:]
        TraceContext(continuing: ["traceparent": traceparent]).add(to: &fields)
        let trace = traceparent.split(separator: "-")[1]
        #expect(fields.first("traceparent")?.contains(trace) == isContinued)
    }

    @Test(arguments: ["100MB", "-1"])
    func `a limit of bodies that is not a number of bytes keeps the host from starting`(_ limit: String) async throws {
        let settings = #"{ "Values": { "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "\#(limit)" } }"#
        let files = Self.files.merging(["local.settings.json": settings]) { $1 }
        let error = await #expect(throws: (any Error).self) { _ = try await HostInProcess(files, handlerPort: 1) }
        #expect(
            error.map { "\($0)" }
                == "the app setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: must be a number of bytes, not "
                + "'\(limit)'")
    }

    @Test func `a save restarts a handler that has exited with 0`() async throws {
        let handler = try ScriptedHandler()
        let puppet = try Puppet()
        let host = try await HostInProcess(Self.files, handlerPort: handler.port, program: puppet.program)
        try await host.wait(for: "a ready handler") { if case .handlerReady = $0 { true } else { false } }
        try puppet.run("exit 0")
        try await host.waitForLine(containing: "exited with code 0, so the host does not restart it")
        try host.app.write(["g/function.json": TemporaryApp.httpFunction])
        try await host.wait(for: "the next process") { [host] _ in host.readyCount == 2 }
        try await host.stop()
        handler.stop()
    }

    @Test func `the handler restarts when a watched file changes`() async throws {
        let handler = try await PlayedHandler { _, connection in connection.respond(HTTPResponse(status: 204)) }
        let files = Self.files.merging(["data/deep/a.txt": "1", "f/special.txt": "1"]) { $1 }
        let host = try await HostInProcess(
            files, handlerPort: await handler.port,
            hostFile: #", "watchFiles": [ "Special.txt" ], "watchDirectories": [ "data" ]"#)
        for (number, file) in ["data/deep/a.txt", "f/special.txt", "data/new.txt"].enumerated() {
            try await host.wait(for: "a ready handler") { [host] _ in host.readyCount == number + 1 }
            try host.app.write([file: "22\(number)"])
            try await host.waitForLine(containing: "\(file) has changed: the handler is restarted")
        }
        try await host.wait(for: "a ready handler") { [host] _ in host.readyCount == 4 }
        try await host.stop()
        await handler.stop()
    }

    @Test func `a port of host json that another program has is a warning`() async throws {
        let server = try CannedServer(["/": CannedServer.response("404 Not Found")])
        let host = try await HostInProcess(Self.files, handlerPort: server.port)
        try await host.waitForLine(
            containing: "port \(server.port), which host.json gives to the handler, cannot be listened on")
        try await host.waitForLine(
            containing: "In Azure the host does not start then; here, calls go to the program that has the port")
        try await host.stop()
    }

    @Test func `the program of a server gets requests at the routes of host json`() async throws {
        let handler = try await PlayedHandler { request, connection in
            connection.respond(HTTPResponse(status: 200, text: request.target))
        }
        let host = try await HostInProcess(
            [:], handlerPort: await handler.port, hostFile: #", "configurationProfile": "mcp-custom-handler""#,
            options: #", "http": { "DefaultAuthorizationLevel": "anonymous" }"#)
        #expect(try await RawConnection.request("/mcp?a=1", port: host.port).text == "/mcp?a=1")
        #expect(try await host.end(of: "http-handler1").failure == nil)
        try await host.stop()
        await handler.stop()
    }
}
