import Foundation
import JSON
import TestSupport
import Testing

/// How the program starts, logs and ends.
@Suite struct ProcessTests {
    private func app() throws -> TemporaryApp {
        try TemporaryApp([
            "host.json": #"{ "version": "2.0", "extensionBundle": {} }"#,
            "functions/log/function.json": TemporaryApp.queueFunction,
            "functions/log/handler.lua": """
            local log = require "log"
            return function() print("out") log.debug("detail") log.warn("careful") log.error("bad") end
            """,
        ])
    }

    private func invoke(_ server: LuafuncProcess, _ name: String) throws -> HTTPReply {
        try server.invoke(name, #"{"Data":{}}"#.utf8)
    }

    @Test func `the host starts it without arguments, and it serves on the host's port`() async throws {
        let app = try app()
        let server = try LuafuncProcess(
            [], environment: ["FUNCTIONS_CUSTOMHANDLER_PORT": "0", "FUNCTIONS_APP_ROOT_PATH": app.folder.path])
        #expect(try invoke(server, "log").status == 200)
        server.send(signal: SIGTERM)
        #expect(await server.end().code == 143)
    }

    @Test func `the older name of the port and arguments without a command work too`() async throws {
        let app = try app()
        let server = try LuafuncProcess(
            ["--threads", "1"], environment: ["FUNCTIONS_HTTPWORKER_PORT": "0"], folder: app.folder)
        #expect(try invoke(server, "log").status == 200)
        server.send(signal: SIGINT)
        #expect(await server.end().code == 143)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `it exits with 0 when it is stopped by hand`(_ signal: Int32) async throws {
        let app = try app()
        let server = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path])
        server.send(signal: signal)
        let end = await server.end()
        #expect(end.code == 0 && end.errors.isEmpty)
    }

    @Test func `a script that loads forever does not delay the end`() async throws {
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction, "functions/f/handler.lua": "while true do end",
        ])
        let server = try LuafuncProcess(["serve", "--port", "0", "--watch", "--app", app.folder.path])
        server.send(signal: SIGTERM)
        #expect(await server.end().code == 0)
    }

    @Test func `running invocations finish when it is stopped`() async throws {
        let app = try TemporaryApp([
            "functions/slow/function.json": TemporaryApp.httpFunction,
            "functions/slow/handler.lua":
                "return function() print 'begun' require('task').sleep(0.3) return 'finished' end",
        ])
        let server = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path])
        let connection = try RawConnection(port: server.port)
        connection.send("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n{\"Data\":{}}")
        #expect(server.waitForLine(containing: "begun"))
        server.send(signal: SIGTERM)
        #expect(connection.response()?.text.contains("finished") == true)
        #expect(await server.end().code == 0)
        #expect(throws: RawConnection.Refused.self) { try RawConnection(port: server.port) }
    }

    @Test func `a second signal does not wait for running invocations`() async throws {
        let app = try TemporaryApp([
            "functions/slow/function.json": TemporaryApp.httpFunction,
            "functions/slow/handler.lua": "return function() print 'begun' require('task').sleep(600) end",
        ])
        let server = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path])
        let idle = try RawConnection(port: server.port)
        idle.send("GET /none HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(idle.response()?.status == 404)
        let connection = try RawConnection(port: server.port)
        connection.send("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n{\"Data\":{}}")
        #expect(server.waitForLine(containing: "begun"))
        server.send(signal: SIGTERM)
        // The first signal closes idle connections.
        #expect(idle.rest().isEmpty)
        server.send(signal: SIGTERM)
        #expect(await server.end().code == 0)
        #expect(connection.response() == nil)
    }

    @Test(arguments: [[:], ["FUNCTIONS_CUSTOMHANDLER_PORT": "0"]])
    func `the end of standard input ends it, if the option is set`(_ environment: [String: String]) async throws {
        let app = try app()
        let server = try LuafuncProcess(
            ["serve", "--port", "0", "--until-stdin-ends", "--app", app.folder.path], environment: environment)
        server.endInput()
        #expect(await server.end().code == (environment.isEmpty ? 0 : 143))
        let other = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path])
        other.endInput()
        #expect(try invoke(other, "log").status == 200)
    }

    @Test func `a stalled reader of the log delays no call and is told what it missed`() async throws {
        let app = try TemporaryApp([
            "functions/much/function.json": TemporaryApp.queueFunction,
            "functions/much/handler.lua": "return function() for i = 1, 1000 do print(('x'):rep(1000)) end end",
        ])
        let server = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path])
        // No one reads these four megabytes.
        for _ in 0..<4 { #expect(try invoke(server, "much").status == 200) }
        // Now a reader continues.
        Thread.detachNewThread { while server.line() != nil {} }
        #expect(
            server.waitForErrorLine(containing: " log lines were dropped: the reader of luafunc's output is too slow"))
        #expect(try invoke(server, "much").status == 200)
        server.send(signal: SIGTERM)
        #expect(await server.end().code == 0)
    }

    /// A task that leaves its loop would run on a thread of Dispatch, which has the same name as the main thread: the
    /// program's.
    @Test func `only its own threads run`() throws {
        let app = try app()
        try app.write([
            "functions/calls/function.json": TemporaryApp.queueFunction,
            "functions/calls/handler.lua": """
            local http, task = require "http", require "task"
            return function(data)
              task.all { function() task.sleep(0.001) end, function() http.get(data.msg, { timeout = 1 }) end }
            end
            """,
        ])
        let server = try LuafuncProcess(["serve", "--port", "0", "--threads", "2", "--watch", "--app", app.folder.path])
        let body = #"{"Data":{"msg":"http://localhost:\#(server.port)/log"}}"#
        for _ in 0..<4 {
            let reply = try server.invoke("calls", body.utf8)
            #expect(reply.status == 200 && reply.text == "{}")
        }
        let host = try LuafuncProcess(["start", "--port", "0", "--app", app.folder.path])
        for process in [server, host] {
            var names = try process.threadNames()
            #expect(names.contains("log"))
            names.removeAll {
                ["log", "loop", "reload", "resolver", "folder look", "tls roots", "app", "reaper"].contains($0)
            }
            #expect(names == ["luafunc"])
        }
    }

    @Test func `it listens on the address of a host name`() throws {
        let app = try app()
        let server = try LuafuncProcess(["serve", "--port", "0", "--bind", "localhost", "--app", app.folder.path])
        #expect(server.port > 0)
    }

    @Test func `functions are listed, broken ones with file and reason`() async throws {
        let app = try app()
        try app.write([
            "functions/broken/function.json": TemporaryApp.queueFunction, "functions/broken/handler.lua": "return =",
            "functions/odd/function.json": "{",
        ])
        let server = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path])
        #expect(server.waitForLine(containing: "log: queueTrigger  POST /log"))
        #expect(
            server.waitForErrorLine(
                containing: "error broken: functions/broken/handler.lua:1: unexpected symbol near '='"))
        #expect(
            server.waitForErrorLine(
                containing: "error odd: functions/odd/function.json:1: is not JSON: line 1, column 2:"))
    }

    @Test func `a call of a script that does not load is logged with its id`()
        async throws
    {
        let app = try TemporaryApp([
            "functions/broken/function.json": TemporaryApp.httpFunction,
            "functions/broken/handler.lua": "error 'at load'",
            "functions/marked/function.json": TemporaryApp.httpFunction,
            "functions/marked/handler.lua": "\u{FEFF}return function() return 'read' end",
        ])
        let server = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path])
        let payload =
            #"{ "Data": { "req": { "Method": "GET", "Url": "http://x/", "Headers": {}, "Query": {} } }, "Metadata": {} }"#
        #expect(try server.request("/marked", method: "POST", body: payload.utf8).text.contains("read"))
        for id in ["first-call", "second-call"] {
            let reply = try server.request(
                "/broken", method: "POST", headers: ["X-Azure-Functions-InvocationId": id], body: payload.utf8)
            #expect(reply.status == 500)
            #expect(server.waitForErrorLine(containing: "error broken \(id): functions/broken/handler.lua:1: at load"))
        }
    }

    @Test func `a port in use is one line and exit code 69`() async throws {
        let app = try app()
        let first = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path])
        let second = try LuafuncProcess(["serve", "--port", "\(first.port)", "--app", app.folder.path], waits: false)
        let end = await second.end()
        #expect(end.code == 69 && end.errors.split(separator: "\n").count == 1)
        #expect(end.errors.hasPrefix("luafunc: cannot listen on 127.0.0.1:\(first.port): "))
    }

    @Test func `an app that cannot be read is one line and exit code 65`() async throws {
        let server = try LuafuncProcess(["serve", "--port", "0", "--app", "/nowhere"], waits: false)
        let end = await server.end()
        #expect(
            end.code == 65
                && end.errors == "luafunc: /nowhere: is not a folder that can be read; name the app with --app\n")
    }

    @Test func `a host.json that the host refuses is one line and exit code 65`() async throws {
        let app = try TemporaryApp(["host.json": "{ \"version\": \"1.0\" }"])
        let end = await
            (try LuafuncProcess(
                [], environment: ["FUNCTIONS_CUSTOMHANDLER_PORT": "0"], folder: app.folder, waits: false)).end()
        #expect(end.code == 65 && end.errors == "luafunc: host.json:1: \"version\" must be the string \"2.0\"\n")
    }

    @Test(arguments: [
        (["serve"], "say which port to listen on: luafunc serve --port 8080"),
        (["serve", "--port", "x"], "The value 'x' is invalid for '--port <port>'"),
        (["serve", "--port", "70000"], "--port must be from 0 to 65535"),
        (["serve", "--port", "0", "--threads", "0"], "--threads must be from 1 to 1024"),
        (["serve", "--port", "0", "--memory-limit", "much"], "'much' is not a size such as 64MB"),
        (["serve", "--port", "0", "--time-limit", "soon"], "'soon' is not a time such as 10s"),
        (["serve", "--port", "0", "--body-limit", "8GB"], "--body-limit must be at most 2GB"),
        (
            ["frobnicate"],
            "there is no command 'frobnicate'; there are init, new, start, invoke, test, repl, check, types, mcp, pack"
        ),
        (["swerve"], "there is no command 'swerve'; did you mean 'serve'?"),
    ])
    func `wrong usage is reported and exits with 64`(_ arguments: [String], _ sentence: String) async throws {
        let end = await (try LuafuncProcess(arguments, waits: false)).end()
        #expect(end.code == 64 && end.errors.contains(sentence), "\(end.errors)")
    }

    private static func validApp() throws -> TemporaryApp {
        try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction, "functions/f/handler.lua": "return function() end",
        ])
    }

    /// The host takes code 0 for a handler that is in order, and does not start it again.
    @Test(arguments: [
        (["--help"], 64), (["serve", "--help"], 64), (["--version"], 64), (["check"], 64),
        (["completion", "bash"], 64), (["serve", "--port", "x"], 64), (["swerve"], 64), (["--app", "/nowhere"], 65),
    ])
    func `it never ends with code 0 under the host`(_ arguments: [String], _ code: Int) async throws {
        let app = try Self.validApp()
        let process = try LuafuncProcess(
            arguments, environment: ["FUNCTIONS_CUSTOMHANDLER_PORT": "0"], folder: app.folder, waits: false)
        let end = await process.end()
        #expect(Int(end.code) == code && !end.errors.isEmpty, "\(end)")
    }

    @Test func `the host's log says which arguments in host.json do not serve`() async throws {
        let app = try Self.validApp()
        let end = await
            (try LuafuncProcess(
                ["check"], environment: ["FUNCTIONS_HTTPWORKER_PORT": "0"], folder: app.folder, waits: false)).end()
        #expect(
            end.errors == """
                Error: FUNCTIONS_CUSTOMHANDLER_PORT is set, so the Functions host has started luafunc as its handler, \
                but 'luafunc check' does not serve; remove these words from "arguments" in "customHandler" of host.json
                See 'luafunc --help'.

                """)
    }

    @Test func `start does not end with code 0 either if it is the host's handler`() async throws {
        let app = try app()
        let host = try LuafuncProcess(
            ["start", "--port", "0", "--app", app.folder.path], environment: ["FUNCTIONS_CUSTOMHANDLER_PORT": "0"])
        host.send(signal: SIGTERM)
        #expect(await host.end().code == 143)
    }

    @Test func `without a command it prints help when started by hand`() async throws {
        let end = await (try LuafuncProcess([], waits: false)).end()
        #expect(end.code == 0 && end.output.contains("USAGE: luafunc <subcommand>"))
    }

    /// The names of the snapshots in Tests/luafuncTests/Snapshots. luafunc.txt is the help of the program.
    @Test(arguments: [
        "luafunc", "init", "new", "start", "invoke", "test", "repl", "check", "types", "pack", "serve", "completion",
        "mcp",
    ])
    func `help is the same as its snapshot`(_ command: String) async throws {
        let words = command == "luafunc" ? ["--help"] : [command, "--help"]
        let end = await (try LuafuncProcess(words, waits: false)).end()
        let snapshot = try String(
            contentsOf: Repository.root.appending(path: "Tests/luafuncTests/Snapshots/\(command).txt"), encoding: .utf8)
        #expect(end.output == snapshot && end.code == 0 && end.errors.isEmpty)
    }
}
