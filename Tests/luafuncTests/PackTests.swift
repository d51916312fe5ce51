import Foundation
import TestSupport
import Testing

/// `luafunc check` and `luafunc pack` as a user runs them.
@Suite struct PackTests {
    private static let files = [
        "functions/hello/function.json": TemporaryApp.httpFunction,
        "functions/hello/handler.lua": "return function(data) return require 'greet'(data.req:query 'name') end",
        "functions/hello/hello_test.lua": "",
        "lib/greet.lua": "return function(name) return 'hello ' .. name end",
        "local.settings.json": "{}",
        "host.json": #"{ "version": "2.0", "customHandler": { "enableForwardingHttpRequest": true } }"#,
    ]

    private func run(_ arguments: [String]) async throws -> (code: Int32, output: String, errors: String) {
        try await LuafuncProcess(arguments, waits: false).end()
    }

    // MARK: check

    @Test func `check reports no problems for a correct app`() async throws {
        let app = try TemporaryApp(Self.files)
        let end = try await run(["check", "--app", app.folder.path])
        #expect(end.code == 0 && end.output == "1 function, no problems found\n" && end.errors.isEmpty)
    }

    @Test func `every problem is reported with its place`() async throws {
        let app = try TemporaryApp(
            Self.files.merging([
                "functions/a/function.json": #"{ "bindings": [] }"#, "functions/a/handler.lua": "",
                "functions/b/function.json": TemporaryApp.httpFunction,
                "functions/b/handler.lua": "return function()\n  local\nend",
                "functions/c/function.json":
                    #"{ "bindings": [ { "name": "msg", "type": "queueTrigger" } ], "entrypoint": "" }"#,
                "functions/c/handler.lua": "return function() end",
                "functions/d/function.json": TemporaryApp.httpFunction,
                "functions/d/handler.lua": "local settings = json.decode '{}'\nreturn function() end",
            ]) { $1 })
        let end = try await run(["check", "--app", app.folder.path])
        #expect(end.code == 1 && end.errors.isEmpty && end.output.hasSuffix("\n5 functions, 4 errors, 2 warnings\n"))
        let lines = CheckOutput.sentences(end.output).split(separator: "\n")
        #expect(lines.count == 6)
        #expect(
            lines.contains(
                "functions/d/handler.lua:1: there is no global 'json', so its use fails; write local json = require \"json\""
            ))
        #expect(
            lines.contains(
                "functions/c/function.json:1: binding 'msg': has no \"queueName\"; the type 'queueTrigger' needs it"))
        #expect(
            lines.contains {
                $0.hasPrefix("warn  functions/c/function.json:1: \"entrypoint\" is not a known setting")
            })
        #expect(lines.contains { $0.hasPrefix("warn  host.json: has no \"extensionBundle\"") })
        #expect(lines.contains { $0.hasPrefix("functions/a/function.json:1: ") })
        #expect(lines.contains { $0.hasPrefix("functions/b/handler.lua:3: ") })
    }

    @Test func `check exits with 65 if the app cannot be read`() async throws {
        let end = try await run(["check", "--app", "/nowhere"])
        #expect(end.code == 65 && end.errors.hasPrefix("luafunc: /nowhere: is not a folder that can be read"))
    }

    // MARK: pack

    @Test func `a packed folder has the flat layout and serves`() async throws {
        let app = try TemporaryApp(Self.files)
        let output = app.folder.appending(path: "out")
        let end = try await run(["pack", "--app", app.folder.path, "--output", output.path])
        #expect(end.code == 0 && end.output.contains("func azure functionapp publish APP"))
        let names = try FileManager.default.subpathsOfDirectory(atPath: output.path).sorted()
        #expect(
            names == [
                "hello", "hello/function.json", "hello/handler.lua", "host.json", "lib", "lib/greet.lua", "luafunc",
            ])
        let server = try LuafuncProcess(["serve", "--port", "0", "--app", output.path])
        #expect(try server.request("/api/hello?name=Ada").text == "hello Ada")
    }

    @Test func `the same app makes the same zip file`() async throws {
        let app = try TemporaryApp(Self.files)
        let zip = app.folder.appending(path: "app.zip")
        let arguments = ["pack", "--app", app.folder.path, "--zip", zip.path, "--runtime", "/bin/true"]
        let end = try await run(arguments)
        #expect(end.code == 0 && end.output.contains("az functionapp deployment source config-zip"))
        #expect(end.output.contains("the runtime needs shared libraries"))
        let first = try Data(contentsOf: zip)
        #expect(try await run(arguments).code == 0)
        #expect(try Data(contentsOf: zip) == first && first.starts(with: Data("PK".utf8)))
    }

    @Test func `one file serves its app from any folder and lists its content`() async throws {
        let app = try TemporaryApp(Self.files)
        let elsewhere = try TemporaryApp([:])
        let program = elsewhere.folder.appending(path: "myapp")
        let packed = try await run(["pack", "--app", app.folder.path, "--executable", program.path])
        #expect(packed.code == 0 && !packed.output.contains("fires the triggers"))
        let list = try await run(["pack", "--list", program.path])
        #expect(list.output.contains("hello/handler.lua") && !list.output.contains("hello_test.lua"))
        let server = try LuafuncProcess(["serve", "--port", "0"], folder: elsewhere.folder, program: program)
        #expect(try server.request("/api/hello?name=Ada").text == "hello Ada")
        let hosted = try LuafuncProcess(
            [], environment: ["FUNCTIONS_CUSTOMHANDLER_PORT": "0", "FUNCTIONS_APP_ROOT_PATH": elsewhere.folder.path],
            folder: elsewhere.folder, program: program)
        #expect(try hosted.request("/api/hello?name=Bob").text == "hello Bob")
        let host = try LuafuncProcess(
            ["start", "--port", "0"], folder: elsewhere.folder, program: program, waits: false)
        #expect(host.waitForLine(containing: "/api/hello"))
        try app.write(["functions/hello/handler.lua": "return function() return 'from the folder' end"])
        let folder = try LuafuncProcess(
            ["serve", "--port", "0", "--app", app.folder.path], folder: elsewhere.folder, program: program)
        #expect(try folder.request("/api/hello").text == "from the folder")
    }

    @Test func `packing one file names the functions whose triggers do not fire`() async throws {
        let app = try TemporaryApp(
            Self.files.merging([
                "functions/tick/function.json":
                    #"{ "bindings": [ { "name": "timer", "type": "timerTrigger", "schedule": "0 0 * * * *" } ] }"#,
                "functions/tick/handler.lua": "return function() end",
            ]) { $1 })
        let program = app.folder.appending(path: "myapp").path
        let end = try await run(["pack", "--app", app.folder.path, "--executable", program])
        #expect(end.output.contains("or '\(program) start' fires the triggers of tick; 'serve' answers only requests"))
    }

    @Test func `a truncated program reports the damage`() async throws {
        let app = try TemporaryApp(Self.files)
        let program = app.folder.appending(path: "myapp")
        #expect(try await run(["pack", "--app", app.folder.path, "--executable", program.path]).code == 0)
        let file = try FileHandle(forWritingTo: program)
        try file.truncate(atOffset: try file.seekToEnd() - 10)
        try file.close()
        let end = try await LuafuncProcess([], folder: app.folder, program: program, waits: false).end()
        #expect(end.code == 65 && end.errors.contains("is damaged: it was cut off or changed"))
    }

    @Test func `an app with a broken function is not packed`() async throws {
        let app = try TemporaryApp(Self.files.merging(["functions/hello/handler.lua": "return ("]) { $1 })
        let zip = app.folder.appending(path: "app.zip")
        let end = try await run(["pack", "--app", app.folder.path, "--zip", zip.path])
        #expect(end.code == 65 && end.errors.hasPrefix("functions/hello/handler.lua:1: "))
        #expect(end.errors.hasSuffix("nothing was packed; fix this first\n"))
        #expect(!FileManager.default.fileExists(atPath: zip.path))
    }
}
