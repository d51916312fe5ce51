import TestSupport
import Testing

@testable import Toolbox

/// What `luafunc check` says about MCP servers.
@Suite struct ServerRulesTests {
    private static let proxied =
        #"{ "version": "2.0", "customHandler": { "enableProxyingHttpRequest": true }, "#
        + #""extensions": { "http": { "routePrefix": "" } } }"#
    private static let server = #"return require("mcp").server { name = "s", version = "1" }"#
    private static let metadata = #"return require("luafunc.mcp").metadata { resource = "https://a.example/mcp" }"#
    private static let streams = """
        host.json note mcp-streams: the host passes on the responses of 'f' only as a whole, so MCP clients get progress only \
        with a tool's result, no news of changes, and in older revisions no questions; write "enableProxyingHttpRequest": \
        true into "customHandler"
        """

    private static func function(_ trigger: String, _ more: String = "") -> String {
        """
        { "bindings": [
          { "name": "req", "type": "httpTrigger", \(trigger) }\(more),
          { "name": "res", "type": "http", "direction": "out" } ] }
        """
    }

    private func findings(
        _ files: [String: String], host: String = proxied, settings: [String: String] = [:]
    ) async throws -> [String] {
        // Whether the module has these members is a matter of other rules.
        try await ScriptChecksTests.findings(
            ["host.json": host, "functions/f/function.json": Self.function(#""authLevel": "function""#)].merging(files)
            { $1 },
            settings: settings
        ).filter { $0.contains(" mcp-") || $0.contains(" unset-setting") }
    }

    @Test func `a server that the host proxies to has no findings`() async throws {
        #expect(try await findings(["functions/f/handler.lua": Self.server]).isEmpty)
    }

    @Test(arguments: [
        ["functions/f/handler.lua": server],
        ["functions/f/handler.lua": "return require 'tools'", "lib/tools.lua": server],
        ["functions/f/handler.lua": "local m = require 'luafunc.mcp' local s = m.server { name = 's' } return s"],
    ])
    func `a server must get all methods`(_ files: [String: String]) async throws {
        let function = Self.function(#""methods": [ "get", "post" ]"#)
        let found = try await findings(files.merging(["functions/f/function.json": function]) { $1 })
        #expect(
            found == [
                """
                function.json:2 warning mcp-methods: to a method that "methods" does not list the host answers 404, which MCP \
                clients take for a lost session; remove "methods"; mcp.server answers 405, as clients expect
                """
            ])
    }

    @Test(arguments: [
        #"{ "version": "2.0", "extensions": { "http": { "routePrefix": "" } } }"#,
        #"{ "version": "2.0", "customHandler": { "enableForwardingHttpRequest": true } }"#,
    ])
    func `without proxying, one note tells which responses do not stream`(_ host: String) async throws {
        let found = try await findings(
            [
                "functions/f/handler.lua": Self.server, "functions/g/handler.lua": Self.server,
                "functions/g/function.json": TemporaryApp.httpFunction,
            ], host: host)
        #expect(found == [Self.streams])
    }

    @Test func `a server with other bindings gets payloads even where the host proxies`() async throws {
        let queue = #", { "name": "q", "type": "queue", "direction": "out", "queueName": "q" }"#
        let found = try await findings([
            "functions/f/handler.lua": Self.server, "functions/f/function.json": Self.function(#""route": "x""#, queue),
        ])
        #expect(
            found.count == 1 && found[0].hasPrefix("function.json note mcp-streams: the function has other bindings"))
    }

    @Test(arguments: [
        (#""route": ".well-known/{*rest}", "authLevel": "anonymous""#, "", []),
        (#""route": ".well-known/{*rest}", "authLevel": "anonymous""#, "api", ["routePrefix"]),
        (#""route": ".well-known/{*rest}""#, "", ["signed in"]),
        (#""route": "metadata", "authLevel": "anonymous""#, "", ["the route is 'metadata'"]),
        (#""route": "metadata", "authLevel": "function""#, "v1", ["at /v1/metadata", "signed in"]),
    ])
    func `the metadata must be where clients look, without a key`(
        _ trigger: String, _ prefix: String, _ expected: [String]
    ) async throws {
        let found = try await findings(
            ["functions/f/handler.lua": Self.metadata, "functions/f/function.json": Self.function(trigger)],
            host: Self.proxied.replacing(#""routePrefix": """#, with: #""routePrefix": "\#(prefix)""#))
        #expect(found.count == expected.count, "\(found)")
        for text in expected { #expect(found.contains { $0.contains("warning mcp-metadata") && $0.contains(text) }) }
    }

    @Test func `a server that asks needs a key for the state of its questions`() async throws {
        let files = [
            "functions/f/handler.lua": "local ask = require 'ask'\n\(Self.server)",
            "lib/ask.lua": "return function(call)\n  return call:ask { city = 1 }\nend",
        ]
        let found = try await findings(files)
        #expect(found.count == 1, "\(found)")
        #expect(
            found.first?.hasPrefix(
                """
                ask.lua:2 warning unset-setting: a tool asks the client, so the server needs the app setting 'MCP_STATE_KEY', \
                which is not known here; set it in Azure to what 'openssl rand -base64 32' prints
                """) == true)
        #expect(try await findings(files, settings: ["MCP_STATE_KEY": "x"]).isEmpty)
        #expect(try await findings(files, settings: ["MCP_STATE_KEY": ""]).count == 1)
    }

    @Test(arguments: [
        "local o = { ask = function() end } return function() return o:ask() end", "return function() end",
        "local mcp = require 'mcp' return function() return mcp.text 'x' end",
    ])
    func `other functions are not servers`(_ script: String) async throws {
        let host = #"{ "version": "2.0" }"#
        #expect(try await findings(["functions/f/handler.lua": script], host: host).isEmpty)
        // A module of the app's own with this name is not luafunc's.
        let own = ["functions/f/handler.lua": Self.server, "lib/mcp.lua": "return { server = print }"]
        #expect(try await findings(own, host: host).isEmpty)
    }
}
