import Foundation
import JSON
import TestSupport
import Testing

@testable import FunctionsModel

/// An app whose host.json has the profile of MCP servers: one script answers all routes (host-contract §17).
@Suite struct ServerTests {
    private static let profile = #""version": "2.0", "configurationProfile": "mcp-custom-handler""#
    private static let handler = "return function() end"

    private func load(
        _ host: String = "", _ files: [String: String] = ["functions/mcp/handler.lua": handler],
        requiresScripts: Bool = true, only: [String]? = nil
    ) throws -> FunctionApp {
        let app = try TemporaryApp(
            files.merging(["host.json": "{ \(Self.profile)\(host.isEmpty ? "" : ", \(host)") }"]) { $1 })
        let loaded = try AppLoader(
            .folder(app.folder.path), settings: [:], requiresScripts: requiresScripts, only: only
        ).load()
        // The folder is removed with this function's end.
        _ = (loaded.findings, loaded.linksOutside)
        return loaded
    }

    private func routes(_ list: String) -> String { #""customHandler": { "http": { "routes": [ \#(list) ] } }"# }

    private func match(_ app: FunctionApp, _ path: String, method: String = "POST") -> String? {
        guard case .found(let match) = app.router.match(method: method, path: path) else { return nil }
        return app.functions[match.function]?.routes[match.place].trigger.tree["authLevel"]?.string
    }

    @Test(arguments: ["functions/mcp", "mcp"])
    func `a script without a function.json answers all requests`(_ folder: String) throws {
        let app = try load("", ["\(folder)/handler.lua": Self.handler])
        #expect(app.names == ["mcp"] && app.broken.isEmpty && app.findings.all.isEmpty)
        let function = try #require(app.functions["mcp"])
        #expect(function.directory == folder && function.script == "\(folder)/handler.lua")
        #expect(function.file == "host.json" && function.isHTTPOnly && app.takesRequests(function))
        #expect(function.inputs.map(\.name) == ["req"] && function.outputs.map(\.name) == ["res"])
        for method in ["GET", "POST", "DELETE", "PROPFIND"] {
            for path in ["/", "/mcp", "/a/b/c"] { #expect(match(app, path, method: method) == "function") }
        }
        #expect(try app.files.deployed().functions == [folder])
        #expect(app.files.folders?.paths.contains(folder) == true)
    }

    @Test func `each route has its level, and no other path is served`() throws {
        let app = try load(
            routes(#"{ "route": ".well-known/{*rest}", "authorizationLevel": "anonymous" }, { "route": "mcp" }"#))
        #expect(app.names == ["mcp"] && app.findings.all.isEmpty)
        #expect(match(app, "/mcp") == "function" && match(app, "/.well-known/x/y") == "anonymous")
        #expect(match(app, "/") == nil && match(app, "/mcp/x") == nil)
    }

    @Test func `a route that the host skips has the host's name for it`() throws {
        let app = try load(routes(#"{ "route": "a//b" }, { "route": "mcp" }"#))
        #expect(app.broken.keys.sorted() == ["http-handler1"] && app.functions["mcp"]?.route == "mcp")
        let none = try load(routes(#"{ "route": "{}" }"#))
        #expect(none.broken.keys.sorted() == ["http-handler1"] && none.functions.isEmpty)
    }

    @Test func `routes that no request uses are findings in host.json`() throws {
        let app = try load(routes("{ \"route\": \"{*route}\" },\n{ \"route\": \"mcp\" }"))
        let finding = try #require(app.findings.all.first)
        #expect(app.findings.all.count == 1 && finding.rule == .routeShadowed && finding.line == 2)
        #expect(
            "\(finding.problem)" == """
                host.json:2: no request uses the route 'mcp': '{*route}' comes first, as the host tries the routes in their \
                order; put the narrower route before the other
                """)
    }

    @Test(arguments: ["functions/x/y.txt", "lib/a.lua"])
    func `a missing script is a problem of the function`(_ other: String) throws {
        let app = try load("", [other: ""])
        #expect(app.names == ["mcp"] && app.functions.isEmpty)
        #expect(
            app.broken["mcp"]?.reason == """
                there is no functions/mcp/handler.lua, which answers all requests in an app with this profile; 'luafunc \
                init --mcp' writes one
                """)
        #expect(app.findings.all.map(\.rule) == [.script])
    }

    @Test func `another program answers the routes of an app without the script`() throws {
        #expect(try load("", [:], requiresScripts: false).names == ["http-handler1"])
        // Editors know the script's function even if nothing runs it.
        #expect(try load(requiresScripts: false).names == ["mcp"])
    }

    @Test func `a function json beside the profile is refused as the host refuses it`() throws {
        let problem = #expect(throws: Problem.self) {
            try load("", ["functions/mcp/handler.lua": Self.handler, "functions/f/function.json": "{}"])
        }
        #expect(
            problem?.reason == """
                the host does not start with both "routes" and a function.json, as 'f' has one; remove one of them \
                ("configurationProfile" sets "routes")
                """)
    }

    @Test func `payloads are refused, because a server answers requests`() throws {
        let problem = #expect(throws: Problem.self) {
            try load(#""customHandler": { "enableProxyingHttpRequest": false }"#)
        }
        #expect(problem?.reason.hasPrefix("a server needs its callers' own requests") == true)
        let section = #""customHandler": { "enableProxyingHttpRequest": false, "enableForwardingHttpRequest": true }"#
        #expect(try load(section).host.httpWire == .forwarded)
    }

    @Test func `other folders with a handler are not functions`() throws {
        let app = try load(
            "", ["functions/mcp/handler.lua": Self.handler, "functions/other/handler.lua": Self.handler])
        #expect(app.names == ["mcp"])
        #expect(
            app.findings.all.map(\.message) == [
                "has a handler.lua, but with this profile only functions/mcp is a function"
            ])
        #expect(try load(only: ["MCP"]).names == ["mcp"] && load(only: ["other"]).names.isEmpty)
    }

    @Test func `a script that is not deployed is an error`() throws {
        let app = try load("", ["functions/mcp/handler.lua": Self.handler, ".funcignore": "mcp"])
        #expect(app.findings.all.map(\.rule) == [.notDeployed])
        #expect(app.findings.all.first?.file == "functions/mcp/handler.lua")
    }

    @Test(arguments: [("8000", 8000), (#""8000""#, 8000), (#""""#, nil), ("null", nil)])
    func `host json may fix the handler's port`(_ written: String, port: Int?) throws {
        #expect(try load(#""customHandler": { "port": \#(written) }"#).host.handlerPort == port)
    }

    @Test(arguments: ["0", "65536", "-1", #""x""#, "true", "[]"])
    func `the host does not start with a port that is none`(_ written: String) {
        let problem = #expect(throws: Problem.self) { try load(#""customHandler": { "port": \#(written) }"#) }
        #expect(problem?.reason.hasPrefix("\"port\" must be a port from 1 to 65535") == true)
    }
}
