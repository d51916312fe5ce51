import Foundation
import TestSupport
import Testing

/// An app with the profile of MCP servers, which one script without a function.json answers.
@Suite struct ServerAppTests {
    private static func host(_ more: String = "") -> String {
        #"{ "version": "2.0", "configurationProfile": "mcp-custom-handler", "customHandler": { \#(more) } }"#
    }

    private static let handler = """
        return function(data)
          local req = data.req
          return { statusCode = 200, body = table.concat({ req.Method, req.Url, req:header("origin") or "-" }, " ") }
        end
        """
    private static let routes = """
        "http": { "routes": [ { "route": ".well-known/{*rest}", "authorizationLevel": "anonymous" }, { "route": "mcp" } ] }
        """

    private func run(_ words: [String], in folder: URL? = nil) async throws -> (
        code: Int32, output: String, errors: String
    ) {
        await (try LuafuncProcess(words, folder: folder, waits: false)).end()
    }

    @Test(arguments: ["functions/mcp", "mcp"])
    func `the script is served when it appears, and reloaded`(_ folder: String) throws {
        let files = ["host.json": Self.host(), "\(folder)/text.lua": "return 'one'"]
        let served = try ServedApp(
            try TemporaryApp(files), waitFor: "there is no functions/mcp/handler.lua", loads: false)
        #expect(try served.request("/mcp").status == 404)
        let handler = "local text = require 'text' return function() return text end"
        #expect(
            try served.save(["\(folder)/handler.lua": handler], path: "/any/path", waitFor: "added mcp") == "one")
        #expect(try served.save(["\(folder)/text.lua": "return 'two'"], path: "/", waitFor: "reloaded mcp") != "two")
        #expect(try served.request("/mcp").text == "two")
        try FileManager.default.removeItem(at: served.app.folder.appending(path: "\(folder)/handler.lua"))
        #expect(served.process.waitForErrorLine(containing: "mcp keeps its previous version"))
        #expect(try served.request("/mcp").text == "two")
        // The routes of host.json are the function's definition.
        let narrow = Self.host(#""http": { "routes": [ { "route": "only" } ] }"#)
        #expect(
            try served.save(
                ["host.json": narrow, "\(folder)/handler.lua": handler], path: "/only", waitFor: "reloaded mcp")
                == "two")
    }

    @Test func `an app becomes a server, and back, while it is served`() throws {
        let served = try ServedApp(["functions/mcp/handler.lua": "return function() return 'server' end"])
        try served.app.write(["host.json": Self.host()], isAtomic: true)
        #expect(
            served.process.waitForErrorLine(
                containing: "does not start with both \"routes\" and a function.json, as 'f'"))
        #expect(try served.request("/api/f").text == "one first")
        let function = served.app.folder.appending(path: "functions/f/function.json")
        try FileManager.default.removeItem(at: function)
        #expect(served.process.waitForLine(containing: "added mcp"))
        #expect(try served.request("/api/f").text == "server")
        try served.app.write(["host.json": ServedApp.host()], isAtomic: true)
        #expect(served.process.waitForLine(containing: "removed mcp"))
        #expect(
            try served.save(["functions/f/function.json": TemporaryApp.httpFunction], waitFor: "added f") == "one first"
        )
    }

    @Test func `start has the routes and levels of host json, and passes on who calls`() throws {
        let app = try StartedApp(
            ["host.json": Self.host(Self.routes), "functions/mcp/handler.lua": Self.handler], ["--auth"])
        let key = try #require(app.process.line(containing: "opens everything: ")?.split(separator: " ").last)
        let address = "http://127.0.0.1:\(app.port)"
        #expect(try app.request("/mcp", method: "POST").status == 401)
        let reply = try app.request(
            "/mcp", method: "DELETE", headers: ["x-functions-key": String(key), "Origin": "http://a.example"])
        #expect(reply.text == "DELETE \(address)/mcp http://a.example")
        #expect(try app.request("/.well-known/a/b").text == "GET \(address)/.well-known/a/b -")
        #expect(try app.request("/other").status == 404)
        let listed = try app.request("/admin/functions", headers: ["x-functions-key": String(key)]).text
        #expect(listed.contains(#""authLevel":"anonymous","route":".well-known/{*rest}""#))
    }

    @Test func `start gives the handler a key for the state of requests, another at each run`() throws {
        let files = [
            "host.json": Self.host(),
            "functions/mcp/handler.lua": "return function() return os.getenv 'MCP_STATE_KEY' end",
        ]
        let keys = try (0..<2).map { _ in try StartedApp(files).request("/mcp").text }
        #expect(keys.allSatisfy { $0.count == 64 } && keys[0] != keys[1])
        let own = try StartedApp(files, environment: ["MCP_STATE_KEY": "own"])
        #expect(try own.request("/mcp").text == "own")
    }

    @Test func `the port in host json is the handler's, also where the host says another`() async throws {
        // Nobody else on this machine asks for a port below the range that the system assigns.
        let port = Int.random(in: 15_000..<20_000)
        let app = try TemporaryApp([
            "host.json": Self.host(#""port": \#(port)"#), "functions/mcp/handler.lua": Self.handler,
        ])
        let served = try LuafuncProcess(
            ["serve", "--app", app.folder.path], environment: ["FUNCTIONS_CUSTOMHANDLER_PORT": "9"])
        #expect(served.port == port)
        let option = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path])
        #expect(option.port != port)
        served.send(signal: SIGKILL)
        _ = await served.end()
        let started = try StartedApp(app)
        #expect(try started.request("/mcp").text == "GET http://127.0.0.1:\(started.port)/mcp -")
        let reply = try RawConnection.request("/mcp", method: "GET", port: port, headers: [:], body: [])
        #expect(reply.status == 403 && reply.text.contains("Only luafunc start may use this port"))
    }

    @Test func `check, test, invoke, types and pack know the function`() async throws {
        let app = try TemporaryApp([
            "host.json": Self.host(#""description": { "defaultExecutablePath": "luafunc" }, \#(Self.routes)"#),
            "functions/mcp/handler.lua": Self.handler, "functions/mcp/more/x.lua": "return 1",
            "functions/mcp/mcp_test.lua": """
            test("answers", function()
              local r = invoke("mcp", { method = "POST", url = "/mcp", body = "{}" })
              expect(r.response.body):matches("^POST http://[^/]+/mcp %-$")
            end)
            """,
        ])
        #expect(try await run(["check", "--strict"], in: app.folder) == (0, "1 function, no problems found\n", ""))
        #expect(try await run(["test"], in: app.folder).code == 0)
        let invoked = try await run(["invoke", "mcp", "--path", "/mcp"], in: app.folder)
        #expect(invoked.output.contains("GET http://localhost:7071/mcp -"))
        #expect(try await run(["types"], in: app.folder).code == 0)
        let types = try String(contentsOf: app.folder.appending(path: ".luafunc/types/functions.lua"), encoding: .utf8)
        #expect(types.contains("---The inputs in host.json.\n---@class mcp.data\n---@field req luafunc.Request"))
        for _ in 0..<2 { #expect(try await run(["pack", "--output", "out"], in: app.folder).code == 0) }
        let packed = try await run(["pack", "--executable", "program"], in: app.folder)
        #expect(packed.output.hasPrefix("functions\n  mcp/handler.lua "))
        let flat = try await run(["check", "--app", "out"], in: app.folder)
        #expect(flat == (0, "1 function, no problems found\n", ""))
        let program = try LuafuncProcess(
            ["serve", "--port", "0"], program: app.folder.appending(path: "program"))
        #expect(try program.request("/mcp").text == "GET http://127.0.0.1:\(program.port)/mcp -")
        #expect(try program.request("/other").status == 404)
    }
}
