import Foundation
import JSON
import LoopTesting
import TestSupport
import Testing

@testable import CustomHandler

/// `require "http"` and `require "task"`, as a script sees them.
@Suite struct HTTPModuleTests {
    /// Bodies of handlers that use `http` and `url`, the URL of a server on loopback, and must return true.
    @Test(arguments: [
        "local r = http.get(url .. '/text') return r.status == 200 and r.body == 'hello' and r.headers['x-one'] == '1' and r.headers['X-ONE'] == '1'",
        "local r = http.get(url .. '/text') local list = r.headers['set-cookie'] return #list == 2 and list[1] == 'a=1' and list[2] == 'b=2' and r:values('Set-Cookie')[2] == 'b=2' and r.headers.nothing == nil",
        "return http.get(url .. '/json'):json().list[2] == 2", "return http.get(url .. '/mark'):json().list[2] == 2",
        "return select(2, pcall(function() return http.get(url .. '/text'):json() end)):find('the response body is not JSON: line 1, column 1')",
        "local r = http.post(url .. '/echo', 'some text', { headers = { ['X-Two'] = 2, many = { 'a', 'b' } } }) return r.body:find('^POST /echo') and r.body:lower():find('x%-two: 2') and r.body:find('some text$')",
        "local r = http.put(url .. '/echo', { a = 1 }) return r.body:find('^PUT') and r.body:lower():find('content%-type: application/json') and r.body:find('{\"a\":1}$')",
        "return http.request { url = url .. '/echo', method = 'options' }.body:find('^OPTIONS')",
        "return http.get(url .. '/bytes').body == '\\0\\255\\10'",
        "return http.get(url .. '/gzip').body == 'hello gzip'",
        "return http.get(url .. '/missing').status == 404",
        "return http.get(url .. '/moved').body == 'hello' and http.get(url .. '/moved', { follow = false }).status == 302",
        "local r, message, kind = http.get(url .. '/loop') return r == nil and kind == 'redirect' and message:find('/loop')",
        "local r, message, kind = http.get(url .. '/silent', { timeout = 0.05 }) return r == nil and kind == 'timeout' and message:find('no complete answer arrived in time')",
        "local r, message, kind = http.get(url .. '/half', { timeout = 0.1 }) return r == nil and kind == 'timeout'",
        "local r, message, kind = http.get(url .. '/text', { limit = 3 }) return r == nil and kind == 'limit' and message:find('larger than 3 bytes')",
        "local r, message, kind = http.get('http://127.0.0.1:1/') return r == nil and kind == 'connect'",
        "local r, message, kind = http.get('http://localhost:65536/') return r == nil and kind == 'url' and message:find('port')",
        "local r, message, kind = http.get('no url') return r == nil and kind == 'url'",
        "local r, message, kind = http.get(url .. '/garbage') return r == nil and message ~= nil and kind ~= nil",
        "return select(2, pcall(http.request, {})):find('http.request needs a url')",
        "local ok, e = pcall(function()\n local r = http.get(nil) return r end) return e:match('^[^?]+:(%d+): http.get needs a url') == '2'",
        "return select(2, pcall(http.get, url, { headrs = {} })):find(\"no option 'headrs' %(did you mean 'headers'\")",
        "return select(2, pcall(http.post, url, true)):find('body must be text, a table, or a function')",
        "return coroutine.wrap(function() return http.get(url .. '/text').status end)() == 200",
        "local ok, r = pcall(http.get, url .. '/text') return ok and r.status == 200",
        "local task = require 'task' local r = task.all { function() return http.get(url .. '/text').body end, function() return http.get(url .. '/json').status end } return r[1] == 'hello' and r[2] == 200",
        "local list = {} for i = 1, 50 do list[i] = function() return http.get(url .. '/text').status end end local n = 0 for _, s in ipairs(require('task').all(list)) do n = n + (s == 200 and 1 or 0) end return n == 50",
    ])
    func `a request gives a response, or nil and the reason`(_ code: String) async throws {
        #expect(try await Self.run(code) == "true")
    }

    @Test(arguments: [
        "local order = {} local r = task.all { function() task.sleep(0.03) order[#order + 1] = 'a' return 1 end, function() order[#order + 1] = 'b' return 2 end } return r[1] == 1 and r[2] == 2 and order[1] == 'b'",
        "local t = task.spawn(function(a, b) task.sleep(0.001) return a + b, 'x' end, 1, 2) local sum, x = t:join() local again = t:join() return sum == 3 and x == 'x' and again == 3",
        "local t = task.spawn(function() error('in task', 0) end) local ok, e = pcall(t.join, t) return not ok and e == 'in task'",
        "local late = false local ok, e = pcall(task.all, { function() task.sleep(0.4) late = true end, function() error({ code = 7 }) end }) task.sleep(0.5) return not ok and e.code == 7 and not late",
        "return #task.all {} == 0",
        "local t = {} for i = 1, 10 do t[i] = task.spawn(function() http.get(url .. '/half', { timeout = 60 }) end) end task.sleep(0.05) local r = http.get(url .. '/text', { timeout = 5 }) for i = 1, 10 do t[i]:cancel() end return r.status == 200",
        "return select(2, pcall(task.all, { 1 })):find('element 1 is not a function')",
        "return select(2, pcall(task.sleep, -1)):find('seconds of 0 or more expected')",
        "return select(2, pcall(ipairs({}), setmetatable({}, { __index = function() task.sleep(0) end }), 0)):find('cannot be called inside')",
        "return select(2, xpcall(error, function() return select(2, pcall(coroutine.wrap(function() task.sleep(0) end))) end)):find('cannot be called inside')",
        "return ('%s-%s'):format(setmetatable({}, { __tostring = function() task.sleep(0.001) return 'told' end }), 1) == 'told-1'",
        "local t = { 3, 1, 2 } table.sort(t, function(a, b) task.sleep(0.001) return a < b end) return table.concat(t) == '123'",
        "return (('abc'):gsub('%a', function(c) task.sleep(0.001) return c .. c end)) == 'aabbcc'",
        "return tostring(setmetatable({}, { __tostring = function() task.sleep(0.001) return 'told' end })) == 'told'",
        "local co = coroutine.wrap(function() task.sleep(0.001) coroutine.yield(1) task.sleep(0.001) return 2 end) return co() == 1 and co() == 2",
        "local co = coroutine.create(function() task.sleep(0.001) return 'done' end) local ok, r = coroutine.resume(co) return ok and r == 'done' and coroutine.status(co) == 'dead'",
        "local ok, r = pcall(function() task.sleep(0.001) error('x', 0) end) return r == 'x'",
        "local t = setmetatable({}, { __index = function(_, k) task.sleep(0.001) return k end }) return t.a == 'a'",
        "local t = task.spawn(function() while true do task.sleep(0.001) end end) task.sleep(0.01) return t:cancel()",
        "local closed = false do local x <close> = setmetatable({}, { __close = function() closed = true end }) task.sleep(0.001) end return closed",
        "local n = 0 local list = {} for i = 1, 200 do list[i] = function() task.sleep(0.001) n = n + 1 end end task.all(list) return n == 200",
        "local inner = task.spawn(function() return task.all { function() return 1 end, function() task.sleep(0.001) return 2 end } end) return inner:join()[2] == 2",
    ])
    func `tasks run concurrently`(_ code: String) async throws {
        #expect(try await Self.run(code) == "true")
    }

    @Test(arguments: [
        ("local r = http.get(url .. '/json') r.json()", ":1: call it with a colon: response:json()"),
        ("local r = http.get(url .. '/json') r:values()", ":1: the name of a header must be a string, not a nil"),
        ("local t = task.spawn(function() end) t.join()", ":1: call it with a colon: task:join()"),
        ("local r = http.get(url, 5)", ":1: http.get: the options must be a table"),
        ("local r = http.request { url = url, headers = 5 }", ":1: http.request: headers must be a table"),
        (
            "for _ in ipairs(setmetatable({}, { __index = function() http.get(url) end })) do end",
            ":1: a function that waits cannot be called inside"
        ),
        ("local r = http.post(url, { 1, x = 2 })", ":1: http.post: body: a table with both list elements"),
        ("load(nil)", ":1: bad argument #1 to 'load' (string expected, got nil)"),
        ("package.preload.x = {} require 'x'", ":1: package.preload['x'] must be a function, not a table"),
    ])
    func `a wrong call of a module is reported with its place`(_ code: String, _ message: String) async throws {
        let find =
            "local task = require 'task' return select(2, pcall(function() \(code) end)):find([[\(message)]], 1, true)"
        #expect(try await Self.run(find) == "true")
    }

    @Test func `requests can be sent before and after workers are added, and end with them`() async throws {
        let url = "http://127.0.0.1:\(try await Self.server.value.port)/text"
        let app = try await Self.app()
        for _ in 1...2 {
            let reply = try await Self.run("return http.get(url).body", in: app.0, url: url)
            #expect(reply.contains(#""body":"hello""#), "\(reply)")
            _ = try app.0.workers.add(1)
        }
        await app.0.workers.shutdown()
    }

    @Test func `https checks the certificate against the trusted roots`() async throws {
        MainLoopThread.start()
        let server = try await TLSServer()
        let roots = try TemporaryApp(["roots.pem": String(decoding: server.certificate, as: UTF8.self)])
        let code = "return http.get(url).body"
        let url = "https://localhost:\(await server.port)/"
        let trusting = try await Self.app(settings: ["SSL_CERT_FILE": roots.folder.path + "/roots.pem"])
        #expect(try await Self.run(code, in: trusting.0, url: url).contains(#""body":"secret""#))
        let distrusting = try await Self.app()
        let refusal = "local r, message, kind = http.get(url) return kind .. ': ' .. message"
        let reply = try await Self.run(refusal, in: distrusting.0, url: url)
        #expect(
            reply.contains("tls: ") && reply.contains("self-signed and not trusted"), "\(reply)")
        let lost = try await Self.app(settings: ["SSL_CERT_FILE": "/nowhere.pem"])
        let failure = try await Self.run(refusal, in: lost.0, url: url)
        #expect(failure.contains("tls: ") && failure.contains("SSL_CERT_FILE, /nowhere.pem"), "\(failure)")
        for handler in [trusting.0, distrusting.0, lost.0] { await handler.workers.shutdown() }
        await server.close()
    }

    // MARK: -

    private static let server = Task {
        // gzip of "hello gzip"
        let packed = Data(base64Encoded: "H4sIAAAAAAACA8tIzcnJV0ivyiwAABlq0t8KAAAA") ?? Data()
        return try CannedServer([
            "/text": CannedServer.response(
                "200 OK\r\nX-One: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2", Array("hello".utf8)),
            "/mark": CannedServer.response("200 OK", Array("\u{feff}{\"list\":[1,2]}".utf8)),
            "/json": CannedServer.response("200 OK\r\nContent-Type: application/json", Array(#"{"list":[1,2]}"#.utf8)),
            "/bytes": CannedServer.response("200 OK", [0, 255, 10]),
            "/gzip": CannedServer.response("200 OK\r\nContent-Encoding: gzip", [UInt8](packed)),
            "/missing": CannedServer.response("404 Not Found"),
            "/moved": CannedServer.response("302 Found\r\nLocation: /text"),
            "/loop": CannedServer.response("302 Found\r\nLocation: /loop"),
            "/half": Array("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".utf8),
            "/garbage": Array("what is this\r\n\r\n".utf8),
        ])
    }

    private static let sharedApp = Task { try await app() }

    private static func app(settings: [String: String] = [:]) async throws -> (InProcessHandler, TemporaryApp) {
        let files = try TemporaryApp([
            "functions/eval/function.json": TemporaryApp.httpFunction,
            "functions/eval/handler.lua": """
            local http, task = require "http", require "task"
            return function(data)
                local code = "local http, task, url = ... " .. data.req.Body
                return assert(load(code))(http, task, data.req.Url)
            end
            """,
        ])
        return (try await InProcessHandler(root: files.folder.path, settings: settings), files)
    }

    /// `true` if the code returns a true value; otherwise the whole response.
    private static func run(_ code: String) async throws -> String {
        let url = "http://127.0.0.1:\(try await server.value.port)"
        let whole = "return tostring((function() \(code) end)() and true)"
        let text = try await run(whole, in: sharedApp.value.0, url: url)
        return text == #"{"Outputs":{"res":{"statusCode":200,"body":"true"}}}"# ? "true" : text
    }

    /// The response to an invocation that runs the code.
    private static func run(_ code: String, in handler: InProcessHandler, url: String) async throws -> String {
        let request = JSONText.object([("Body", .text(code)), ("Url", .text(url))])
        return try await handler.invoke("eval", "{\"Data\":{\"req\":\(request)}}").text
    }
}
