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

    private static func build(_ source: String) async throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "luafunc-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let program = folder.appending(path: "handler")
        let go = Process()
        go.executableURL = URL(filePath: "/usr/bin/env")
        go.arguments = [
            "go", "build", "-o", program.path, Repository.root.appending(path: "Tests/Handlers/\(source)").path,
        ]
        go.environment = ProcessInfo.processInfo.environment.merging(["GOCACHE": folder.path]) { own, _ in own }
        let (exits, continuation) = AsyncStream<Int32>.makeStream()
        go.terminationHandler = {
            continuation.yield($0.terminationStatus)
            continuation.finish()
        }
        try go.start()
        for await status in exits { try #require(status == 0) }
        return program
    }

    private static func port(of process: LuafuncProcess) throws -> Int {
        let line = try #require(process.line(containing: "http://localhost:"))
        return try #require(line.firstMatch(of: #/http://localhost:(\d+)/#).flatMap { Int($0.1) })
    }

    // MARK: Handlers of the documentation

    @Test func `the documentation's order handler gets payloads, and its message reaches a queue`() async throws {
        let app = try TemporaryApp([
            "host.json": #"{ "version": "2.0", "extensionBundle": {} }"#, "order/function.json": Self.order,
        ])
        let program = try await Self.documented.value.path
        let process = try LuafuncProcess(
            ["start", "--port", "0", "--app", app.folder.path, "--", program], waits: false)
        let port = try Self.port(of: process)
        let reply = try RawConnection.request(
            "/api/order", port: port, headers: ["Content-Type": "application/json"], body: Array(#"{"id":7}"#.utf8))
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
            at: try await Self.documented.value, to: app.folder.appending(path: "handler"))
        let process = try LuafuncProcess(
            ["start", "--port", "0", "--app", app.folder.path, "--external"], waits: false)
        let port = try Self.port(of: process)
        #expect(try RawConnection.request("/api/hello", method: "GET", port: port).text == "hello world")
        let reply = try RawConnection.request(
            "/api/hello", port: port, headers: ["Content-Type": "application/json"],
            body: Array(#"{"name":"Ada"}"#.utf8))
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
        let documented = try await Self.documented.value.path
        let process = try LuafuncProcess(
            ["start", "--port", "0", "--app", app.folder.path, "--", program.path, documented], waits: false)
        #expect(process.waitForLine(containing: "is still being written"))
        try writer.close()
        #expect(process.waitForLine(containing: "Go server Listening on"))
    }

    @Test func `the host follows a redirect in an answer`() async throws {
        let app = try TemporaryApp([
            "host.json": #"{ "version": "2.0", "extensionBundle": {} }"#, "order/function.json": Self.order,
        ])
        let program = try await Self.unusual.value.path
        let process = try LuafuncProcess(
            ["start", "--port", "0", "--app", app.folder.path, "--", program], waits: false)
        #expect(try RawConnection.request("/api/order", port: try Self.port(of: process)).text == "by GET")
    }

    /// Such answers once ended the host itself.
    @Test(arguments: ["early", "negative"])
    func `a status that cannot be sent to a caller is a failure`(_ function: String) async throws {
        let app = try TemporaryApp([
            "host.json": #"{ "version": "2.0" }"#, "\(function)/function.json": TemporaryApp.httpFunction,
        ])
        let program = try await Self.unusual.value.path
        let process = try LuafuncProcess(
            ["start", "--port", "0", "--app", app.folder.path, "--", program], waits: false)
        let port = try Self.port(of: process)
        for _ in 0..<2 {
            #expect(try RawConnection.request("/api/\(function)", method: "GET", port: port).status == 500)
        }
        #expect(process.waitForLine(containing: "it must be a number from 200 to 999"))
    }

    @Test func `an incomplete answer exceeds the timeout`() async throws {
        let app = try TemporaryApp([
            "host.json": #"{ "version": "2.0", "functionTimeout": "00:00:01" }"#,
            "stalling/function.json": TemporaryApp.httpFunction,
        ])
        let program = try await Self.unusual.value.path
        let process = try LuafuncProcess(
            ["start", "--port", "0", "--app", app.folder.path, "--", program], waits: false)
        let port = try Self.port(of: process)
        #expect(try RawConnection.request("/api/stalling", method: "GET", port: port).status == 500)
        #expect(process.waitForLine(containing: "Timeout value of 1.0 seconds was exceeded"))
        #expect(process.waitForLine(containing: "the handler is killed and started again"))
    }

    // MARK: Life of the process

    private func start(_ words: [String], _ host: String = "") throws -> (LuafuncProcess, TemporaryApp) {
        let app = try TemporaryApp([
            "host.json": "{ \"version\": \"2.0\"\(host) }", "slow/function.json": TemporaryApp.httpFunction,
            "slow/handler.lua": "return function(data) require 'task'.sleep(60) end",
            "quick/function.json": TemporaryApp.httpFunction,
            "quick/handler.lua": "return function() return 'quick' end",
        ])
        return (
            try LuafuncProcess(
                ["start", "--port", "0", "--app", app.folder.path, "--"] + words, waits: false), app
        )
    }

    @Test func `the third crash stops the host`() async throws {
        let (process, app) = try start(["/bin/sh", "-c", "echo broken >&2; exit 3"])
        defer { withExtendedLifetime(app) {} }
        let end = await process.end()
        #expect(end.code == 1)
        #expect(
            end.output.split(separator: "\n").filter { $0.contains("exited with code 3; it is started again") }.count
                == 2)
        #expect(end.output.contains("broken"))
        #expect(end.errors.contains("exited with code 3, the third time. Exceeded http worker restart retry count"))
    }

    @Test func `a handler that exits with 0 is not restarted, and invocations fail`() async throws {
        let (process, app) = try start(["/bin/sh", "-c", "exit 0"])
        defer { withExtendedLifetime(app) {} }
        let port = try Self.port(of: process)
        #expect(process.waitForLine(containing: "exited with code 0, so the host does not start it again"))
        // This includes a request that arrived before the handler could answer.
        #expect(try RawConnection.request("/api/quick", method: "GET", port: port).status == 500)
        #expect(process.waitForLine(containing: "there is no handler: '/bin/sh' exited with code 0"))
        process.send(signal: SIGTERM)
        #expect(await process.end().code == 0)
    }

    @Test func `a save restarts a handler that has exited with 0`() async throws {
        let (process, app) = try start(["/bin/sh", "-c", "test -f ready || exit 0; echo it is back; exec sleep 60"])
        #expect(process.waitForLine(containing: "exited with code 0, so the host does not start it again"))
        try app.write(["ready": ""])
        try app.write(["host.json": #"{ "version": "2.0", "functionTimeout": "00:01:00" }"#])
        #expect(process.waitForLine(containing: "it is back"))
        process.send(signal: SIGTERM)
        #expect(await process.end().code == 0)
    }

    @Test func `a missing program is reported`() async throws {
        let (process, app) = try start(["./no-such-handler"])
        defer { withExtendedLifetime(app) {} }
        let end = await process.end()
        #expect(end.code == 1 && end.errors.contains("'./no-such-handler' cannot be started"))
    }

    @Test func `an invocation that takes too long fails, and the handler is restarted`() async throws {
        let (process, app) = try start(
            [Repository.luafunc.path, "serve", "--time-limit", "1h"], ", \"functionTimeout\": \"00:00:01\"")
        defer { withExtendedLifetime(app) {} }
        let port = try Self.port(of: process)
        let reply = try RawConnection.request("/api/slow", method: "GET", port: port)
        #expect(reply.status == 500 && reply.body.isEmpty)
        #expect(process.waitForLine(containing: "Timeout value of 1.0 seconds was exceeded"))
        #expect(process.waitForLine(containing: "the handler is killed and started again"))
        #expect(process.waitForLine(containing: "luafunc 0.1.0: serving"))
        #expect(try RawConnection.request("/api/quick", method: "GET", port: port).text == "quick")
    }

    @Test func `a change of function.json restarts the handler`() async throws {
        let (process, app) = try start([Repository.luafunc.path, "serve"])
        let port = try Self.port(of: process)
        #expect(try RawConnection.request("/api/quick", method: "GET", port: port).text == "quick")
        try app.write([
            "quick/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger", "route": "faster" }, { "name": "res", "type": "http", "direction": "out" } ] }
            """
        ])
        #expect(process.waitForLine(containing: "the handler is started again"))
        #expect(process.waitForLine(containing: "luafunc 0.1.0: serving"))
        #expect(try RawConnection.request("/api/faster", method: "GET", port: port).text == "quick")
    }
}
