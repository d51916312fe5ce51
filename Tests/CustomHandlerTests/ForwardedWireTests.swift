import Foundation
import FunctionsModel
import HTTP1
import JSON
import Lua
import TestSupport
import Testing

@testable import CustomHandler

/// Tests callers' own requests: which function gets them, what it sees, and what the caller gets.
@Suite(.serialized) struct ForwardedWireTests {
    private static let route = #""route": "items/{id:int?}", "methods": ["get", "post"], "#

    private static func app(_ wire: String = #""enableForwardingHttpRequest": true"#, _ more: String = "") throws
        -> TemporaryApp
    {
        func http(_ members: String = "", _ more: String = "") -> String {
            #"{ "bindings": [ { "name": "req", \#(members)"type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" }\#(more) ] }"#
        }
        let code =
            "return function(data) local r = data.req return r.Method .. ' ' .. tostring(r.Params and r.Params.id) end"
        return try TemporaryApp([
            "host.json": #"{ "version": "2.0", "extensionBundle": {}, "customHandler": { \#(wire) }\#(more) }"#,
            "items/function.json": http(route), "items/handler.lua": code,
            "mixed/function.json": http("", #", { "name": "out", "type": "queue", "direction": "out" }"#),
            "mixed/handler.lua": "return function() return { res = 'mixed' } end",
            "queue/function.json": TemporaryApp.queueFunction,
            "queue/handler.lua": "return function() return { Logs = { 'queue' } } end",
            "zall/function.json": http(#""route": "{*rest}", "#),
            "zall/handler.lua": "return function(data) return 'all ' .. data.req.Params.rest end",
        ])
    }

    private static let payload = #"{"Data":{"req":{"Method":"GET"},"msg":"\"x\""},"Metadata":{}}"#

    // MARK: Which function

    @Test(arguments: [
        (HTTPMethod.get, "/api/items/7", "GET 7"), (.post, "/api/items", "POST nil"),
        (.get, "/api/items/x", "all items/x"),
        (.delete, "/api/items/7", "all items/7"), (.get, "/API/Items/7?id=8", "GET 7"),
        (.post, "/items", "there is no route for POST /items; 'items' is at GET,POST /api/items/{id:int?}"),
        (.get, "/items", "there is no route for GET /items"),
        (.post, "/queue", #"{"Logs":["queue"]}"#), (.post, "/mixed", #""body":"mixed""#),
    ])
    func `a forwarding app has routes for HTTP-only functions, and payloads for the others`(
        _ method: HTTPMethod, target: String, answer: String
    ) async throws {
        let app = try Self.app()
        let handler = try await InProcessHandler(root: app.folder.path)
        let reply = try await handler.request(target, Self.payload, method: method)
        #expect(reply.text.contains(answer), "\(reply.text)")
    }

    @Test func `settings choose the protocol, in upper or lower case`() async throws {
        let app = try Self.app("")
        let settings = ["AzureFunctionsJobHost__CUSTOMHANDLER__enableproxyinghttprequest": "True"]
        let plain = try await InProcessHandler(root: app.folder.path)
        #expect(try await plain.request("/api/items/7").status == 404)
        #expect(try await plain.request("/items", Self.payload, method: .post).text.contains(#""body":"GET nil""#))
        let proxied = try await InProcessHandler(root: app.folder.path, settings: settings)
        #expect(try await proxied.request("/api/items/7").text == "GET 7")
    }

    @Test func `the older section httpWorker passes requests on by function name`() async throws {
        let app = try Self.app()
        try app.write(["host.json": #"{ "version": "2.0", "extensionBundle": {}, "httpWorker": {} }"#])
        let handler = try await InProcessHandler(root: app.folder.path)
        #expect(try await handler.request("/items", method: .delete).text == "DELETE nil")
        #expect(try await handler.request("/queue", Self.payload, method: .post).text.contains("queue"))
    }

    @Test(arguments: [
        "mine, 6b0cbf0e-8f7e-4a53-9f0c-0a8f0d1f3c11", "6b0cbf0e-8f7e-4a53-9f0c-0a8f0d1f3c11",
        "6b0cbf0e-8f7e-4a53-9f0c-000000000000, a, 6b0cbf0e-8f7e-4a53-9f0c-0a8f0d1f3c11",
    ])
    func `the invocation's id is the host's, which is the last`(_ value: String) async throws {
        let app = try TemporaryApp([
            "f/function.json": TemporaryApp.httpFunction,
            "f/handler.lua":
                "return function(_, _, context) return context.invocationId .. ' ' .. context.deadline() // 1e9 end",
        ])
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        let reply = try await handler.request("/api/f", headers: ["X-Azure-Functions-InvocationId": value])
        #expect(reply.text == "6b0cbf0e-8f7e-4a53-9f0c-0a8f0d1f3c11 0.0")
    }

    @Test func `a percent sign in a route is a percent sign`() async throws {
        let app = try TemporaryApp([
            "host.json": #"{ "version": "2.0", "customHandler": { "enableForwardingHttpRequest": true } }"#,
            "f/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger", "route": "p-%R%/{id}" },
                            { "name": "res", "type": "http", "direction": "out" } ] }
            """,
            "f/handler.lua": "return function(data) return data.req.Params.id end",
        ])
        let handler = try await InProcessHandler(root: app.folder.path, settings: ["R": "value"])
        #expect(try await handler.request("/api/p-%25R%25/7").text == "7")
        #expect(try await handler.request("/api/p-value/7").status == 404)
    }

    @Test func `a caller cannot reach another function through a catch-all`() async throws {
        let app = try Self.app(
            #""enableForwardingHttpRequest": true"#, #", "extensions": { "http": { "routePrefix": "" } }"#)
        let handler = try await InProcessHandler(root: app.folder.path)
        let host: HTTPFields = ["X-Azure-Functions-HostVersion": "4", "X-Azure-Functions-InvocationId": "1"]
        var caller = host
        caller.add("content-length", "50")
        #expect(try await handler.request("/queue", Self.payload, method: .post, headers: caller).text == "all queue")
        var payload = host
        payload.add("transfer-encoding", "chunked")
        #expect(
            try await handler.request("/queue", Self.payload, method: .post, headers: payload).text.contains(
                #"["queue"]"#))
        let home = try await handler.request("/", headers: host)
        #expect(home.text.contains("attempt to concatenate") || home.status == 500)
        #expect(try await handler.request("/").text == "luafunc is ready\n")
    }

    @Test(arguments: [
        (#""route": "items/{id", "#, "binding 'req': route 'items/{id': character 7: the '{' is never closed"),
        (#""route": "{id:itn}", "#, "did you mean"),
        (#""route": "Administrator", "#, "the host reserves routes that begin with 'admin'"),
        (#""route": 7, "#, #""route" must be a string"#), (#""methods": "get", "#, #""methods" must be a list"#),
    ])
    func `a route that the host would refuse is reported`(_ members: String, reason: String) throws {
        let app = try TemporaryApp([
            "f/function.json":
                #"{ "bindings": [ { "name": "req", \#(members)"type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" } ] }"#,
            "f/handler.lua": "",
        ])
        let problem = try AppLoader(.folder(app.folder.path), settings: [:]).load().broken["f"]
        #expect(problem?.description.contains(reason) == true, "\(problem?.description ?? "none")")
    }

    @Test func `the later of two functions with the same route is not loaded`() throws {
        let app = try Self.app()
        try app.write([
            "aaa/function.json":
                #"{ "bindings": [ { "name": "req", "route": "ITEMS/{id:int?}", "methods": ["get"], "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" } ] }"#,
            "aaa/handler.lua": "",
        ])
        let loaded = try AppLoader(.folder(app.folder.path), settings: [:]).load()
        #expect(loaded.broken["items"]?.reason.hasPrefix("'aaa' has the same route") == true)
    }

    // MARK: What it sees

    /// Bodies of handlers that return what they see of `data`, `metadata` and `context`.
    @Test(arguments: [
        ("return data.req.Query.A .. data.req.Query.B", "1,2x y"),
        ("return data.req:queries('A')[1] .. data.req:query('B')", "2x y"),
        ("return metadata.A .. metadata.B .. metadata.Query.A", "2x y2"),
        ("return tostring(metadata.code) .. metadata.Query.code", "nilsecret"),
        ("return metadata.qty .. metadata.done .. tostring(metadata.list) .. metadata.o.p", "3Truenil1"),
        ("return metadata.Headers['X-List'] .. data.req.Headers['X-List'][2]", "one,twotwo"),
        ("return metadata.sys.MethodName .. #metadata.sys.RandGuid", "f36"),
        ("return metadata.id .. data.req.Params.id", "AA"), ("return tostring(metadata.headers)", "nil"),
        ("return tostring(data.req.Params.missing)", "nil"),
        ("return data.req.Identities[1].RoleClaimType:sub(-4)", "role"),
        ("return tostring(#data.req.Identities)", "1"),
        ("return context.invocationId .. context.traceparent", "last00-1"),
        ("return tostring(context.payload) .. tostring(context.retry)", "nilnil"),
        ("local n = 0 for _ in pairs(data.req.Headers) do n = n + 1 end return tostring(n)", "4"),
        ("return require('json').encode(data.req.Headers['X-List'])", #"["one","two"]"#),
        ("return data.req.Url", "http://example.com:81/api/f/A?a=1&A=2&B=x+y&code=secret"),
        ("return data.req:json().qty", "3"),
    ])
    func `a forwarded request has the same form as in a payload`(_ code: String, answer: String) async throws {
        let function =
            #"{ "bindings": [ { "name": "req", "route": "f/{id}/{missing?}", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" } ] }"#
        let app = try TemporaryApp([
            "f/function.json": function, "f/handler.lua": "return function(data, metadata, context) \(code) end",
        ])
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        // With this much white space, the body is read in steps.
        for padding in [0, LongJSONReader.shortest] {
            let reply = try await handler.request(
                "/api/f/A?a=1&A=2&B=x+y&code=secret",
                #"{"qty":3,"done":true,"list":[1],"id":"B","o":{"p":1}}"# + String(repeating: " ", count: padding),
                method: .post,
                headers: [
                    "Host": "example.com:81", "X-List": "one", "x-list": "two",
                    "X-Azure-Functions-InvocationId": "first",
                    "X-Azure-Functions-InvocationId": "last", "traceparent": "00-1",
                ])
            #expect(reply.text == answer)
        }
    }

    @Test func `metadata contains the members of a JSON body of any size`() async throws {
        let app = try TemporaryApp([
            "f/function.json": TemporaryApp.httpFunction,
            "f/handler.lua": """
            return function(data, metadata)
                local count = 0
                for name, value in pairs(metadata) do if value == name then count = count + 1 end end
                return tostring(count) .. metadata.sys.MethodName
            end
            """,
        ])
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        let members = (0..<50_000).map { "\"k\($0)\":\"k\($0)\"" }.joined(separator: ",")
        let reply = try await handler.request("/api/f", "{\(members)}", method: .post)
        #expect(reply.text == "50000f")
    }

    // MARK: What the caller gets

    private static func request(
        _ code: String, method: HTTPMethod = .get, accept: String = "*/*", showsErrors: Bool = false
    ) async throws -> Reply {
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "local http = require 'http'\nreturn function(data)\n\(code)\nend",
        ])
        let handler = try await InProcessHandler(
            root: app.folder.path, settings: InProcessHandler.forwarding, showsErrors: showsErrors)
        return try await handler.request(
            "/api/f?code=secret&x=%3Cb%3E", method: method, headers: ["Accept": accept, "Cookie": "secret"])
    }

    @Test(arguments: [
        ("return { headers = { ['content-length'] = 3 }, body = 'abc' }", 200),
        ("return { headers = { ['content-length'] = 4 }, body = 'abc' }", 500),
        ("return { headers = { ['transfer-encoding'] = 'chunked' }, body = 'abc' }", 500),
        ("return { Outputs = { message = 'x' } }", 500),
        ("return nil", 204), ("return { status = 304 }", 304), ("return http.response { statusCode = 404 }", 404),
        ("error(http.response { statusCode = 409, body = 'taken' })", 409), ("error 'x'", 500),
    ])
    func `a response has the status that the handler sets`(_ code: String, status: Int) async throws {
        let reply = try await Self.request(code)
        #expect(reply.status == status)
        #expect(!reply.headers.contains("content-length"), "the connection counts it")
    }

    @Test func `repeated headers and several cookies are sent as they are`() async throws {
        let reply = try await Self.request(
            "return { headers = { ['x-a'] = { '1', '2' } }, cookies = { { name = 'a', value = '1', path = '/', httpOnly = true }, { name = 'b', value = '2' } }, body = { 1 } }"
        )
        #expect(
            reply.headers.values("x-a") == ["1", "2"]
                && reply.headers.values("set-cookie") == ["a=1; Path=/; HttpOnly", "b=2"])
        #expect(reply.text == "[1]" && reply.contentType == "application/json; charset=utf-8")
    }

    @Test func `the reason of a failure is shown only in development`() async throws {
        let code = "local text = 'a < b'\nerror('<broken>')"
        let silent = try await Self.request(code)
        #expect(silent.status == 500 && !silent.text.contains("broken") && silent.text.contains("invocationId"))
        let told = try await Self.request(code, showsErrors: true)
        #expect(
            told.contentType == "application/problem+json" && told.text.contains("functions/f/handler.lua:4: <broken>"))
        let page = try await Self.request(code, accept: "text/html,*/*", showsErrors: true)
        #expect(page.status == 500 && page.contentType == "text/html; charset=utf-8")
        #expect(
            page.text.contains("functions/f/handler.lua:4: &lt;broken&gt;") && page.text.contains("<mark>    4  error(")
        )
        #expect(page.text.contains("local text = 'a &lt; b'") && page.text.contains("code=(not shown)"))
        #expect(!page.text.contains("secret") && !page.text.contains("<broken>"))
    }

    // MARK: Streams

    @Test(arguments: [
        ("return { body = function(write) write 'a' write(1) write '' write 'b' end }", ["a", "1", "b"]),
        ("return { body = coroutine.create(function() coroutine.yield 'a' coroutine.yield 'b' end) }", ["a", "b"]),
        (
            "return { body = function(write) require('task').all { function() write 'a' end, function() write 'b' end } end }",
            ["a", "b"]
        ),
        (
            "return http.eventStream(function(send) send 'x' send { event = 'e', id = 7, data = { a = 1 } } send { data = 'a\\nb', retry = 10 } end)",
            ["data: x\n\n", "event: e\nid: 7\ndata: {\"a\":1}\n\n", "retry: 10\ndata: a\ndata: b\n\n"]
        ),
        ("return { body = function(write) write 'a' return 'last' end }", ["a", "last"]),
        ("error(http.response { statusCode = 418, body = function(write) write 'teapot' end })", ["teapot"]),
    ])
    func `a body that is a function or coroutine is sent in pieces`(_ code: String, pieces: [String]) async throws {
        let reply = try await Self.request(code)
        #expect(reply.pieces == pieces && reply.isComplete)
    }

    @Test(arguments: [
        (
            "return { res = { statusCode = 201, body = function(write) print 'in' write 'a' require('task').sleep(0.001) write 'b' end } }",
            #"{"Outputs":{"res":{"statusCode":201,"body":"ab"}},"Logs":["in"]}"#
        ),
        (
            "return { body = coroutine.create(function() coroutine.yield 'x' end) }",
            #"{"Outputs":{"res":{"statusCode":200,"body":"x"}}}"#
        ),
    ])
    func `in a payload, the same body arrives as a whole`(_ code: String, payload: String) async throws {
        #expect(try await Self.invoke(code) == payload)
    }

    /// Lua code that makes a table of more than half a megabyte of JSON, and that JSON.
    private static let long = "local t = {} for i = 1, 30000 do t[i] = { i, 'a text' } end "
    private static let longJSON = "[" + (1...30_000).map { "[\($0),\"a text\"]" }.joined(separator: ",") + "]"

    @Test func `a long table is written in advance and arrives complete`() async throws {
        #expect(try await Self.request(Self.long + "return { body = t }").text == Self.longJSON)
        let twice = try await Self.request(Self.long + "return { headers = { a = 'b' }, body = { t, { t } } }")
        #expect(twice.text == "[\(Self.longJSON),[\(Self.longJSON)]]" && twice.headers.first("a") == "b")
        let raised = try await Self.request(
            Self.long + "error(require('http').response { statusCode = 418, body = t })")
        #expect(raised.status == 418 && raised.text == Self.longJSON)
        let payload = try await Self.invoke(Self.long + "return { body = t }")
        let quoted = JSONText.object([("x", .text(Self.longJSON))]).dropFirst(5).dropLast()
        #expect(
            payload
                == #"{"Outputs":{"res":{"statusCode":200,"headers":{"content-type":"application/json"},"body":\#(quoted)}}}"#
        )
    }

    @Test func `a value in a long table that cannot be written is reported with its place`() async throws {
        let reply = try await Self.invoke(Self.long + "t[30001] = { print } return { body = t }")
        #expect(reply.contains("Outputs.res.body[30001][1]: a function value has no JSON form"), "\(reply.prefix(300))")
    }

    @Test(arguments: [
        ("return { body = function(write) write 'a' error 'broken off' end }", "broken off"),
        ("return { body = function(write) write {} end }", "string expected, got table"),
        (
            "local w return { body = function(write) local s = ('x'):rep(1e6) for i = 1, 100 do write(s) end end }",
            "the response body takes more than the function's 64 MB"
        ),
        ("return { body = function(write) write '\\255' end }", "a binary body cannot be sent through the host"),
    ])
    func `in a payload, a body that fails is not sent as a response`(_ code: String, reason: String) async throws {
        #expect(try await Self.invoke(code).contains(reason))
    }

    @Test func `write raises an error once the body is complete`() async throws {
        let code = """
            if kept then return tostring(select(2, pcall(kept, 'late'))) end
            return { body = function(write) kept = write write 'a' end }
            """
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "kept = false return function() \(code) end",
        ])
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        #expect(try await handler.request("/api/f").text == "a")
        #expect(try await handler.request("/api/f").text.contains("write works only while the body function runs"))
    }

    private static func invoke(_ code: String) async throws -> String {
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "return function(data) \(code) end",
        ])
        return try await InProcessHandler(root: app.folder.path).invoke("f", payload).text
    }

    @Test func `a body that fails before its first piece is reported like any other failure`() async throws {
        let reply = try await Self.request("return { body = function(write) error 'early' end }", showsErrors: true)
        #expect(reply.status == 500 && reply.text.contains("functions/f/handler.lua:3: early"))
        let late = try await Self.request(
            "return { body = function(write) write '' error 'late' end }", showsErrors: true)
        #expect(late.status == 200 && !late.isComplete, "an empty piece sends the head")
    }

    @Test func `misspelt and misplaced members of host.json are reported`() throws {
        let app = try Self.app(#""enableForwardingHttpRequests": true"#, #", "enableProxyingHttpRequest": true"#)
        let warnings = try AppLoader(.folder(app.folder.path), settings: [:]).load().warnings.map(\.description)
        #expect(
            warnings.contains(
                #"host.json:1: "enableForwardingHttpRequests" is not a known setting; did you mean "enableForwardingHttpRequest"?"#
            ))
        #expect(warnings.contains(#"host.json:1: "enableProxyingHttpRequest" belongs in "customHandler""#))
        try app.write(["host.json": #"{ "version": "2.0", "customHandler": { "enableForwardingHttpRequest": "yes" } }"#]
        )
        #expect(throws: (any Error).self) { try AppLoader(.folder(app.folder.path), settings: [:]).load() }
    }

    @Test func `the answer to a request without a route suggests the right address`() async throws {
        let app = try Self.app()
        try app.write(["broken/function.json": "{", "broken/handler.lua": ""])
        let handler = try await InProcessHandler(root: app.folder.path)
        // `zall` takes every path under the prefix.
        #expect(try await handler.request("/broken").text.contains("'broken' is not served: broken/function.json"))
        let payloads = try await InProcessHandler(
            root: app.folder.path,
            settings: ["AzureFunctionsJobHost__customHandler__enableForwardingHttpRequest": "false"])
        #expect(try await payloads.request("/api/items").text.contains("this app takes invocation payloads"))
        let hosted = try await handler.request("/nothing", headers: ["X-Azure-Functions-HostVersion": "4"])
        #expect(hosted.status == 404 && !hosted.text.contains("items"))
    }

    @Test func `no other code runs in a VM while a body is preempted`() async throws {
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": """
            local inside, seen = 0, 0
            return function()
                return { body = function(write)
                    inside = inside + 1
                    if inside > seen then seen = inside end
                    for i = 1, 2000000 do end
                    inside = inside - 1
                    write(tostring(seen))
                end }
            end
            """,
        ])
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        let replies = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<6 { group.addTask { try await handler.request("/api/f").text } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(replies == Array(repeating: "1", count: 6))
    }

    @Test func `writing an empty piece does not extend the time limit`() async throws {
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction.replacing(
                "] }", with: #"], "lua": { "timeLimit": "200ms" } }"#),
            "functions/f/handler.lua":
                "return function() return { body = function(write) while true do write '' end end } end",
        ])
        let plain = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        #expect(try await !plain.request("/api/f").isComplete)
        let wrapped = try await InProcessHandler(root: app.folder.path)
        #expect(try await wrapped.invoke("f", Self.payload).text.contains("the time limit of 0.2 seconds was exceeded"))
    }

    // MARK: Size

    @Test func `many fields, members and headers take linear time`() async throws {
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": """
            return function(data, metadata)
                local headers = {}
                for i = 1, tonumber(data.req:query "headers") do headers["x" .. i] = "1" end
                return { headers = headers, body = metadata.k99999 .. metadata.Query.q9999 .. data.req.Query.q1 }
            end
            """,
        ])
        let handler = try await InProcessHandler(
            root: app.folder.path, settings: InProcessHandler.forwarding, showsErrors: true)
        let body = "{" + (0..<100_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
        let query = (0..<10_000).map { "q\($0)=\($0)" }.joined(separator: "&")
        let reply = try await handler.request("/api/f?headers=3&\(query)", body, method: .post)
        #expect(reply.text == "9999999991")
        let refused = try await handler.request(
            "/api/f?headers=50000&\(query)", body, method: .post)
        #expect(refused.text.contains("a response has at most 256 headers"))
    }
}
