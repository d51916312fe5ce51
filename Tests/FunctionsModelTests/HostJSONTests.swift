import Foundation
import JSON
import TestSupport
import Testing

@testable import FunctionsModel

/// host-contract §15, §17
@Suite struct HostJSONTests {
    private func host(_ text: String, settings: [String: String] = [:]) throws -> HostJSON {
        try HostJSON(text.utf8Span.span.bytes, settings: settings)
    }

    // MARK: The version

    @Test func `an empty object is a default host.json`() throws {
        #expect(try host("{}").functionTimeout == HostJSON.defaultTimeout)
    }

    @Test(arguments: [
        (#"{ "Version": "2.0" }"#, "host.json:1: \"Version\" must be written \"version\", in lower case"),
        (#"{ "functions": [] }"#, "host.json: has no \"version\"; the host does not start without"),
        (#"{ "version": 2.0 }"#, "host.json:1: \"version\" must be the string \"2.0\""),
        (#"{ "version": "3.0" }"#, "host.json:1: \"version\" must be the string \"2.0\""),
    ])
    func `a version that the host does not read is refused`(_ text: String, _ sentence: String) {
        // A setting does not help, because the host reads the version before it applies settings.
        let problem = #expect(throws: Problem.self) {
            try host(text, settings: ["AzureFunctionsJobHost__version": "2.0"])
        }
        #expect(problem?.description.hasPrefix(sentence) == true, "\(problem?.description ?? "")")
    }

    // MARK: The time limit

    @Test(arguments: [
        ("null", 300), (#""""#, 300), (#"" 00:00:30 ""#, 30), (#""2.00:00:00""#, 172_800), (#""00:00:01""#, 1),
    ])
    func `the time limit is read as .NET's configuration reads it`(_ value: String, _ seconds: Int) throws {
        #expect(try host(#"{ "version": "2.0", "functionTimeout": \#(value) }"#).functionTimeout == .seconds(seconds))
    }

    @Test(arguments: ["-1", #""-1""#])
    func `there may be no time limit`(_ value: String) throws {
        #expect(try host(#"{ "version": "2.0", "functionTimeout": \#(value) }"#).functionTimeout == nil)
    }

    @Test(arguments: [#""00:00:00.5""#, #""soon""#, "{}", "true"])
    func `an impossible time limit is refused`(_ value: String) {
        #expect(throws: Problem.self) { try host(#"{ "version": "2.0", "functionTimeout": \#(value) }"#) }
    }

    /// host.json's time spans are those of .NET's configuration, function.json's those of Newtonsoft.
    @Test func `time spans in host json and function json are read as in NET`() throws {
        var configured = GoldenTally("dotnet/timespan (config)")
        var json = GoldenTally("dotnet/timespan (json)")
        for row in try Golden.rows("dotnet/timespan") {
            let text = row["in"].map(\.text) ?? row["inJson"]?.string ?? ""
            if row["in"] != nil {
                // The host refuses less than a second; -1 is no limit, and an empty text the default.
                let ticks = row["config"]?.string.flatMap { Int64($0) }
                let own: String =
                    switch Result(catching: { try host(#"{ "version": "2.0", "functionTimeout": \#(text) }"#) }) {
                    case .success(let host): host.functionTimeout.map { "\($0)" } ?? "none"
                    case .failure: "refused"
                    }
                let expected: String =
                    switch ticks {
                    case _ where text == "\"\"": "\(HostJSON.defaultTimeout)"
                    case .some(-864_000_000_000): "none"
                    case let ticks? where ticks >= 10_000_000: "\(Self.duration(ticks))"
                    default: "refused"
                    }
                configured.count(text, difference: own == expected ? nil : "ours \(own), \(expected)")
            }
            let ticks = row["json"]?.string.flatMap { Int64($0) }
            let retry = #"{ "strategy": "fixedDelay", "maxRetryCount": 1, "delayInterval": \#(text) }"#
            let own: String =
                switch Result(catching: { try RetryPolicy(JSONTree.parse(retry.utf8Span.span.bytes), file: "f") }) {
                case .success(let policy): policy.map { "\($0.delay(before: 1))" } ?? "none"
                case .failure: "refused"
                }
            // The policy needs an interval, which must not be negative.
            let expected = ticks.flatMap { $0 < 0 ? nil : "\(Self.duration($0))" } ?? "refused"
            json.count(text, difference: own == expected ? nil : "ours \(own), \(expected)")
        }
        configured.report()
        json.report()
    }

    private static func duration(_ ticks: Int64) -> Duration {
        Duration(secondsComponent: ticks / 10_000_000, attosecondsComponent: ticks % 10_000_000 * 100_000_000_000)
    }

    // MARK: Settings

    @Test(arguments: ["__", ":"])
    func `a setting replaces any key, in any case`(_ mark: String) throws {
        let keys = [
            "functionTimeout": "00:00:07", "EXTENSIONS/http/maxConcurrentRequests": "3",
            "extensions/http/customHeaders/X-A": "1", "watchFiles/0": "a.txt",
            "customHandler/enableForwardingHttpRequest": "True", "extensions/http/routePrefix": "v1",
        ]
        let settings = keys.map {
            ("AzureFunctionsJobHost\(mark)\($0.key.replacing("/", with: mark))", $0.value)
        }
        let host = try host(
            #"{ "version": "2.0", "extensions": { "http": { "maxConcurrentRequests": 1 } } }"#,
            settings: Dictionary(uniqueKeysWithValues: settings))
        #expect(host.functionTimeout == .seconds(7) && host.http.maxConcurrentRequests == 3)
        #expect(host.http.customHeaders == ["X-A": "1"] && host.watched.files == ["a.txt"])
        #expect(host.httpWire == .forwarded && host.routePrefix == "v1")
    }

    // MARK: Profiles

    @Test(arguments: ["mcp-custom-handler", "MCP-Custom-Handler", "web-app-custom-handler"])
    func `a profile makes the handler a server of its own routes`(_ profile: String) throws {
        let app = try load(#"{ "version": "2.0", "configurationProfile": "\#(profile)" }"#)
        #expect(app.host.httpWire == .proxied && app.host.routePrefix.isEmpty && app.names == ["http-handler1"])
        let function = try #require(app.functions["http-handler1"])
        #expect(function.route == "{*route}" && function.methods == nil && function.isHTTPOnly)
        #expect(function.trigger?.tree["authLevel"]?.string == "function")
    }

    @Test func `what host.json and settings say goes before the profile`() throws {
        let app = try load(
            """
            { "version": "2.0", "configurationProfile": "mcp-custom-handler",
              "customHandler": { "http": { "DefaultAuthorizationLevel": "anonymous",
                "Routes": [ { "route": "mcp", "authorizationLevel": "admin" }, { "Route": "a/{b}" } ] } } }
            """, settings: ["AzureFunctionsJobHost__extensions__http__routePrefix": "x"])
        #expect(app.host.routePrefix == "x" && app.names == ["http-handler1", "http-handler2"])
        #expect(app.functions["http-handler1"]?.trigger?.tree["authLevel"]?.string == "admin")
        #expect(app.functions["http-handler2"]?.trigger?.tree["authLevel"]?.string == "anonymous")
        #expect(app.functions["http-handler2"]?.route == "a/{b}")
    }

    @Test(arguments: ["", "default", "Default"])
    func `the default profile changes nothing`(_ profile: String) throws {
        let app = try load(#"{ "version": "2.0", "configurationProfile": "\#(profile)" }"#)
        #expect(app.host.httpWire == .payload && app.host.routePrefix == "api" && app.names.isEmpty)
    }

    @Test func `an unknown profile is refused`() {
        let problem = #expect(throws: Problem.self) {
            try host(#"{ "version": "2.0", "configurationProfile": "mcp" }"#)
        }
        #expect(
            problem?.description == """
                host.json:1: Configuration profile 'mcp' is not supported; write one of "default", "mcp-custom-handler", \
                "web-app-custom-handler"
                """)
    }

    @Test(arguments: ["", "a//b", "{}", "a{", "a}"])
    func `a route that the host would skip is reported, and the others are kept`(_ route: String) throws {
        let app = try load(
            #"{ "version": "2.0", "customHandler": { "http": { "routes": [ { "route": "\#(route)" }, { "route": "x" } ] } } }"#
        )
        #expect(app.functions.keys.sorted() == ["http-handler2"])
        #expect(app.broken["http-handler1"]?.file == "host.json" && app.broken["http-handler1"]?.line == 1)
    }

    @Test func `routes exclude functions with a function.json, and all but an MCP server exclude functions in Lua`()
        throws
    {
        let text = #"{ "version": "2.0", "configurationProfile": "mcp-custom-handler" }"#
        let both = #expect(throws: Problem.self) {
            try load(text, files: ["f/function.json": TemporaryApp.httpFunction])
        }
        #expect(
            both?.reason.hasPrefix("the host does not start with both \"routes\" and a function.json, as 'f'") == true)
        let web = #"{ "version": "2.0", "configurationProfile": "web-app-custom-handler" }"#
        let lua = #expect(throws: Problem.self) { try load(web, requiresScripts: true) }
        #expect(lua?.reason.contains("name the program that serves them: luafunc start -- PROGRAM") == true)
    }

    private func load(
        _ text: String, settings: [String: String] = [:], files: [String: String] = [:], requiresScripts: Bool = false
    ) throws -> FunctionApp {
        let app = try TemporaryApp(files.merging(["host.json": text]) { $1 })
        return try AppLoader(.folder(app.folder.path), settings: settings, requiresScripts: requiresScripts).load()
    }

    // MARK: Functions

    @Test func `a script file that is named must exist for every handler`() throws {
        func function(_ script: String) -> String {
            #"{ "bindings": [ { "name": "req", "type": "httpTrigger" } ], "scriptFile": "\#(script)" }"#
        }
        let app = try load(
            #"{ "version": "2.0" }"#,
            files: ["f/function.json": function("gone.py"), "g/function.json": function("../f/function.json")])
        #expect(app.functions.keys.sorted() == ["g"])
        #expect(app.broken["f"]?.reason == "\"scriptFile\" names 'gone.py', which does not exist")
    }
}
