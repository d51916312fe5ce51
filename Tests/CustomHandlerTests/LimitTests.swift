import EventLoop
import Foundation
import FunctionsModel
import HTTP
import HTTP1
import TestSupport
import Testing

@testable import CustomHandler

/// Tests what a script cannot do to other calls. Each function has a limit of a quarter of a second and 16 MB.
@Suite(.serialized) struct LimitTests {
    static let timeLimit = "the time limit of "
    static let memoryLimit = "not enough memory: the limit is 16 MB; raise it with --memory-limit"

    /// Bodies of handlers that would never end.
    static let endless = [
        "while true do end",
        "repeat until false",
        "local function f() return f() end f()",
        "while true do pcall(function() while true do end end) end",
        "while true do pcall(error) end",
        "xpcall(function() error 'x' end, function() end) while true do end",
        "while true do xpcall(function() while true do end end, function() end) end",
        "while true do pcall(coroutine.wrap(function() while true do end end)) end",
        "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
        "local f = coroutine.wrap(function() while true do coroutine.yield() end end) while true do f() end",
        "local x <close> = setmetatable({}, { __close = function() while true do end end }) while true do end",
        "coroutine.close(coroutine.create(function() end)) local co = coroutine.create(function() local x <close> = "
            + "setmetatable({}, { __close = function() end }) coroutine.yield() end) "
            + "coroutine.resume(co) coroutine.close(co) while true do end",
        "local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end }) while true do pcall(function() return t[1] end) end",
        "local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function() while true do end end)",
        "(('x'):rep(100)):gsub('.', function() while true do end end)",
        "return ('a'):rep(24):find(('a*'):rep(12) .. 'b')",
        "return ('('):rep(1000000):find('%b()')",
        "return (' '):rep(1000000):match('^(.-)%s*x$')",
        "return ('x'):rep(100000):gsub('', ('%0'):rep(100000))",
        "return table.move({}, 1, math.maxinteger - 1, 2)",
        "return table.concat(setmetatable({}, { __len = function() return 1 << 62 end, __index = function() while true do end end }))",
        "table.insert(setmetatable({}, { __len = function() return 1 << 62 end }), 1, 1)",
        "table.remove(setmetatable({}, { __len = function() return 1 << 62 end }), 1)",
        "return tostring(setmetatable({}, { __tostring = function() while true do end end }))",
        "return ('%d %s'):format(1, setmetatable({}, { __tostring = function() while true do end end }))",
        "load('while true do end')()",
        "load(function() while true do end end)",
        "require 'endless'",
        "for _ in function() return 1 end do end",
        "local t = setmetatable({}, { __eq = function() while true do end end }) return t == setmetatable({}, getmetatable(t))",
        "require('task').sleep(60)",
        "while true do require('task').sleep(0) end",
        "pcall(require('task').sleep, 60) pcall(require('task').sleep, 60)",
        "coroutine.wrap(function() require('task').sleep(60) end)()",
        "require('task').all { function() while true do end end }",
        "require('task').spawn(function() require('task').sleep(60) end):join()",
        "require('task').spawn(function() while true do end end)", "require('task').spawn(require('task').sleep, 60)",
    ]

    @Test(arguments: endless)
    func `endless code stops at the time limit, and the function works again`(_ code: String) async throws {
        let (reply, next) = try await Self.run(code)
        #expect(reply.contains(Self.timeLimit), "\(reply)")
        #expect(next.contains("alive"), "\(next)")
    }

    @Test func `a script that loads too long after a save is told to move work, not to raise a limit`() async throws {
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction, "functions/f/handler.lua": "while true do end",
        ])
        let handler = try await InProcessHandler(root: app.folder.path)
        let failures = await handler.workers.prepare(handler.app.list, of: handler.app, limit: .milliseconds(30))
        #expect(failures["f"]?.text.hasPrefix("the script did not load within 0.03 seconds; move") == true)
    }

    /// Code that no time limit can end. `loop` never ends.
    @Test(arguments: [
        "xpcall(error, loop)", "while true do xpcall(error, loop) end",
        "xpcall(error, function() while true do pcall(loop) end end)",
        "xpcall(error, function() coroutine.wrap(loop)() end)",
        "xpcall(error, function() while true do require('json').encode(('x'):rep(1 << 20)) end end)",
        "local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = loop }) coroutine.yield() end) "
            + "coroutine.resume(co) coroutine.close(co)",
        "for _ in ipairs(setmetatable({}, { __index = loop })) do end",
        "local t = setmetatable({}, { __add = loop }) return '1' + t",
    ])
    func `code that cannot be interrupted blocks its thread for at most 50 ms`(_ code: String) async throws {
        let (reply, next) = try await Self.run("local function loop() while true do end end " + code, timeLimit: "60s")
        #expect(reply.contains("blocked its thread for 50 ms; do less work in it"), "\(reply)")
        #expect(next.contains("alive"), "\(next)")
    }

    @Test(arguments: [
        "local t = {} for i = 1, 1e9 do t[i] = { i } end", "local s = 'x' while true do s = s .. s end",
        "return ('x'):rep(1e9)", "local t = table.pack(('x'):rep(1e6):byte(1, -1)) return #t",
        "local t = {} for i = 1, 1e9 do t[i] = coroutine.create(print) end",
    ])
    func `code that allocates without end is stopped, and the function works again`(_ code: String) async throws {
        let (reply, next) = try await Self.run(code, timeLimit: "30s")
        #expect(next.contains("alive"), "\(next)")
        #expect(
            reply.contains(Self.memoryLimit) || reply.contains("stack overflow")
                || reply.contains("string slice too long")
                || reply.contains("the memory limit"), "\(reply)")
    }

    @Test(arguments: [
        "local t = {} for i = 1, 60 do t = { t, t } end return require('json').encode(t)",
        "local s, t = ('x'):rep(1e6), {} for i = 1, 200 do t[i] = s end return require('json').encode(t)",
    ])
    func `both limits apply to JSON that grows without end`(_ code: String) async throws {
        let (reply, next) = try await Self.run(code)
        #expect(next.contains("alive"), "\(next)")
        #expect(
            reply.contains("the JSON text takes more than the function") || reply.contains(Self.timeLimit), "\(reply)")
    }

    @Test func `a list of header values ends where its elements end`() async throws {
        // Lua may report any power of two as the length of such a table.
        let code = """
            local values = {} for i = 0, 61 do values[1 << i] = "x" end
            return { headers = { a = values }, body = "b" }
            """
        let (reply, next) = try await Self.run(code, timeLimit: "30s")
        #expect(next.contains("alive"), "\(next)")
        #expect(reply.contains("a list of header values may contain only text"), "\(reply)")
    }

    @Test func `a VM that keeps its memory full is replaced`() async throws {
        let app = try Self.app(
            [
                "keeps":
                    "local kept = {} return function() for i = 1, 10 do kept[#kept + 1] = ('x'):rep(1e6) .. #kept end return #kept end"
            ], timeLimit: "30s")
        let handler = try await InProcessHandler(root: app.folder.path)
        let replies = try await [
            handler.invoke("keeps"), handler.invoke("keeps"), handler.invoke("keeps"),
        ]
        #expect(
            replies[0].contains(#""body":"10""#) && replies[1].contains("not enough memory")
                && replies[2].contains(#""body":"10""#), "\(replies)")
    }

    @Test func `a script that loops while it loads is stopped and then loaded again`() async throws {
        let app = try Self.app(["loads": "while true do end"])
        let handler = try await InProcessHandler(root: app.folder.path)
        #expect(try await handler.invoke("loads").contains(Self.timeLimit))
        #expect(try await handler.invoke("loads").contains(Self.timeLimit))
    }

    @Test func `if no further VM can be loaded, the existing one serves all calls`() async throws {
        let end = Int(Date().timeIntervalSince1970) + 3
        let app = try TemporaryApp([
            "f/function.json": TemporaryApp.httpFunction,
            // This stands for code that works at first and fails later because of a date, a random number or another
            // service.
            "f/handler.lua": """
            if os.time() >= \(end) then error "late" end
            local task = require "task"
            return function()
                while os.time() < \(end) do task.sleep(0.05) end
                for i = 1, 3000000 do end
                return "served"
            end
            """,
        ])
        let handler = try await InProcessHandler(root: app.folder.path)
        #expect(try await handler.invoke("f").contains("served"))
        let replies = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<4 { group.addTask { try await handler.invoke("f") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(replies.count == 4 && replies.allSatisfy { $0.contains("served") }, "\(replies)")
    }

    @Test func `all calls that wait for a script that cannot be loaded get the reason`() async throws {
        let app = try Self.app(["loads": "local t = {} for i = 1, 1e9 do t[i] = { i } end"])
        let handler = try await InProcessHandler(root: app.folder.path)
        let replies = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await handler.invoke("loads") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let reasons = ["the limit is 16 MB", Self.timeLimit, "no Lua VM was free within the time limit"]
        #expect(replies.count == 8)
        #expect(replies.allSatisfy { reply in reasons.contains { reply.contains($0) } }, "\(replies)")
    }

    @Test func `a task that was cancelled in the middle of its code does not continue`() async throws {
        let app = try Self.app(
            [
                "f": """
                local task = require "task"
                local late = 0
                return function(data)
                    if data.req.Body == "late" then return tostring(late) end
                    pcall(task.all, {
                        function() while true do late = late + 1 task.sleep(0) end end,
                        function() for i = 1, 3000000 do end error "stop" end,
                    })
                    local before = late
                    task.sleep(0.05)
                    return late == before and "stopped" or "went on"
                end
                """
            ], timeLimit: "30s")
        let handler = try await InProcessHandler(root: app.folder.path)
        #expect(try await handler.invoke("f").contains("stopped"))
    }

    @Test func `ended tasks that the script has dropped take no memory`() async throws {
        let app = try Self.app(
            [
                "f": """
                local task = require "task"
                return function()
                    local kept = task.spawn(function() return "kept" end)
                    for i = 1, 20000 do
                        task.spawn(function() end)
                        if i % 100 == 0 then task.sleep(0) end
                        if i % 1000 == 0 then task.all { function() return i end, function() return i end } end
                    end
                    return kept:join() .. kept:join()
                end
                """
            ], timeLimit: "60s", memoryLimit: "2MB")
        let handler = try await InProcessHandler(root: app.folder.path)
        let reply = try await handler.invoke("f")
        #expect(reply.contains("keptkept"), "\(reply)")
    }

    @Test(arguments: ["return tostring(metadata.x)", "return tostring(data.req.Headers.x)"])
    func `a table that is filled on first access is complete, or the invocation fails`(_ code: String)
        async throws
    {
        let app = try Self.app(
            ["f": "return function(data, metadata) \(code) end"], timeLimit: "30s", memoryLimit: "2MB")
        let handler = try await InProcessHandler(
            root: app.folder.path, settings: code.contains("metadata") ? InProcessHandler.forwarding : [:])
        let list = "[0" + String(repeating: ",0", count: 120_000) + "]"
        let reply =
            code.contains("metadata")
            ? try await handler.request("/api/f", #"{"y":\#(list),"x":1}"#, method: .post)
            : try await handler.invoke("f", #"{"Data":{"req":{"Headers":{"y":\#(list),"x":1}}},"Metadata":{}}"#)
        #expect(reply.status == 500, "\(reply.text.prefix(300))")
    }

    @Test(arguments: [
        "local t = { 'x' } for i = 1, 60 do t = { t, t } end error(t)",
        "local t = { ('x'):rep(1e5) } for i = 1, 60 do t = { t, t } end require('http').post('http://127.0.0.1:1/', t)",
        "local t = { ('x'):rep(1e5) } for i = 1, 60 do t = { t, t } end return { body = t }",
        "local s = ('x'):rep(6e6) return { body = { s, s, s } }", "local s = ('\\1'):rep(6e6) return { body = s }",
        "return { body = function(write) local s = ('x'):rep(1e6) for i = 1, 100 do write(s) end end }",
        "local s = ('x'):rep(6e6) return require('base64').encode(s .. 'y') .. require('base64').encode(s)",
    ])
    func `memory that luafunc holds for an invocation counts against its limit`(_ code: String) async throws {
        let (reply, next) = try await Self.run(code, timeLimit: "30s")
        #expect(next.contains("alive"), "\(next)")
        #expect(
            reply.contains(Self.memoryLimit) || reply.contains("more than the function's 16 MB")
                || reply.contains("{ { { { {…}, {…} }, { {…}"), "\(reply.prefix(300))")
    }

    @Test func `a body that fits into the memory only without its values fails`() async throws {
        let app = try Self.app(["f": "return function(data) return #data.req:json() end"], timeLimit: "30s")
        let handler = try await InProcessHandler(root: app.folder.path)
        let zeros = "[0" + String(repeating: ",0", count: 1_500_000) + "]"
        let reply = try await handler.invoke("f", body: zeros)
        #expect(reply.contains("not enough memory"), "\(reply.prefix(300))")
        #expect(!reply.contains("is not JSON"))
        #expect(try await handler.invoke("f", body: "[0,0]").contains(#""body":"2""#))
    }

    @Test func `the memory limit applies in functions that replace global ones`() async throws {
        let code = """
            local stock = setmetatable
            setmetatable = function(...) local text = ('x'):rep(1 << 28) return stock(...) end
            return pcall(require, 'log') and 'loaded' or 'failed'
            """
        let (reply, next) = try await Self.run(code, timeLimit: "10s")
        #expect(reply.contains(Self.memoryLimit) || reply.contains("failed"), "\(reply)")
        #expect(next.contains("alive"), "\(next)")
    }

    @Test func `a module that exceeded the time limit is loaded again`() async throws {
        let app = try Self.app(["f": "return function() return require 'endless' end"])
        try app.write(["lib/endless.lua": "while true do end"])
        let handler = try await InProcessHandler(root: app.folder.path)
        for _ in 0..<2 {
            let reply = try await handler.invoke("f")
            #expect(reply.contains(Self.timeLimit), "\(reply)")
        }
    }

    @Test func `a module that waits while it is loaded can be required by others`() async throws {
        let app = try Self.app(["f": "return function() return require 'waits' end"], timeLimit: "30s")
        try app.write(["lib/waits.lua": "require('task').sleep(0.01) return 'loaded'"])
        let handler = try await InProcessHandler(root: app.folder.path)
        async let first = handler.invoke("f")
        async let second = handler.invoke("f")
        for reply in try await [first, second] { #expect(reply.contains("loaded"), "\(reply)") }
    }

    @Test(arguments: [
        ("setmetatable({}, { __tostring = function() while true do end end })", "__tostring"),
        ("{ 1, x = setmetatable({}, { __tostring = function() while true do end end }) }", "text"),
    ])
    func `an error whose text takes too long to make is not reported as a lack of memory`(
        _ value: String, _ what: String
    ) async throws {
        let (reply, _) = try await Self.run("error(\(value))", timeLimit: "10s")
        #expect(reply.contains("its \(what) takes too much time or memory"), "\(reply)")
    }

    @Test func `a traceback shows the beginning of a name of one megabyte`() async throws {
        let code = """
            load("local function f(n) if n == 0 then error 'x' end f(n - 1) return 1 end f(20)", "@" .. ("x"):rep(1 << 20))()
            """
        let (reply, _) = try await Self.run(code)
        #expect(reply.contains("x:1: x") && reply.utf8.count < 100_000, "\(reply.prefix(300))")
    }

    @Test func `waiting invocations do not begin while too many responses are unread`() async throws {
        let app = try Self.app(["f": "return function() return 'begun' end"], timeLimit: "30s")
        let handler = try await InProcessHandler(root: app.folder.path)
        let reply: String = try await withCheckedThrowingContinuation { continuation in
            handler.workers.perform(on: handler.workers.loop) { worker in
                do throws(RequestError) {
                    var isEarly = true
                    let caller = TestCaller { continuation.resume(returning: isEarly ? "early" : $0.text) }
                    caller.waiting = []
                    let body = Array(#"{"Data":{"req":{}}}"#.utf8)
                    worker.answer(try HTTPRequest(method: .post, target: "/f", body: body), to: caller)
                    // The VM may take some turns to load.
                    func look() {
                        guard let told = caller.waiting, !told.isEmpty else {
                            return handler.workers.loop.perform(look)
                        }
                        isEarly = false
                        caller.waiting = nil
                        for tell in told { tell() }
                    }
                    look()
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
        #expect(reply.contains("begun"))
    }

    @Test func `a small function is served while other functions use all CPU time`() async throws {
        let app = try Self.app([
            "greedy": "return function() while true do end end", "small": "return function() return 'small' end",
        ])
        try app.write(["functions/small/function.json": TemporaryApp.httpFunction])
        let handler = try await InProcessHandler(root: app.folder.path)
        async let first = handler.invoke("greedy")
        async let second = handler.invoke("greedy")
        var served = 0
        for _ in 0..<20 where try await handler.invoke("small").contains("small") { served += 1 }
        #expect(served == 20)
        let ends = try await [first, second]
        #expect(ends.allSatisfy { $0.contains(Self.timeLimit) })
    }

    @Test func `an invocation is served while another one of the same function uses all CPU time`() async throws {
        let app = try Self.app(
            [
                "f": "return function(data) if data.req.Body == 'greedy' then while true do end end return 'quick' end"
            ], timeLimit: "2s")
        let handler = try await InProcessHandler(root: app.folder.path)
        async let greedy = handler.invoke("f", body: "greedy")
        #expect(try await handler.invoke("f").contains("quick"))
        #expect(try await greedy.contains(Self.timeLimit))
    }

    @Test func `between two waits, an invocation has its VM to itself`() async throws {
        // Two invocations share one VM while they wait; the counter shows that neither was interrupted.
        let app = try Self.app(
            [
                "f": """
                local task = require "task"
                local inside, worst = 0, 0
                return function()
                    for _ = 1, 5 do
                        inside = inside + 1
                        for i = 1, 200000 do if inside > worst then worst = inside end end
                        inside = inside - 1
                        task.sleep(0.001)
                    end
                    return "worst " .. worst
                end
                """
            ], timeLimit: "30s")
        let handler = try await InProcessHandler(root: app.folder.path)
        let replies = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await handler.invoke("f") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(
            replies.count == 8 && replies.allSatisfy { $0.contains("worst 1") },
            "\(replies)")
    }

    @Test func `10,000 invocations wait at once`() async throws {
        let app = try TemporaryApp([
            "f/function.json": TemporaryApp.httpFunction,
            "f/handler.lua": "local task = require 'task' return function() task.sleep(1) return 'slept' end",
        ])
        let handler = try await InProcessHandler(root: app.folder.path)
        _ = try await handler.invoke("f")
        let slept = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<10_000 { group.addTask { try await handler.invoke("f").contains("slept") } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(slept == 10_000)
    }

    @Test func `any number of calls that wait for one VM continue`() async throws {
        let app = try TemporaryApp([
            "f/function.json": TemporaryApp.httpFunction,
            // All calls sleep until the same moment, and the first to wake keeps the VM for some slices.
            "f/handler.lua": """
            local task, time = require "task", require "time"
            local wake, first = nil, true
            return function()
                wake = wake or time.monotonic() + 0.5
                task.sleep(math.max(0, wake - time.monotonic()))
                if first then first = false for i = 1, 20000000 do end end
                return "awake"
            end
            """,
        ])
        let handler = try await InProcessHandler(root: app.folder.path)
        let awake = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<15_000 { group.addTask { try await handler.invoke("f").contains("awake") } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(awake == 15_000)
    }

    @Test func `functions do not see each other's globals and libraries`() async throws {
        let app = try Self.app(
            [
                "one": "shared = 1 string.mine = 2 return function() return 'one' end",
                "two": "return function() return tostring(shared) .. tostring(string.mine) end",
            ], timeLimit: "30s")
        let handler = try await InProcessHandler(root: app.folder.path)
        _ = try await handler.invoke("one")
        #expect(try await handler.invoke("two").contains("nilnil"))
    }

    @Test(arguments: [
        ("return select('#', task.spawn(many, 200000):join())", "200000"),
        ("return select(200000, task.spawn(many, 200000):join())", "200000"),
        ("return task.all { function() return many(200000) end, function() return many(900000) end }[2]", "1"),
        ("return select('#', task.spawn(many, 100):join())", "100"),
        (
            "local ok, m = pcall(function() return select('#', task.spawn(many, 900000):join()) end) return ok or m",
            "true"
        ),
        (
            "local t = task.spawn(many, 600000) local function f(...) return select('#', t:join()) end "
                + "return (select(2, pcall(f, many(600000))))", "too many results"
        ),
        ("return select('#', coroutine.wrap(function(...) return coroutine.yield(...) end)(many(200000)))", "200000"),
        (
            "return (select(2, pcall(task.spawn(function(...) return select('#', ...) end, many(200000)).join)))",
            "colon"
        ),
    ])
    func `a task takes and returns any number of values`(_ code: String, _ answer: String) async throws {
        let app = try Self.app(
            [
                "f": """
                local task = require "task"
                local function many(n)
                    local t = {}
                    for i = 1, n do t[i] = i end
                    return table.unpack(t, 1, n)
                end
                return function() local r = (function() \(code) end)() return tostring(r) end
                """
            ], timeLimit: "30s")
        try app.write([
            "functions/f/function.json": #"""
            { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" } ],
              "lua": { "timeLimit": "30s", "memoryLimit": "256MB" } }
            """#
        ])
        let handler = try await InProcessHandler(root: app.folder.path)
        let reply = try await handler.invoke("f")
        #expect(reply.contains(answer), "\(reply)")
    }

    @Test func `many results and headers do not overflow the Lua stack`() async throws {
        let app = try Self.app(
            [
                "f": """
                local answer = { Outputs = { res = { headers = { a = { "1", "2" } }, body = "b" } } }
                return coroutine.wrap(function(data)
                    while true do data = coroutine.yield(table.unpack({ answer }, 1, tonumber(data.req.Body))) end
                end)
                """
            ], timeLimit: "30s")
        let handler = try await InProcessHandler(root: app.folder.path)
        for count in stride(from: 1, through: 900, by: 7) {
            #expect(try await handler.invoke("f", body: "\(count)").contains(#""body":"b""#))
        }
    }

    @Test(arguments: [
        "return tostring(getmetatable(require('json').array{}))",
        "return tostring(getmetatable(require('json').decode('[1]')))",
        "return tostring(getmetatable(({...})[1].req)) == 'false' and 'nil'",
        "local t = setmetatable(require('json').decode('[1]'), { __index = function() return 'nil' end }) return t.x",
    ])
    func `scripts cannot reach the metatables of luafunc's own tables`(_ code: String) async throws {
        #expect(try await Self.run(code, timeLimit: "30s").reply.contains(#""body":"nil""#))
    }

    // MARK: -

    /// Runs a handler's body in a new app, and then another one in the same app. Returns both responses.
    private static func run(_ code: String, timeLimit: String = "250ms") async throws -> (reply: String, next: String) {
        let app = try app(
            ["eval": "return function(data) return assert(load(data.req.Body))(data) end"], timeLimit: timeLimit)
        try app.write(["lib/endless.lua": "while true do end"])
        let handler = try await InProcessHandler(root: app.folder.path)
        _ = try await Self.untilAlive(handler)
        return (try await handler.invoke("eval", body: code), try await untilAlive(handler))
    }

    /// Calls the function repeatedly until a call ends within its limit, because a busy machine may need several.
    /// Returns its reply.
    private static func untilAlive(_ handler: InProcessHandler) async throws -> String {
        var reply = ""
        for _ in 0..<40 {
            reply = try await handler.invoke("eval", body: "return 'alive'")
            if reply.contains("alive") { break }
        }
        return reply
    }

    /// - Parameter timeLimit: a long one if the test is not about time.
    private static func app(
        _ handlers: [String: String], timeLimit: String = "250ms", memoryLimit: String = "16MB"
    ) throws -> TemporaryApp {
        let json = """
            { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" } ],
              "lua": { "timeLimit": "\(timeLimit)", "memoryLimit": "\(memoryLimit)" } }
            """
        var files: [String: String] = [:]
        for (name, text) in handlers {
            files["functions/\(name)/function.json"] = json
            files["functions/\(name)/handler.lua"] = text
        }
        return try TemporaryApp(files)
    }
}
