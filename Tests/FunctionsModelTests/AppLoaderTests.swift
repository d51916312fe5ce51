import Foundation
import JSON
import TestSupport
import Testing

@testable import FunctionsModel

@Suite struct AppLoaderTests {
    private let trigger = #"{ "name": "msg", "type": "queueTrigger" }"#

    @Test func `reads functions below the functions folder`() throws {
        let app = try load([
            "functions/one/function.json": TemporaryApp.queueFunction, "functions/one/handler.lua": "",
            "two/function.json": "{}",
        ])
        #expect(app.names == ["one"])
        #expect(app.functions["one"]?.script == "functions/one/handler.lua")
    }

    @Test func `reads Azure's flat layout where there is no functions folder`() throws {
        let app = try load(["one/function.json": TemporaryApp.queueFunction, "one/handler.lua": "", "lib/x.lua": ""])
        #expect(app.names == ["one"])
    }

    @Test func `skips a byte order mark`() throws {
        let app = try load([
            "host.json":
                "\u{feff}{ \"version\": \"2.0\", \"extensions\": { \"http\": { \"routePrefix\": \"marked\" } } }",
            "f/function.json": "\u{feff}" + TemporaryApp.queueFunction, "f/handler.lua": "",
        ])
        #expect(app.names == ["f"] && app.host.routePrefix == "marked")
    }

    @Test func `reads the host's dialect, names in any case, and what luafunc adds`() throws {
        let json = """
            // one
            { 'bindings': [ { "NAME": "msg", "Type": "queueTrigger", "DataType": "Binary", "Cardinality": "Many", }, ],
              "entryPoint": "run", "lua": { "memoryLimit": "32MB", "timeLimit": "1.5s" } }
            """
        let function = try #require(try load(["f/function.json": json, "f/handler.lua": ""]).functions["f"])
        #expect(function.bindings[0].isBinary && function.bindings[0].isMany && function.bindings[0].direction == .in)
        #expect(function.entryPoint == "run")
        #expect(function.limits == Function.Limits(memory: 32 << 20, time: .milliseconds(1500)))
    }

    /// A function.json and the error message for it.
    @Test(arguments: [
        ("{", "f/function.json:1: is not JSON: line 1, column 2: the text ends in the middle of a value"),
        ("[]", "f/function.json:1: must contain an object"),
        ("{}", "f/function.json: has no \"bindings\"; at least one binding must be declared"),
        (#"{ "Bindings": [] }"#, "f/function.json:1: \"Bindings\" must be written \"bindings\""),
        (#"{ "bindings": {} }"#, "f/function.json:1: \"bindings\" must be an array, not an object"),
        (#"{ "bindings": [] }"#, "f/function.json:1: at least one binding must be declared"),
        (#"{ "bindings": [ 1 ] }"#, "f/function.json:1: a binding must be an object, not a number"),
        ("{ \"bindings\": [\n{ \"type\": \"queueTrigger\" } ] }", "f/function.json:2: a binding has no \"name\""),
        (
            #"{ "bindings": [ { "name": "a" } ] }"#,
            "f/function.json:1: binding 'a': has no \"type\", such as \"httpTrigger\" or \"queue\""
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": 7 } ] }"#,
            "f/function.json:1: \"type\" must be a string, not a number"
        ),
        (
            #"{ "bindings": [ { "name": "a_b", "type": "queueTrigger" } ] }"#,
            "f/function.json:1: binding 'a_b': the name must begin with a letter and contain only letters and digits, at most 128 in all, or be $return"
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": "queueTrigger", "direction": "outt" } ] }"#,
            "f/function.json:1: binding 'a': 'outt' is not a valid binding direction; use in, out or inout"
        ),
        (
            #"{ "bindings": [ { "name": "$return", "type": "queueTrigger" } ] }"#,
            "f/function.json:1: binding '$return': $return must have the direction 'out'"
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": "http", "direction": "in" } ] }"#,
            "f/function.json:1: binding 'a': the type 'http' is an output; its direction must be 'out'"
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": "HTTP", "direction": "out" } ] }"#,
            "f/function.json:1: binding 'a': write 'http' in lower case: the host does not treat 'HTTP' as an HTTP output"
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": "queue", "direction": "out" } ] }"#,
            "f/function.json:1: no binding is a trigger; exactly one must have a \"type\" that ends with 'Trigger'"
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": "xTrigger" }, { "name": "b", "type": "yTrigger" } ] }"#,
            "f/function.json:1: 2 bindings are triggers; a function has exactly one"
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": "xTrigger" }, { "name": "A", "type": "queue" } ] }"#,
            "f/function.json:1: two bindings are named 'a'; names must differ"
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": "xTrigger", "dataType": "text" } ] }"#,
            "f/function.json:1: binding 'a': 'text' is not a data type; use string, binary or stream"
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": "xTrigger", "cardinality": "several" } ] }"#,
            "f/function.json:1: binding 'a': 'several' is not a cardinality; the host would treat it as 'one'"
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": "xTrigger" } ], "scriptFile": "x.lua" }"#,
            "f/function.json:1: \"scriptFile\" names 'x.lua', which does not exist"
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": "xTrigger" } ], "scriptFile": "../x.lua" }"#,
            "f/function.json:1: \"scriptFile\" must be a file in the function's own folder"
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": "xTrigger" } ], "lua": { "memory": 1 } }"#,
            "f/function.json:1: \"lua\" has no setting 'memory'; there are memoryLimit and timeLimit"
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": "xTrigger" } ], "lua": { "timeLimit": "soon" } }"#,
            "f/function.json:1: \"timeLimit\" must be a time such as \"10s\" or \"500ms\""
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": "xTrigger" } ], "retry": { "strategy": "fixedDelay", "maxRetryCount": 1 } }"#,
            "f/function.json:1: \"retry\" with the strategy fixedDelay needs \"delayInterval\""
        ),
        (
            #"{ "bindings": [ { "name": "a", "type": "xTrigger" } ], "retry": {} }"#,
            "f/function.json:1: \"retry\" needs a \"strategy\" of fixedDelay or exponentialBackoff"
        ),
    ])
    func `a problem of a function is reported, and the others are kept`(_ json: String, _ sentence: String) throws {
        let app = try load([
            "f/function.json": json, "f/handler.lua": "", "good/function.json": TemporaryApp.queueFunction,
            "good/handler.lua": "",
        ])
        #expect(app.broken["f"]?.description == sentence)
        #expect(Array(app.functions.keys) == ["good"])
    }

    @Test(arguments: ["1f", "f.x", "host", "f x", String(repeating: "f", count: 129)])
    func `refuses a folder that is no function name`(_ name: String) throws {
        let app = try load(["\(name)/function.json": TemporaryApp.queueFunction, "\(name)/handler.lua": ""])
        #expect(app.broken[name] != nil && app.functions.isEmpty)
    }

    @Test func `a missing handler says what to write`() throws {
        let app = try load(["f/function.json": TemporaryApp.queueFunction])
        #expect(
            app.broken["f"]?.reason
                == "there is no f/handler.lua; write one that returns a function, or name another file in \"scriptFile\""
        )
    }

    @Test func `names that differ only in case cannot both be there`() throws {
        let app = try load([
            "One/function.json": TemporaryApp.queueFunction, "One/handler.lua": "",
            "one/function.json": TemporaryApp.queueFunction,
            "one/handler.lua": "",
        ])
        #expect(
            app.functions.count == 1
                && app.broken["one"]?.reason == "differs from 'One' only in case; rename one of them")
        // Also if the first cannot run anyway.
        let broken = try load([
            "One/function.json": "{}", "One/handler.lua": "", "one/function.json": TemporaryApp.queueFunction,
            "one/handler.lua": "",
        ])
        #expect(broken.functions.isEmpty && broken.broken["One"]?.reason.hasPrefix("has no \"bindings\"") == true)
        #expect(broken.broken["one"]?.reason == "differs from 'One' only in case; rename one of them")
    }

    @Test func `settings replace names between percent signs`() throws {
        let json = #"{ "bindings": [ { "name": "a", "type": "queueTrigger", "queueName": "%Q%-%NONE%" } ] }"#
        let app = try load(["f/function.json": json, "f/handler.lua": ""], settings: ["Q": "orders"])
        #expect(app.functions["f"]?.trigger?.tree["queueName"]?.string == "orders-%NONE%")
    }

    @Test func `a type and an HTTP trigger are read as they stand, and a route with a setting is a warning`() throws {
        let http = #"{ "bindings": [ { "name": "a", "type": "httpTrigger", "route": "p-%R%", "x": "%R%" } ] }"#
        let queue = #"{ "bindings": [ { "name": "a", "type": "%KIND%Trigger", "queueName": "q" } ] }"#
        let app = try load(
            [
                "host.json": #"{ "version": "2.0", "extensionBundle": {} }"#, "f/function.json": http,
                "f/handler.lua": "", "g/function.json": queue, "g/handler.lua": "",
            ], settings: ["KIND": "queue", "R": "val"])
        #expect(app.functions["f"]?.route == "p-%R%" && app.functions["f"]?.trigger?.tree["x"]?.string == "%R%")
        #expect(app.functions["g"]?.trigger?.writtenType == "%KIND%Trigger")
        #expect(
            app.warnings.first?.description == "f/function.json:1: binding 'a': the host does not replace '%R%' in "
                + "\"route\", so a path matches only if it contains these characters; write the text itself")
        guard case .found = app.router.match(method: "GET", path: "/api/p-%25R%25") else {
            return #expect(Bool(false), "not found")
        }
    }

    @Test func `methods may be unusual, and an empty list matches nothing`() throws {
        func function(_ methods: String) -> String {
            #"{ "bindings": [ { "name": "a", "type": "httpTrigger", "methods": \#(methods) } ] }"#
        }
        let app = try load([
            "host.json": #"{ "version": "2.0" }"#, "a/function.json": function("[]"), "a/handler.lua": "",
            "b/function.json": function(#"["propfind", "psot"]"#), "b/handler.lua": "",
        ])
        #expect(
            app.warnings.map(\.description) == [
                "a/function.json:1: binding 'a': an empty \"methods\" matches no request; leave it out to take all "
                    + "methods",
                "b/function.json:1: binding 'a': the method 'psot' is unusual; did you mean 'post'?",
            ])
        for (method, path, isFound) in [
            ("GET", "/api/a", false), ("PROPFIND", "/api/b", true), ("PUT", "/api/b", false),
        ] {
            let found = if case .found = app.router.match(method: method, path: path) { true } else { false }
            #expect(found == isFound, "\(method) \(path)")
        }
    }

    @Test(arguments: [
        (#""route": "r""#, #""route": "r/""#, true), (#""route": "r""#, #""route": "R""#, true),
        (#""route": "r", "methods": ["get"]"#, #""route": "r", "methods": ["GET"]"#, false),
        (#""route": "r", "methods": ["get"]"#, #""route": "r", "methods": ["post", "get"]"#, true),
    ])
    func `routes conflict without their outer slashes, methods as they are spelled`(
        _ first: String, _ second: String, _ conflict: Bool
    ) throws {
        func function(_ rest: String) -> String {
            #"{ "bindings": [ { "name": "a", "type": "httpTrigger", \#(rest) } ] }"#
        }
        let app = try load([
            "a/function.json": function(first), "a/handler.lua": "", "b/function.json": function(second),
            "b/handler.lua": "",
        ])
        #expect((app.broken["b"] != nil) == conflict)
    }

    @Test func `a malformed route is an error that says that Azure would not start, and the others are served`() throws
    {
        let bad = #"{ "bindings": [ { "name": "a", "type": "httpTrigger", "route": "x/{y" } ] }"#
        let good = #"{ "bindings": [ { "name": "a", "type": "httpTrigger" } ] }"#
        let app = try load([
            "a/function.json": bad, "a/handler.lua": "", "b/function.json": good, "b/handler.lua": "",
        ])
        #expect(
            app.broken["a"]?.description
                == "a/function.json:1: binding 'a': route 'x/{y': character 3: the '{' is never closed; write '{y}'. In "
                + "Azure, the whole host would not start"
        )
        guard case .found = app.router.match(method: "GET", path: "/api/b") else {
            return #expect(Bool(false), "not found")
        }
    }

    @Test func `a prefix that ends with a slash is refused as the host refuses it`() {
        let host = #"{ "version": "2.0", "extensions": { "http": { "routePrefix": "/api/" } } }"#
        let problem = #expect(throws: Problem.self) { try load(["host.json": host]) }
        #expect(
            problem?.description
                == "host.json:1: routePrefix '/api/': character 5: there are two slashes in a row; remove one. In "
                + "Azure, the whole host would not start"
        )
    }

    @Test func `the host's list of functions leaves the others out`() throws {
        let app = try load([
            "host.json": #"{ "version": "2.0", "functions": [ "A" ] }"#, "a/function.json": TemporaryApp.queueFunction,
            "a/handler.lua": "", "b/function.json": TemporaryApp.queueFunction, "b/handler.lua": "",
        ])
        #expect(app.names == ["a"])
    }

    @Test func `the missing extension bundle is one warning with the line to add, however many triggers need it`()
        throws
    {
        let app = try load([
            "a/function.json": TemporaryApp.queueFunction, "a/handler.lua": "",
            "b/function.json": TemporaryApp.queueFunction, "b/handler.lua": "",
        ])
        #expect(
            app.warnings.map(\.description) == [
                "host.json: has no \"extensionBundle\", which the host needs for 'queueTrigger' in a/function.json "
                    + "and in 1 other function; write \"extensionBundle\": { \"id\": \"Microsoft.Azure.Functions.ExtensionBundle\", "
                    + "\"version\": \"[4.*, 5.0.0)\" }"
            ])
    }

    // MARK: host.json

    @Test(arguments: [
        ("{", "host.json:1: is not JSON: line 1, column 2: the text ends in the middle of a value"),
        ("[]", "host.json:1: must contain an object"),
        (
            #"{ "functions": [] }"#,
            "host.json: has no \"version\"; the host does not start without \"version\": \"2.0\""
        ),
        (#"{ "version": 2.0 }"#, "host.json:1: \"version\" must be the string \"2.0\""),
        (
            "{ \"version\": \"2.0\",\n\"functionTimeout\": \"soon\" }",
            "host.json:2: \"functionTimeout\" must be a time of at least one second such as \"00:05:00\", or -1 for none"
        ),
        (#"{ "version": "2.0", "functions": "a" }"#, "host.json:1: \"functions\" must be an array of function names"),
    ])
    func `a host.json that the host refuses is refused`(_ json: String, _ sentence: String) throws {
        let problem = #expect(throws: Problem.self) { try load(["host.json": json]) }
        #expect(problem?.description == sentence)
    }

    @Test func `an app without host.json has the host's defaults`() throws {
        let app = try TemporaryApp(["f/function.json": TemporaryApp.queueFunction, "f/handler.lua": ""])
        try FileManager.default.removeItem(at: app.folder.appending(path: "host.json"))
        #expect(try AppLoader(.folder(app.folder.path), settings: [:]).load().host.functionTimeout == .seconds(300))
    }

    @Test func `an app setting overrides host.json`() throws {
        let app = try load(
            [:],
            settings: [
                "AzureFunctionsJobHost__functionTimeout": "00:00:10", "AzureFunctionsJobHost:customHandler:x": "1",
            ])
        #expect(app.host.functionTimeout == .seconds(10))
    }

    @Test(arguments: [(300, 295.0), (10, 9.0), (1, 0.9)])
    func `the time limit leaves the host a margin`(_ seconds: Int, _ limit: Double) {
        var host = HostJSON()
        host.functionTimeout = .seconds(seconds)
        #expect(host.invocationTimeLimit == .seconds(limit))
        host.functionTimeout = nil
        #expect(host.invocationTimeLimit == nil)
    }

    @Test(arguments: [
        ("64MB", 64 << 20), ("1 gb", 1 << 30), ("512kb", 512 << 10), ("100", 100), ("0", nil), ("x", nil),
        ("9999999999GB", nil),
    ])
    func `reads sizes`(_ text: String, _ bytes: Int?) {
        #expect(ByteCount.parse(text) == bytes)
    }

    private func load(_ files: [String: String], settings: [String: String] = [:]) throws -> FunctionApp {
        let app = try TemporaryApp(files)
        return try AppLoader(.folder(app.folder.path), settings: settings).load()
    }
}

@Suite struct NearestNameTests {
    @Test(arguments: [
        ("mesage", "message"), ("Res", "res"), ("outputs", "Outputs"), ("xyz", nil), ("statuscode", "statusCode"),
    ])
    func `finds the name that was probably meant`(_ name: String, _ nearest: String?) {
        #expect(NearestName.find(name, among: ["message", "res", "Outputs", "statusCode"]) == nearest)
    }

    @Test func `a link out of the app leads to no module`() throws {
        let other = try TemporaryApp(["secret.lua": "return 1"])
        let app = try TemporaryApp(["lib/own.lua": "return 2"])
        let lib = app.folder.appending(path: "lib")
        try FileManager.default.createSymbolicLink(
            at: lib.appending(path: "away.lua"), withDestinationURL: other.folder.appending(path: "secret.lua"))
        let files = AppFiles(.folder(app.folder.path))
        func isFound(_ name: String) -> Bool {
            if case .text = files.find(name, from: "f", looked: { _ in }) { true } else { false }
        }
        #expect(isFound("own") && !isFound("away") && !isFound("..lib.own"))
    }
}
