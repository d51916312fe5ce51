import Foundation
import TestSupport
import Testing

/// Tests `luafunc start` with other custom handlers (host-contract §§1-4).
@Suite struct ExternalHandlerTests {
    private static let order = """
        { "bindings": [ { "name": "req", "type": "httpTrigger", "methods": ["post"] },
                        { "name": "message", "type": "queue", "queueName": "orders", "direction": "out", "connection": "" },
                        { "name": "res", "type": "http", "direction": "out" } ] }
        """

    /// The documentation's Go handler, built once.
    private static let documented = Task { try await build("documentation.go") }

    private static let unusual = Task { try await build("answers.go") }

    /// The folder of the program "handler".
    private static func build(_ source: String) async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let go = Process()
        go.executableURL = URL(filePath: "/usr/bin/env")
        go.arguments = [
            "go", "build", "-o", folder("handler"), Repository.root.appending(path: "Tests/Handlers/\(source)").path,
        ]
        go.environment = ProcessInfo.processInfo.environment.merging(["GOCACHE": folder.path]) { own, _ in own }
        let (exits, continuation) = AsyncStream<Int32>.makeStream()
        go.terminationHandler = {
            continuation.yield($0.terminationStatus)
            continuation.finish()
        }
        try go.start()
        for await status in exits { try #require(status == 0) }
        return folder
    }

    // MARK: Handlers of the documentation

    @Test func `the documentation's order handler gets payloads, and its message reaches a queue`() async throws {
        let app = try TemporaryApp([
            "host.json": #"{ "version": "2.0", "extensionBundle": {} }"#, "order/function.json": Self.order,
        ])
        let program = try await Self.documented.value("handler")
        let process = try StartedApp(app, ["--", program]).process
        let reply = try process.request(
            "/api/order", method: "POST", headers: ["Content-Type": "application/json"], body: #"{"id":7}"#.utf8)
        #expect(reply.status == 200 && reply.text == "Order enqueued")
        #expect(process.line(containing: "  order ")?.contains("→ queue orders") == true)
        // The message looks like JSON, so the host reformats it and warns about that.
        #expect(process.waitForLine(containing: "warn  output 'message'"))
        let queue = app.folder.appending(path: ".luafunc/queues/orders")
        let file = try #require(try FileManager.default.contentsOfDirectory(atPath: queue.path).first)
        #expect(
            try String(contentsOf: queue.appending(path: file), encoding: .utf8)
                .contains(#""text": "{\n  \"id\": 7\n}""#))
    }

    @Test func `the documentation's hello handler gets the callers' own requests`()
        async throws
    {
        let app = try TemporaryApp([
            "host.json": """
            { "version": "2.0",
              "customHandler": { "description": { "defaultExecutablePath": "handler" }, "enableForwardingHttpRequest": true } }
            """,
            "hello/function.json": TemporaryApp.httpFunction,
        ])
        try FileManager.default.copyItem(
            atPath: try await Self.documented.value("handler"), toPath: app.folder.appending(path: "handler").path)
        let process = try StartedApp(app, ["--external"]).process
        #expect(try process.request("/api/hello").text == "hello world")
        let reply = try process.request(
            "/api/hello", method: "POST", headers: ["Content-Type": "application/json"], body: #"{"name":"Ada"}"#.utf8)
        #expect(reply.text == "hello Ada" && reply.headers["content-type"] == "application/json")
        #expect(process.waitForLine(containing: "Go server Listening on"))
    }

    @Test func `a program that is still being written is started once it is complete`() async throws {
        let app = try TemporaryApp([
            "host.json": #"{ "version": "2.0" }"#, "hello/function.json": TemporaryApp.httpFunction,
            "handler": "#!/bin/sh\nexec \"$@\"\n",
        ])
        let program = app.folder.appending(path: "handler")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
        let writer = try FileHandle(forUpdating: program)
        let documented = try await Self.documented.value("handler")
        let process = try StartedApp(app, ["--", program.path, documented], waits: false).process
        #expect(process.waitForLine(containing: "is still being written"))
        try writer.close()
        #expect(process.waitForLine(containing: "Go server Listening on"))
    }

    @Test func `the host follows a redirect in an answer`() async throws {
        let app = try TemporaryApp([
            "host.json": #"{ "version": "2.0", "extensionBundle": {} }"#, "order/function.json": Self.order,
        ])
        let program = try await Self.unusual.value("handler")
        let process = try StartedApp(app, ["--", program]).process
        #expect(try process.request("/api/order", method: "POST").text == "by GET")
    }

    /// Such answers once ended the host itself.
    @Test(arguments: ["early", "negative"])
    func `a status that cannot be sent to a caller is a 500`(_ function: String) async throws {
        let app = try TemporaryApp([
            "host.json": #"{ "version": "2.0" }"#, "\(function)/function.json": TemporaryApp.httpFunction,
        ])
        let program = try await Self.unusual.value("handler")
        let process = try StartedApp(app, ["--", program]).process
        for _ in 0..<2 {
            #expect(try process.request("/api/\(function)").status == 500)
        }
        #expect(process.waitForLine(containing: "send a status from 200 to 599"))
    }

    @Test func `an incomplete answer exceeds the timeout`() async throws {
        let app = try TemporaryApp([
            "host.json": #"{ "version": "2.0", "functionTimeout": "00:00:01" }"#,
            "stalling/function.json": TemporaryApp.httpFunction,
        ])
        let program = try await Self.unusual.value("handler")
        let process = try StartedApp(app, ["--", program]).process
        #expect(try process.request("/api/stalling").status == 500)
        #expect(process.waitForLine(containing: "Timeout value of 1.0 seconds exceeded"))
        #expect(process.waitForLine(containing: "the handler is killed and restarted"))
    }

    // MARK: Life of the process

    private func start(_ words: [String], _ host: String = "", waits: Bool = false) throws -> StartedApp {
        let app = try TemporaryApp([
            "host.json": "{ \"version\": \"2.0\"\(host) }", "slow/function.json": TemporaryApp.httpFunction,
            "slow/handler.lua": "return function(data) require 'task'.sleep(60) end",
            "quick/function.json": TemporaryApp.httpFunction,
            "quick/handler.lua": "return function() return 'quick' end",
        ])
        return try StartedApp(app, ["--"] + words, waits: waits)
    }

    @Test func `the third crash stops the host`() async throws {
        let host = try start(["/bin/sh", "-c", "echo broken >&2; exit 3"])
        defer { withExtendedLifetime(host) {} }
        let end = await host.process.end()
        #expect(end.code == 1)
        #expect(
            end.output.split(separator: "\n").filter { $0.contains("exited with code 3: broken; it is restarted") }
                .count
                == 2)
        #expect(end.output.contains("broken"))
        #expect(
            end.errors.contains("exited with code 3: broken, the third time. Exceeded http worker restart retry count"))
    }

    @Test func `a handler that exits with 0 before it listens has crashed, unless a save restarts it`() async throws {
        let host = try start(["/bin/sh", "-c", "test -f ready || exit 0; echo it is back; exec sleep 60"])
        #expect(host.process.waitForLine(containing: "exited with code 0 before it listened on port"))
        try host.app.write(["ready": ""])
        try host.app.write(["host.json": #"{ "version": "2.0", "functionTimeout": "00:01:00" }"#])
        #expect(host.process.waitForLine(containing: "it is back"))
        host.process.send(signal: SIGTERM)
        #expect(await host.process.end().code == 0)
    }

    @Test func `a missing program is reported`() async throws {
        let host = try start(["./no-such-handler"])
        defer { withExtendedLifetime(host) {} }
        let end = await host.process.end()
        #expect(end.code == 1 && end.errors.contains("'./no-such-handler' cannot be started"))
    }

    @Test func `an invocation that takes too long fails, and the handler is restarted`() async throws {
        let host = try start(
            [Repository.luafunc.path, "serve", "--time-limit", "1h"], #", "functionTimeout": "00:00:01""#, waits: true)
        let process = host.process
        defer { withExtendedLifetime(host) {} }
        let reply = try process.request("/api/slow")
        #expect(reply.status == 500 && reply.body.isEmpty)
        #expect(process.waitForLine(containing: "Timeout value of 1.0 seconds exceeded"))
        #expect(process.waitForLine(containing: "the handler is killed and restarted"))
        #expect(process.waitForLine(containing: "luafunc 0.1.0: serving"))
        #expect(try process.request("/api/quick").text == "quick")
    }

    @Test func `a change of function.json restarts the handler`() async throws {
        let host = try start([Repository.luafunc.path, "serve"], waits: true)
        let process = host.process
        #expect(try process.request("/api/quick").text == "quick")
        try host.app.write([
            "quick/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger", "route": "faster" }, { "name": "res", "type": "http", "direction": "out" } ] }
            """
        ])
        #expect(process.waitForLine(containing: "the handler is restarted"))
        #expect(process.waitForLine(containing: "luafunc 0.1.0: serving"))
        #expect(try process.request("/api/faster").text == "quick")
    }
}
