import Foundation
import JSON
import TestSupport
import Testing

/// `luafunc mcp list`, `call` and `inspect`, and what `luafunc start` shows of MCP servers.
@Suite struct MCPCommandTests {
    static let function = #"""
        { "bindings": [ { "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous", "route": "mcp" },
          { "type": "http", "direction": "out", "name": "res" } ] }
        """#

    static let handler = #"""
        local mcp = require "mcp"
        return mcp.server {
          name = "weather", version = "1.0", instructions = "Ask for one city.",
          tools = {
            forecast = {
              description = "The weather\27[31m of a city",
              input = { city = mcp.string(), days = mcp.integer { default = 3 } },
              run = function(arguments, call)
                call:progress(1, 2, "asking")
                return arguments.city .. "\27 has sun for " .. arguments.days .. " days"
              end,
            },
            fails = { run = function() error("no weather today", 0) end },
            asks = {
              run = function(arguments, call)
                local answers = call:ask {
                  city = mcp.elicit { message = "Which city?", fields = { name = mcp.string(), big = mcp.boolean() } } }
                return "went to " .. answers.city.content.name
              end,
            },
          },
          prompts = { greet = { run = function() return "Hello" end } },
          resources = { ["doc://one"] = { name = "one", read = function() return "1" end } },
        }
        """#

    static let files = [
        "host.json": #"""
        { "version": "2.0", "customHandler": { "description": { "defaultExecutablePath": "luafunc" },
          "enableProxyingHttpRequest": true }, "extensions": { "http": { "routePrefix": "" } } }
        """#,
        "functions/mcp/function.json": function, "functions/mcp/handler.lua": handler,
    ]

    private func run(
        _ words: String...
    ) async throws -> (code: Int32, output: String, errors: String) {
        try await LuafuncProcess(["mcp"] + words, waits: false).end()
    }

    @Test func `the commands show and call the server of start, which shows its tools and each call`() async throws {
        let start = try StartedApp(Self.files)
        let url = "http://localhost:\(start.port)/mcp"
        #expect(start.process.line(containing: "mcp has tools: asks, fails, forecast") != nil)
        #expect(start.process.line(containing: "mcp has resources: doc://one") != nil)
        #expect(start.process.line(containing: "mcp has prompts: greet") != nil)

        let list = try await run("list", url)
        #expect(list.code == 0 && list.errors.isEmpty, "\(list)")
        #expect(
            list.output.contains(#"  forecast(city: string, days?: integer)  The weather\u001b[31m of a city"#),
            "\(list)")

        let inspect = try await run("inspect", url)
        #expect(inspect.code == 0 && inspect.output.hasPrefix("weather 1.0\nrevision      2026-07-28\n"), "\(inspect)")
        #expect(inspect.output.contains("instructions  Ask for one city."), "\(inspect)")
        let json = try await run("inspect", url, "--format", "json")
        let tree = try JSONTree.parse(json.output.utf8Span.span.bytes)
        #expect(tree["tools"]?.elements?.compactMap { $0["name"]?.string } == ["asks", "fails", "forecast"], "\(json)")

        let call = try await run("call", "forecast", "--args", #"{"city":"Oslo"}"#, "--url", url)
        #expect(call.code == 0 && call.output == "Oslo\\u001b has sun for 3 days\n", "\(call)")
        #expect(call.errors == "progress 1/2 asking\n", "\(call)")
        let line = try #require(start.process.line(containing: "tools/call forecast"))
        #expect(line.contains(#"tools/call forecast {"city":"Oslo"}  ok  "#), "\(line)")

        let failed = try await run("call", "fails", "--url", url)
        #expect(failed.code == 1 && failed.output == "no weather today\n", "\(failed)")
        let told = try #require(start.process.line(containing: "tools/call fails"))
        #expect(told.contains("  error  ") && told.hasSuffix("  no weather today"), "\(told)")

        let wrong = try await run("call", "forcast", "--url", url)
        #expect(wrong.code == 1 && wrong.errors.contains("no tool 'forcast' (did you mean 'forecast'?)"), "\(wrong)")

        let asked = try await run("call", "asks", "--url", url)
        #expect(asked.code == 1 && asked.errors.contains("  city: Which city?"), "\(asked)")
        let answers = #"{"city":{"action":"accept","content":{"big":true,"name":"TEXT"}}}"#
        #expect(asked.errors.contains(#"--answers '{"city":{"action":"accept","content":{"#), "\(asked)")
        // The state comes only from a tool that remembers earlier rounds.
        let answered = try await run("call", "asks", "--url", url, "--answers", answers)
        #expect(answered.code == 0 && answered.output == "went to TEXT\n", "\(answered)")

        // A mistake of a client has a code, and long arguments are cut.
        let body = """
            {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"no\\u001bbody","arguments":{"a":"\(String(repeating: "x", count: 500))"}}}
            """
        let accepts = ["Content-Type": "application/json", "Accept": "application/json, text/event-stream"]
        _ = try start.request("/mcp", method: "POST", headers: accepts, body: body)
        let cut = try #require(start.process.line(containing: "tools/call no"))
        #expect(cut.contains(#"tools/call no\u001bbody {"a":"xxx"#) && cut.contains("…  -32602  "), "\(cut)")

        let nowhere = try await run("list", "http://localhost:\(start.port)/nowhere")
        #expect(
            nowhere.code == 65 && nowhere.errors.contains("is no MCP server: it answers with status 404"), "\(nowhere)")

        // A save that changes the tools shows them again.
        let saved = Self.handler.replacing("fails = {", with: "breaks = {")
        try start.app.write(["functions/mcp/handler.lua": saved], isAtomic: true)
        #expect(start.process.line(containing: "mcp has tools: asks, breaks, forecast") != nil)
    }

    @Test func `a server that wants a token says which, and a page is no server`() async throws {
        let challenge = #"Bearer resource_metadata="https://example.com/.well-known/oauth-protected-resource""#
        let server = try CannedServer([
            "/token": CannedServer.response("401 Unauthorized\r\nWWW-Authenticate: \(challenge)"),
            "/key": CannedServer.response("401 Unauthorized"),
            "/page": CannedServer.response("200 OK\r\nContent-Type: text/html", Array("<h1>\u{1b}Hello</h1>".utf8)),
        ])
        let token = try await run("list", "http://127.0.0.1:\(server.port)/token")
        #expect(token.code == 65 && token.errors.contains("--header 'authorization=Bearer TOKEN'"), "\(token)")
        #expect(token.errors.contains("https://example.com/.well-known/oauth-protected-resource"), "\(token)")
        let key = try await run("list", "http://127.0.0.1:\(server.port)/key")
        #expect(key.code == 65 && key.errors.contains("--header x-functions-key=KEY"), "\(key)")
        let page = try await run("inspect", "http://127.0.0.1:\(server.port)/page")
        #expect(page.code == 65 && page.errors.contains(#"no message: <h1>\u001bHello</h1>"#), "\(page)")
        // A path without an entry is never answered.
        let slow = try await run("list", "http://127.0.0.1:\(server.port)/slow", "--time-limit", "100ms")
        #expect(slow.code == 65 && slow.errors.contains("/slow: "), "\(slow)")
    }

    @Test(arguments: [
        ("call", "name the tool"), ("inspect", "name the server"), ("list nothing", "is not a URL"),
        ("list http://a/mcp --url http://b/mcp", "the URL is given twice"), ("lists", "did you mean 'list'"),
        ("call t --args 7", "must be a JSON object"), ("call t --header x", "is not a header"),
    ])
    func `wrong usage has code 64`(words: String, reason: String) async throws {
        let end = try await LuafuncProcess(["mcp"] + words.split(separator: " ").map(String.init), waits: false).end()
        #expect(end.code == 64 && end.errors.contains(reason), "\(end)")
    }
}
