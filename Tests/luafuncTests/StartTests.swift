import Foundation
import TestSupport
import Testing

/// Tests `luafunc start` as a user runs it: the responses, the content of `.luafunc`, and the output on the terminal.
@Suite struct StartTests {
    private static let bundle = #"{ "version": "2.0", "extensionBundle": {} }"#

    private static func queueFunction(_ queue: String, _ outputs: String = "") -> String {
        """
        { "bindings": [ { "name": "msg", "type": "queueTrigger", "queueName": "\(queue)", "connection": "" } \(outputs) ] }
        """
    }

    // MARK: The sample app

    @Test func `an order is sent to a queue, and its message becomes a blob`() throws {
        let host = try StartedApp(.sample())
        let reply = try host.request("/api/order", method: "POST", body: #"{"id":1005}"#)
        #expect(reply.status == 202 && reply.text == "Order enqueued")
        #expect(
            host.waitForLines(containing: [
                "→ queue orders", "            order\t1005", "→ blob shipped/1005.txt",
                "            shipping order 1005",
            ]))
        #expect(host.blob("shipped/1005.txt") == "order 1005 is on its way\n")
    }

    @Test func `a function with a queue trigger can be run by hand`() throws {
        let host = try StartedApp(.sample())
        try host.fire("myqueuefunction", "hello")
        #expect(host.waitForLines(containing: ["by hand ", "            message "]))
        let queue = host.app.folder.appending(path: ".luafunc/queues/messages-outgoing")
        let files = try FileManager.default.contentsOfDirectory(atPath: queue.path)
        let text = try String(contentsOf: queue.appending(path: try #require(files.first)), encoding: .utf8)
        #expect(files.count == 1 && text.contains("\"text\": \"HELLO\""))
    }

    @Test func `a file triggers even if the container did not exist before`() throws {
        let blob =
            #"{ "bindings": [ { "name": "b", "type": "blobTrigger", "path": "files/{name}", "connection": "" } ] }"#
        let host = try StartedApp([
            "host.json": Self.bundle, "functions/f/function.json": blob,
            "functions/f/handler.lua": "return function(data) print('got ' .. data.b) end",
            "functions/ping/function.json": TemporaryApp.httpFunction,
            "functions/ping/handler.lua": "return function() return 'pong' end",
        ])
        #expect(try host.request("/api/ping").text == "pong")
        // More time has passed than the watcher needs to combine several changes.
        #expect(try host.request("/api/ping").text == "pong")
        try host.app.write([".luafunc/blobs/files/a.txt": "it"])
        #expect(host.process.waitForLine(containing: "got it"))
    }

    @Test func `a file in a container triggers the function for it`() throws {
        let host = try StartedApp(.sample())
        try host.app.write([".luafunc/blobs/uploads/2026/cat.txt": "meow"])
        #expect(try host.invocation(of: "copyblob").hasSuffix("→ blob copies/2026/cat.txt"))
        #expect(host.blob("copies/2026/cat.txt") == "meow")
    }

    @Test func `events and messages reach functions of Event Hub, Service Bus, Cosmos DB and timers by hand`() throws {
        let host = try StartedApp(.sample())
        try host.fire("telemetry", #"["{\"device\":1,\"temperature\":99}","{\"device\":2,\"temperature\":9}"]"#)
        #expect(try host.invocation(of: "telemetry").hasSuffix("→ queue alerts"))
        try host.fire("invoice", #"{"id":7,"total":3}"#)
        #expect(try host.invocation(of: "invoice").hasSuffix("→ Service Bus queue receipts"))
        try host.fire("products", #"[{"id":"1","name":"tea"}]"#)
        #expect(host.process.waitForLine(containing: "1: tea"))
        try host.fire("cleanup")
        #expect(host.process.waitForLine(containing: "scheduled for 20"))
    }

    // MARK: Saves

    @Test func `every save takes effect, and a broken one is reported with its lines`() throws {
        let host = try StartedApp([
            "host.json": #"{ "version": "2.0", "customHandler": { "enableForwardingHttpRequest": true } }"#,
            "functions/hello/function.json": TemporaryApp.httpFunction,
            "functions/hello/handler.lua": "return function() return 'one' end",
        ])
        #expect(try host.request("/api/hello").text == "one")
        try host.app.write(["functions/hello/handler.lua": "return function() return 'two' end"])
        #expect(host.process.waitForLine(containing: "reloaded hello in "))
        #expect(try host.request("/api/hello").text == "two")
        try host.app.write(["functions/hello/handler.lua": "return function()\n  retrun three\nend"])
        #expect(host.process.waitForLine(containing: "functions/hello/handler.lua:2: "))
        #expect(host.process.waitForLine(containing: ">    2 |   retrun three"))
        #expect(try host.request("/api/hello").text == "two")
        try host.app.write(["functions/hello/handler.lua": "return function() return 'four' end"])
        #expect(host.process.waitForLine(containing: "reloaded hello in "))
        try host.app.write(["functions/other/handler.lua": "return function() return 'new' end"])
        try host.app.write(["functions/other/function.json": TemporaryApp.httpFunction], isAtomic: true)
        #expect(host.waitForLines(containing: ["added other", "/api/other"]))
        #expect(try host.request("/api/other").text == "new")
        #expect(try host.request("/api/hello").text == "four")
        try FileManager.default.removeItem(at: host.app.folder.appending(path: "functions/other"))
        #expect(host.process.waitForLine(containing: "removed other"))
        try host.app.write(["host.json": #"{ "version": "2.0", "extensions": { "http": { "routePrefix": "v2" } } }"#])
        #expect(host.waitForLines(containing: ["reloaded host.json", "/v2/hello"]))
        #expect(try host.request("/v2/hello").text == "four")
        #expect(try host.request("/api/hello").status == 404)
    }

    @Test func `host and handler agree on the version of a function that does not load`() throws {
        func function(_ route: String) -> String {
            TemporaryApp.httpFunction.replacing(#""name": "req","#, with: #""name": "req", "route": "\#(route)","#)
        }
        let host = try StartedApp([
            "host.json": #"{ "version": "2.0", "customHandler": { "enableForwardingHttpRequest": true } }"#,
            "functions/a/function.json": function("old"), "functions/a/handler.lua": "return function() return 'a' end",
            "functions/b/function.json": function("b"), "functions/b/handler.lua": "return function() return 'b' end",
        ])
        defer { host.process.send(signal: SIGTERM) }
        #expect(try host.request("/api/old").text == "a")
        try host.app.write(["functions/a/handler.lua": "return function( broken"], isAtomic: true)
        #expect(host.process.waitForLine(containing: "a keeps its previous version: functions/a/handler.lua:1"))
        try host.app.write(["functions/a/function.json": function("new")], isAtomic: true)
        #expect(host.process.waitForLine(containing: "a keeps its previous version: functions/a/handler.lua:1"))
        try host.app.write(
            [
                "functions/c/handler.lua": "return function() return 'c' end",
                "functions/c/function.json": function("c"),
            ],
            isAtomic: true)
        #expect(host.waitForLines(containing: ["added c", "/api/c"]))
        #expect(try host.request("/api/c").text == "c")
        #expect(try host.request("/api/old").text == "a" && host.request("/api/new").status == 404)
        try host.app.write(["functions/a/function.json": "{"], isAtomic: true)
        #expect(host.process.waitForLine(containing: "a keeps its previous version: functions/a/function.json:1"))
        try FileManager.default.removeItem(at: host.app.folder.appending(path: "functions/c"))
        #expect(host.process.waitForLine(containing: "removed c"))
        #expect(try host.request("/api/old").text == "a" && host.request("/api/b").text == "b")
        try host.app.write(
            [
                "functions/a/function.json": function("new"),
                "functions/a/handler.lua": "return function() return 'mended' end",
            ], isAtomic: true)
        #expect(host.process.waitForLine(containing: "a loads now"))
        // The list of a later save shows that the host has read this one.
        try host.app.write(
            ["functions/d/handler.lua": "return function() end", "functions/d/function.json": function("d")],
            isAtomic: true)
        #expect(host.waitForLines(containing: ["added d", "/api/d"]))
        #expect(try host.request("/api/new").text == "mended" && host.request("/api/old").status == 404)
    }

    // MARK: HTTP

    @Test(arguments: ["", ", \"customHandler\": { \"enableForwardingHttpRequest\": true }"])
    func `routes, methods and parameters work as in the host`(_ wire: String) throws {
        let host = try StartedApp([
            "host.json": "{ \"version\": \"2.0\"\(wire) }",
            "functions/item/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger", "route": "items/{id:int?}", "methods": ["get"] },
                            { "name": "res", "type": "http", "direction": "out" } ] }
            """,
            "functions/item/handler.lua": """
            return function(data) return (data.req.Params.id or "all") .. " " .. (data.req:query "q" or "") end
            """,
        ])
        #expect(try host.request("/api/ITEMS/7?q=a%20b").text == "7 a b")
        #expect(try host.request("/api/items").text == "all ")
        #expect(try host.request("/api/items/x").status == 404)
        #expect(try host.request("/api/items/7", method: "POST").status == 404)
        #expect(try host.request("/items/7").status == 404)
        #expect(try host.request("/").text.contains("<td>item</td>"))
    }

    @Test func `a failure is a 500 without a body for programs and with the reason for browsers`() throws {
        let files = [
            "functions/bad/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "o", "type": "queue", "queueName": "abc", "direction": "out" },
                            { "name": "res", "type": "http", "direction": "out" } ] }
            """,
            "functions/bad/handler.lua":
                "local function f()\n error 'no luck' end\nreturn function() print 'before' f() end",
            "host.json": Self.bundle,
        ]
        let host = try StartedApp(files)
        let silent = try host.request("/api/bad")
        #expect(silent.status == 500 && silent.body.isEmpty)
        #expect(try host.invocation(of: "bad").contains("500"))
        #expect(host.waitForLines(containing: ["            before", "functions/bad/handler.lua:2: no luck"]))
        let page = try host.request("/api/bad", headers: ["Accept": "text/html,*/*"])
        #expect(page.status == 500 && page.text.contains("functions/bad/handler.lua:2: no luck"))
        // The host's view of a failing handler, which would mislead, as luafunc's own handler has answered.
        #expect(!page.text.contains("application/json"), "\(page.text)")
        let verbose = try StartedApp(files, ["--verbose-errors"])
        #expect(try verbose.request("/api/bad").text.contains("no luck"))
    }

    @Test func `a change of other settings is reported to need a restart`() throws {
        let settings = #"{ "Values": { "GREETING": "hello" } }"#
        let host = try StartedApp([
            "host.json": Self.bundle, "local.settings.json": settings,
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "return function() return os.getenv 'GREETING' end",
        ])
        #expect(try host.request("/api/f").text == "hello")
        try host.app.write(["local.settings.json": settings.replacing("hello", with: "hi")])
        #expect(
            host.process.waitForLine(containing: "local.settings.json has changed; restart luafunc to use its settings")
        )
        #expect(try host.request("/api/f").text == "hello")
        try host.app.write(["local.settings.json": "{"])
        #expect(host.process.waitForLine(containing: "is not JSON"))
    }

    @Test func `a timeout is reported once, even if the running invocation was shown`() throws {
        let host = try StartedApp(
            [
                "functions/slow/function.json": TemporaryApp.httpFunction,
                "functions/slow/handler.lua": "return function() while true do end end",
                "functions/ping/function.json": TemporaryApp.httpFunction,
                "functions/ping/handler.lua": "return function() return 'pong' end",
            ], ["--time-limit", "1500ms"])
        defer { host.process.send(signal: SIGTERM) }
        #expect(try host.request("/api/slow").status == 500)
        #expect(try host.request("/api/ping").text == "pong")
        let lines = try host.lines(upTo: "  ping ")
        #expect(lines.contains { $0.contains("  slow ") && $0.hasSuffix("  runs") })
        #expect(lines.count { $0.contains("the time limit of ") } == 1, "\(lines)")
    }

    @Test func `problems and warnings are reported once at the start and once per save`() async throws {
        let host = try StartedApp([
            "functions/a/handler.lua": "", "functions/b/function.json": #"{ "bindings": [] }"#,
            "functions/b/handler.lua": "", "functions/c/function.json": TemporaryApp.httpFunction,
            "functions/c/handler.lua": "error 'at load'", "functions/d/function.json": TemporaryApp.httpFunction,
            "functions/d/handler.lua": "return function() return 'one' end",
        ])
        let lines = try host.lines(upTo: "functions/c/handler.lua:1: at load")
        try host.app.write(["functions/d/handler.lua": "return function() return 'two' end"], isAtomic: true)
        let more = try host.lines(upTo: "reloaded d")
        let told = (lines + more).map { $0.dropFirst("00:00:00  ".count) }.filter { $0.hasPrefix("functions/") }
        #expect(
            told == [
                "functions/a: has a handler.lua but no function.json, so it is not a function",
                "functions/b/function.json:1: at least one binding must be declared",
                "functions/c/handler.lua:1: at load",
            ])
        host.process.send(signal: SIGTERM)
        #expect(await host.process.end().errors.isEmpty)
    }

    @Test func `what a function keeps in a variable shows that several VMs run it`() throws {
        let counter = "local n = 0 return function() n = n + 1 return n end"
        let host = try StartedApp([
            "host.json": Self.bundle, "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": counter,
        ])
        func calls(_ count: Int) throws -> [String] { try (0..<count).map { _ in try host.request("/api/f").text } }
        #expect(try calls(5) == ["1", "1", "2", "2", "3"])
        try host.app.write(["functions/f/handler.lua": counter.replacing("0", with: "10")], isAtomic: true)
        #expect(host.process.waitForLine(containing: "reloaded f"))
        #expect(try calls(4) == ["11", "11", "12", "12"])
    }

    @Test func `what check finds in scripts is told at the start and at each save`() throws {
        let host = try StartedApp([
            "host.json": Self.bundle, "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "return function()\n  send(1)\nend",
            "functions/g/function.json": TemporaryApp.httpFunction, "functions/g/handler.lua": "return function() end",
        ])
        let first = "functions/f/handler.lua:2: there is no global 'send', so the call fails"
        #expect(host.process.waitForLine(containing: first))
        try host.app.write(["functions/g/handler.lua": "return function() count = 1 end"], isAtomic: true)
        let second = "functions/g/handler.lua:1: "
        #expect(host.process.waitForLine(containing: second))
        // The mark comes a moment after the line.
        let isMarked = { (name: String, file: String) in
            (0..<5000).contains { _ in
                (try? host.request("/admin/functions/\(name)").text.contains("has an error: \(file)")) == true
            }
        }
        #expect(isMarked("g", "functions/g/handler.lua:1") && isMarked("f", "functions/f/handler.lua:2"))
        // What a module breaks is marked in all functions that need it.
        try host.app.write(
            [
                "lib/m.lua": "return function() return absent() end",
                "functions/f/handler.lua": "local m = require 'm' return function() return m() end",
                "functions/g/handler.lua": "local m = require 'm' return function() return m() end",
            ], isAtomic: true)
        #expect(host.process.waitForLine(containing: "lib/m.lua:1: there is no global 'absent'"))
        #expect(isMarked("g", "lib/m.lua:1") && isMarked("f", "lib/m.lua:1"))
        try host.app.write(["functions/f/handler.lua": "return function() end"], isAtomic: true)
        #expect(host.process.waitForLine(containing: "reloaded f"))
    }

    @Test func `functions that do not load, listen or write are marked wherever functions are listed`() throws {
        let output = #"{ "name": "o", "type": "queue", "direction": "out", "queueName": "NO" }"#
        let host = try StartedApp([
            "host.json": Self.bundle, "functions/good/function.json": TemporaryApp.httpFunction,
            "functions/good/handler.lua": "return function() end",
            "functions/json/function.json": #"{ "bindings": [] }"#, "functions/json/handler.lua": "",
            "functions/queue/function.json": Self.queueFunction("a_b"),
            "functions/queue/handler.lua": "return function() end",
            "functions/script/function.json": TemporaryApp.httpFunction,
            "functions/script/handler.lua": "return function(",
            "functions/write/function.json": Self.queueFunction("abc", ", \(output)"),
            "functions/write/handler.lua": "return function() end",
        ])
        let marks = [
            ("json", "does not load: functions/json/function.json:1: at least one binding must be declared"),
            ("queue", "does not listen: functions/queue/function.json:1: binding 'msg': 'a_b' cannot be"),
            ("script", "does not load: functions/script/handler.lua:1: "),
            ("write", "cannot write: functions/write/function.json:1: binding 'o': 'NO' cannot be"),
        ]
        // If loading takes long, the mark of the script comes after the list.
        #expect(host.waitForLines(containing: marks.map { "  \($0.1)" }))
        func problems() throws -> [String: String] {
            let list = try JSONSerialization.jsonObject(with: Data(try host.request("/admin/functions").body))
            let pairs = try #require(list as? [[String: Any]]).compactMap { function in
                (function["errors"] as? [String])?.first.map { (function["name"] as? String ?? "", $0) }
            }
            return Dictionary(uniqueKeysWithValues: pairs)
        }
        let listed = try problems()
        #expect(listed.keys.sorted() == marks.map(\.0))
        for (name, mark) in marks { #expect(listed[name]?.hasPrefix(mark) == true, "\(listed)") }
        let page = try host.request("/").text
        #expect(page.split(separator: "class=\"problem\"").count == 1 + marks.count)

        // A save breaks one function and heals another.
        try host.app.write(["functions/good/handler.lua": "return function("], isAtomic: true)
        #expect(host.process.waitForLine(containing: "good keeps its previous version"))
        try host.app.write(["functions/script/handler.lua": "return function() end"], isAtomic: true)
        #expect(host.process.waitForLine(containing: "script loads now"))
        // The marks change right after the line that says so.
        try host.app.write(["functions/good/handler.lua": "return function( "], isAtomic: true)
        #expect(host.process.waitForLine(containing: "good keeps its previous version"))
        let later = try problems()
        #expect(later["good"]?.hasPrefix("keeps its previous version: functions/good/handler.lua:1: ") == true)
        #expect(later["script"] == nil && later.count == marks.count, "\(later)")
    }

    @Test func `limits are passed to the handler if it is luafunc's own`() async throws {
        let host = try StartedApp(
            [
                "host.json": Self.bundle, "functions/f/function.json": TemporaryApp.httpFunction,
                "functions/f/handler.lua": "return function() while true do end end",
            ], ["--time-limit", "50ms", "--memory-limit", "8MB", "--verbose-errors"])
        #expect(try host.request("/api/f").text.contains("the time limit of 0.05 seconds was exceeded"))
        let other = try LuafuncProcess(["start", "--time-limit", "1s", "--", "handler"])
        let end = await other.end()
        #expect(end.code == 64 && end.errors.contains("--time-limit is for luafunc's own handler"), "\(end)")
    }

    @Test func `a response is streamed to its caller if requests are proxied`() throws {
        let host = try StartedApp([
            "host.json": #"{ "version": "2.0", "customHandler": { "enableProxyingHttpRequest": true } }"#,
            "functions/events/function.json": TemporaryApp.httpFunction,
            "functions/events/handler.lua": """
            local http = require "http"
            local task = require "task"
            return http.eventStream and function(data)
              return http.eventStream(function(send)
                send { data = "one " .. data.req.Body }
                task.sleep(60)
              end)
            end
            """,
        ])
        let connection = try RawConnection(port: host.port)
        connection.send(
            "POST /api/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        #expect(connection.head()?.status == 200)
        #expect(connection.chunk().map { String(decoding: $0, as: UTF8.self) } == "data: one abc\n\n")
    }

    @Test func `a proxied response to HEAD has no body, not even its end`() throws {
        let host = try StartedApp([
            "host.json": #"{ "version": "2.0", "customHandler": { "enableProxyingHttpRequest": true } }"#,
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "return function() return { body = function(write) write 'text' end } end",
        ])
        let connection = try RawConnection(port: host.port)
        connection.send("HEAD /api/f HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(connection.head()?.status == 200)
        #expect(connection.rest().isEmpty)
    }

    @Test func `with --auth, keys are required and created once`() throws {
        let host = try StartedApp(
            [
                "functions/open/function.json": """
                { "bindings": [ { "name": "req", "type": "httpTrigger", "authLevel": "anonymous" },
                                { "name": "res", "type": "http", "direction": "out" } ] }
                """,
                "functions/open/handler.lua": "return function() return 'open' end",
                "functions/shut/function.json": TemporaryApp.httpFunction,
                "functions/shut/handler.lua": "return function() return 'shut' end",
            ], ["--auth"])
        struct Keys: Decodable {
            let masterKey: String
            let functionKey: String
        }
        let file = host.app.folder.appending(path: ".luafunc/keys.json")
        let keys = try JSONDecoder().decode(Keys.self, from: Data(contentsOf: file))
        #expect(try host.request("/api/open").text == "open")
        #expect(try host.request("/api/shut").status == 401)
        #expect(try host.request("/api/shut?code=\(keys.functionKey)").text == "shut")
        #expect(try host.request("/api/shut", headers: ["x-functions-key": keys.masterKey]).text == "shut")
        #expect(try host.request("/admin/functions").status == 401)
        #expect(try host.request("/admin/functions", headers: ["x-functions-key": keys.functionKey]).status == 403)
        #expect(try host.request("/admin/functions", headers: ["x-functions-key": keys.masterKey]).status == 200)
        #expect(try host.request("/admin/host/ping").status == 200)
        let permissions = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(permissions == 0o600)
    }

    @Test func `local.settings.json sets settings, names and origins`() throws {
        let host = try StartedApp(
            [
                "local.settings.json": """
                { "Values": { "GREETING": "hi", "TAKEN": "file", "QUEUE": "orders" },
                  "Host": { "CORS": "https://page.example" } }
                """,
                "functions/env/function.json": """
                { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" },
                                { "name": "o", "type": "queue", "queueName": "%QUEUE%", "direction": "out" } ] }
                """,
                "functions/env/handler.lua":
                    "return function() return { res = os.getenv 'GREETING' .. os.getenv 'TAKEN', o = 'x' } end",
                "host.json": Self.bundle,
            ], environment: ["TAKEN": "environment"])
        let reply = try host.request("/api/env", headers: ["Origin": "https://page.example"])
        #expect(reply.text == "hienvironment")
        #expect(reply.headers["access-control-allow-origin"] == "https://page.example")
        #expect(
            try host.request("/api/env", headers: ["Origin": "https://other.example"])
                .headers["access-control-allow-origin"] == nil)
        let asked = try host.request(
            "/api/env", method: "OPTIONS",
            headers: ["Origin": "https://page.example", "Access-Control-Request-Method": "PUT"])
        #expect(asked.status == 204 && asked.headers["access-control-allow-methods"] == "PUT")
        #expect(try host.invocation(of: "env").hasSuffix("→ queue orders"))
    }

    // MARK: Queues, timers, other outputs

    @Test func `a message whose function fails is tried five times, then it is in the poison queue`() throws {
        let host = try StartedApp([
            "host.json": Self.bundle,
            "functions/bad/function.json": Self.queueFunction("work"),
            "functions/bad/handler.lua": "return function(data, metadata) error('try ' .. metadata.DequeueCount) end",
            "functions/poison/function.json": Self.queueFunction("work-poison"),
            "functions/poison/handler.lua": "return function(data) print('poisoned ' .. data.msg) end",
            "functions/put/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" },
                            { "name": "o", "type": "queue", "queueName": "work", "direction": "out" } ] }
            """,
            "functions/put/handler.lua": "return function(data) return { o = data.req.Body, res = 'put' } end",
        ])
        #expect(try host.request("/api/put", method: "POST", body: "some work").text == "put")
        let lines = try host.lines(upTo: "poisoned some work")
        for number in 1...5 { #expect(lines.contains { $0.contains("try \(number)") }) }
        // First come the events, then their consequences.
        let last = try #require(lines.firstIndex { $0.contains("try 5") })
        let moved = try #require(lines.firstIndex { $0.contains("Moving message to queue 'work-poison'") })
        let poisoned = try #require(lines.firstIndex { $0.contains("  poison ") })
        #expect(last < moved && moved < poisoned, "\(lines)")
    }

    @Test func `unread messages survive a restart`() async throws {
        let files = [
            "host.json": Self.bundle,
            "functions/put/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" },
                            { "name": "o", "type": "queue", "queueName": "later", "direction": "out" } ] }
            """,
            "functions/put/handler.lua": "return function(data) return { o = 'kept', res = 'put' } end",
        ]
        let first = try StartedApp(files)
        #expect(try first.request("/api/put").text == "put")
        first.process.send(signal: SIGKILL)
        _ = await first.process.end()
        try first.app.write([
            "functions/take/function.json": Self.queueFunction("later"),
            "functions/take/handler.lua": "return function(data) print('took ' .. data.msg) end",
        ])
        let second = try StartedApp(first.app)
        #expect(second.process.waitForLine(containing: "took kept"))
    }

    @Test func `timers fire`() throws {
        let host = try StartedApp([
            "functions/tick/function.json":
                #"{ "bindings": [ { "name": "timer", "type": "timerTrigger", "schedule": "* * * * * *" } ] }"#,
            "functions/tick/handler.lua": "return function(data) print('past due', data.timer.IsPastDue) end",
            "functions/once/function.json": """
            { "bindings": [ { "name": "timer", "type": "timerTrigger", "schedule": "0 0 1 1 *", "runOnStartup": true } ] }
            """,
            "functions/once/handler.lua": "return function() print 'at the start' end",
            "functions/page/function.json": TemporaryApp.httpFunction,
            "functions/page/handler.lua": "return function() end",
        ])
        #expect(
            host.waitForLines(containing: [
                "at the start", "tick: the first of the six fields is the second, so the sched",
            ]))
        #expect(host.process.waitForLine(containing: "past due\tfalse"))
        #expect(host.process.waitForLine(containing: "past due\tfalse"))
    }

    @Test func `an output without a local service is recorded in a log`() throws {
        let host = try StartedApp([
            "host.json": Self.bundle,
            "functions/save/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" },
                            { "name": "doc", "type": "cosmosDB", "direction": "out", "databaseName": "d", "containerName": "c", "connection": "" } ] }
            """,
            "functions/save/handler.lua": "return function() return { res = 'ok', doc = { id = '1' } } end",
        ])
        #expect(try host.request("/api/save").text == "ok")
        #expect(try host.invocation(of: "save").contains("→ cosmosDB 'doc'"))
        let log = try String(
            contentsOf: host.app.folder.appending(path: ".luafunc/outputs.jsonl"), encoding: .utf8)
        #expect(log.contains(#""function":"save","binding":"doc","type":"cosmosDB","text":"{"#))
    }

    // MARK: Beginning and end

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `Ctrl-C and the end of the terminal stop host and handler`(_ signal: Int32) async throws {
        let text = UUID().uuidString
        let host = try StartedApp([
            "functions/hello/function.json": TemporaryApp.httpFunction,
            "functions/hello/handler.lua": "return function() return '\(text)' end",
        ])
        #expect(try host.request("/api/hello").text == text)
        host.process.send(signal: signal)
        let end = await host.process.end()
        #expect(end.code == 0 && end.output.hasSuffix("stopped\n") && end.errors.isEmpty, "\(end)")
        // Another program may use the port by now.
        #expect((try? host.request("/api/hello"))?.text != text)
    }

    @Test(arguments: [ServedApp.host(), Self.bundle])
    func `Ctrl-C during a request is no error`(_ hostFile: String) async throws {
        let host = try StartedApp([
            "host.json": hostFile, "functions/slow/function.json": TemporaryApp.httpFunction,
            "functions/slow/handler.lua": "return function() print 'begun' require 'task'.sleep(60) end",
        ])
        let connection = try RawConnection(port: host.port)
        connection.send("GET /api/slow HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(host.process.waitForLine(containing: "  runs"))
        host.process.send(signal: SIGINT)
        let end = await host.process.end()
        #expect(end.code == 0 && end.output.hasSuffix("stopped\n") && end.errors.isEmpty, "\(end)")
        #expect(end.output.contains("the host was stopped before the handler answered"), "\(end)")
    }

    @Test(arguments: ["start", "serve"], [false, true])
    func `Ctrl-C while the program starts is no error`(_ command: String, waits: Bool) async throws {
        let app = try TemporaryApp([
            "host.json": Self.bundle, "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "return function() end",
        ])
        let process = try LuafuncProcess([command, "--port", "0", "--app", app.folder.path], waits: waits)
        process.send(signal: SIGINT)
        let end = await process.end()
        // Until the program handles the signal, the system ends it.
        #expect([0, -SIGINT].contains(end.code) && end.errors.isEmpty && !end.output.contains("rror"), "\(end)")
    }

    @Test func `the app can be given relative to the current folder`() async throws {
        let app = try TemporaryApp([
            "host.json": Self.bundle, "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "return function() return 'here' end",
        ])
        let process = try LuafuncProcess(
            ["start", "--port", "0", "--app", app.folder.lastPathComponent],
            folder: app.folder.deletingLastPathComponent())
        #expect(try process.request("/api/f").text == "here")
    }

    @Test func `a second host on the same app is refused`() async throws {
        let host = try StartedApp(["host.json": Self.bundle])
        let end = await
            (try LuafuncProcess(
                ["start", "--port", "0", "--app", host.app.folder.path], waits: false)).end()
        #expect(end.code == 65 && end.errors.contains(".luafunc: is in use by another `luafunc start`"))
    }

    @Test(arguments: [
        ("Host: evil.example", "use localhost or an address"),
        ("Host: localhost\r\nOrigin: http://evil.example", "rejects requests from web pages of http://evil.example"),
        ("Host: localhost\r\nSec-Fetch-Site: cross-site", "rejects requests from web pages of other sites"),
    ])
    func `pages of other sites cannot use the admin API`(_ headers: String, _ reason: String) throws {
        let host = try StartedApp(["host.json": Self.bundle])
        let connection = try RawConnection(port: host.port)
        connection.send("GET /admin/host/status HTTP/1.1\r\n\(headers)\r\n\r\n")
        let reply = try #require(connection.response())
        #expect(reply.status == 403 && reply.text.contains(reason))
    }

    @Test(arguments: [
        ("GET", "/f", "GET /f: 404, no function has this route; is it /api/f?"),
        ("DELETE", "/api/f", "DELETE /api/f: 404, the function at this route takes GET, POST"),
        ("GET", "/api/g", "GET /api/g: 404, no function has this route"),
    ])
    func `a request without a function is reported on the terminal`(
        _ method: String, _ path: String, _ line: String
    ) throws {
        let host = try StartedApp([
            "host.json": Self.bundle,
            "functions/f/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger", "methods": ["get", "post"] },
                            { "name": "res", "type": "http", "direction": "out" } ] }
            """,
            "functions/f/handler.lua": "return function() return 'here' end",
        ])
        #expect(try host.request(path, method: method).status == 404)
        #expect(host.process.waitForLine(containing: line))
    }

    @Test func `a request to upgrade is answered without an upgrade, as is a half-closed connection`() throws {
        let host = try StartedApp([
            "host.json": Self.bundle, "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "return function() return 'here' end",
        ])
        let upgrade = try host.request("/api/f", headers: ["Connection": "Upgrade", "Upgrade": "h2c"])
        #expect(upgrade.status == 200 && upgrade.text == "here")
        let half = try RawConnection(port: host.port)
        half.send("GET /api/f HTTP/1.1\r\nHost: localhost\r\n\r\n")
        half.finish()
        #expect(half.response()?.text == "here")
    }

    @Test func `an app that cannot be used is refused`() async throws {
        let app = try TemporaryApp(["host.json": #"{ "version": "1.0" }"#])
        let process = try LuafuncProcess(["start", "--port", "0", "--app", app.folder.path], waits: false)
        let end = await process.end()
        #expect(end.code == 65 && end.errors == "luafunc: host.json:1: \"version\" must be the string \"2.0\"\n")
    }

    @Test(arguments: [
        (#"{ "version": "2.0", "customHandler": { "initializationTimeout": "30s" } }"#, [], "must be a time such as"),
        (#"{ "version": "2.0" }"#, ["--external"], "needs a \"description\""),
    ])
    func `any invalid host.json is reported`(
        _ text: String, _ options: [String], _ reason: String
    ) async throws {
        let app = try TemporaryApp(["host.json": text])
        let process = try LuafuncProcess(
            ["start", "--port", "0", "--app", app.folder.path] + options, waits: false)
        let end = await process.end()
        #expect(end.code == 65 && end.errors.hasPrefix("luafunc: host.json: ") && end.errors.contains(reason), "\(end)")
    }

    @Test func `a port in use is refused with advice`() async throws {
        let server = try CannedServer([:])
        let app = try TemporaryApp([:])
        let process = try LuafuncProcess(
            ["start", "--port", "\(server.port)", "--app", app.folder.path], waits: false)
        let end = await process.end()
        #expect(end.code == 69 && end.errors.contains("choose another port with --port"))
    }
}
