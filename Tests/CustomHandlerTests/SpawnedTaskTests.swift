import EventLoop
import Foundation
import FunctionsModel
import HTTP
import HTTP1
import JSON
import TestSupport
import Testing

@testable import CustomHandler

/// What becomes of the tasks that a script spawns.
@Suite struct SpawnedTaskTests {
    /// The body of a handler, and the text that its caller gets.
    @Test(arguments: [
        // The response waits for all tasks and is written after them.
        (
            "local t = { body = 'early' } task.spawn(function() task.sleep(0.01) t.body = 'late' end) return t", "late"
        ),
        (
            "local t = { body = 'early' } task.spawn(function() for i = 1, 3000000 do end t.body = 'late' end) return t",
            "late"
        ),
        (
            """
            local t = { body = "" }
            local function add(n)
                task.sleep(0)
                t.body = t.body .. n
                if n < 5 then task.spawn(add, n + 1) end
            end
            task.spawn(add, 1)
            return t
            """, "12345"
        ),
        // It was told the results of a list before its own tasks ended.
        (
            "local t = { body = 'x' } task.all { function() task.spawn(function() task.sleep(0.01) t.body = 'inner' end) end } "
                + "return t", "inner"
        ),
        // Cancelling
        ("local t = task.spawn(task.sleep, 60) return { body = tostring(t:cancel()) }", "true"),
        ("local t = task.spawn(task.sleep, 60) task.sleep(0) return { body = tostring(t:cancel()) }", "true"),
        (
            "local t = task.spawn(task.sleep, 60) task.sleep(0) t:cancel() return { body = tostring(t:cancel()) }",
            "false"
        ),
        ("local t = task.spawn(function() end) t:join() return { body = tostring(t:cancel()) }", "false"),
        (
            "local t t = task.spawn(function() return t:cancel() end) return { body = tostring(t:join()) }", "false"
        ),
        (
            "local t t = task.spawn(function() return coroutine.wrap(function() return t:cancel() end)() end) "
                + "return { body = tostring(t:join()) }", "false"
        ),
        (
            "local t = task.spawn(task.sleep, 60) t:cancel() local a, b, c = t:join() "
                + "return { body = tostring(a) .. ', ' .. b .. ', ' .. c }", "nil, the task was cancelled, cancelled"
        ),
        (
            "local t = task.spawn(task.sleep, 60) task.spawn(function() task.sleep(0.01) t:cancel() end) "
                + "return { body = select(3, t:join()) }", "cancelled"
        ),
        (
            """
            local log = {}
            local t = task.spawn(function()
                local a <close> = setmetatable({}, { __close = function() log[#log + 1] = "a" end })
                local b <close> = setmetatable({}, { __close = function() log[#log + 1] = "b" end })
                task.sleep(60)
            end)
            task.sleep(0)
            t:cancel()
            task.sleep(0)
            task.sleep(0)
            return { body = table.concat(log) }
            """, "ba"
        ),
        // Its variables are closed before the response is written.
        (
            """
            local answer = { body = "open" }
            local t = task.spawn(function()
                local a <close> = setmetatable({}, { __close = function() answer.body = "closed" end })
                task.sleep(60)
            end)
            task.sleep(0)
            t:cancel()
            return answer
            """, "closed"
        ),
        // What __close spawns counts too.
        (
            """
            local answer = { body = "open" }
            local t = task.spawn(function()
                local a <close> = setmetatable({}, { __close = function()
                    task.spawn(function() task.sleep(0.01) answer.body = "after" end)
                end })
                task.sleep(60)
            end)
            task.sleep(0)
            t:cancel()
            return answer
            """, "after"
        ),
        // A task that waits for a list takes its list with it.
        (
            """
            local ended = 0
            local function wait()
                local a <close> = setmetatable({}, { __close = function() ended = ended + 1 end })
                task.sleep(60)
            end
            local t = task.spawn(function() task.all { wait, function() task.all { wait, wait } end } end)
            task.sleep(0.01)
            t:cancel()
            task.sleep(0.01)
            return { body = tostring(ended) }
            """, "3"
        ),
        // A join that was cancelled does not count: another one gets the error.
        (
            """
            local bad = task.spawn(function() task.sleep(0.02) error("bad", 0) end)
            local waits = task.spawn(function() bad:join() end)
            task.sleep(0)
            waits:cancel()
            return { body = select(2, pcall(bad.join, bad)) }
            """, "bad"
        ),
        // A failure in a list cancels the others.
        (
            """
            local went = 0
            local ok, message = pcall(task.all, {
                function() task.sleep(0.01) error("one", 0) end,
                function() task.sleep(0.02) went = went + 1 end,
                function() error("two", 0) end,
            })
            task.sleep(0.05)
            return { body = message .. went }
            """, "two0"
        ),
        ("return { body = tostring(#task.all {}) }", "0"),
        (
            "return { body = table.concat(task.all { function() task.sleep(0) return 1 end, function() return 2 end }, ',') }",
            "1,2"
        ),
        // A raised response gives the tasks up.
        (
            "task.spawn(function() while true do task.sleep(0) end end) error(http.response { body = 'raised' })",
            "raised"
        ),
        (
            "task.spawn(function() while true do task.sleep(0) end end) task.sleep(0) error(http.response { body = 'raised' })",
            "raised"
        ),
        // Errors that were joined.
        ("local t = task.spawn(error, 'x') pcall(t.join, t) return { body = 'caught' }", "caught"),
        ("local t = task.spawn(error, 'x') task.sleep(0) pcall(t.join, t) return { body = 'caught' }", "caught"),
        (
            "local t = task.spawn(error, 'x') task.spawn(function() task.sleep(0.01) pcall(t.join, t) end) "
                + "return { body = 'caught' }", "caught"
        ),
        // Tables that take long to write are written after the tasks.
        (
            "local t = {} for i = 1, 100000 do t[i] = 1 end task.spawn(function() task.sleep(0) t[1] = 2 end) "
                + "return { body = t }", "[2,1,1"
        ),
        // The return values of the handler and the warning are not lost.
        ("task.spawn(task.sleep, 0) return 'plain'", "plain"),
    ])
    func `the response waits for the tasks, and cancel ends one`(_ code: String, _ answer: String) async throws {
        let reply = try await Self.run(code)
        #expect(reply.status == 200, "\(reply.text.prefix(500))")
        let body = try JSONTree.parse(reply.body.span.bytes)["Outputs"]?["res"]?["body"]?.string ?? ""
        #expect(body.hasPrefix(answer), "\(reply.text.prefix(500))")
    }

    /// The body of a handler, and the beginning of the reason for which it fails.
    @Test(arguments: [
        (
            "task.spawn(function() error 'lost' end) return 'x'",
            "functions/f/handler.lua:3: lost (in a task that was not joined, so the invocation fails)"
        ),
        ("task.spawn(function() task.sleep(0.01) error('lost', 0) end) return 'x'", "lost (in a task that was not"),
        ("local t = task.spawn(error, 'lost', 0) task.sleep(0) return 'x'", "lost (in a task"),
        // The object is gone, the error is not.
        (
            "task.spawn(error, 'lost', 0) for i = 1, 1000 do task.spawn(function() end) if i % 100 == 0 then task.sleep(0) end end "
                + "return 'x'", "lost (in a task"
        ),
        ("task.spawn(function() task.spawn(error, 'inner', 0) end) return 'x'", "inner (in a task"),
        ("task.spawn(error, { code = 7 }) return 'x'", #"{"code":7} (in a task"#),
        (
            "task.spawn(function() return unpack {} end) return 'x'",
            "functions/f/handler.lua:3: attempt to call a nil value (global 'unpack'); Lua 5.4 has table.unpack (in a task"
        ),
        (
            "local t t = task.spawn(function() return t:join() end) return t:join()",
            "functions/f/handler.lua:3: a task cannot join itself"
        ),
        // The first error is the one.
        ("task.spawn(error, 'one', 0) task.spawn(error, 'two', 0) return 'x'", "one (in a task"),
        // However many errors are joined, one that is not counts.
        (
            "local list = {} for i = 1, 100 do list[i] = task.spawn(error, 'error ' .. i, 0) end task.sleep(0) "
                + "for i = 1, 64 do pcall(list[i].join, list[i]) end return 'x'", "error 65 (in a task"
        ),
        // The errors of tasks that the script has dropped take little memory.
        (
            "for i = 1, 50000 do task.spawn(error, 'error ' .. i, 0) if i % 1000 == 0 then task.sleep(0) end end "
                + "return 'x'", "error 1 (in a task"
        ),
        // The handler's own error comes first, and the tasks end.
        ("task.spawn(function() while true do task.sleep(0) end end) error('own', 0)", "own"),
        ("task.spawn(error, 'lost', 0) task.sleep(0) error('own', 0)", "own"),
        (
            "task.spawn(function() while true do task.sleep(0) end end) return nil, 'own'",
            "the handler returned nil and a message: own"
        ),
        // Tasks without end
        ("task.spawn(function() while true do end end) return 'x'", "the time limit of 0.3 seconds was exceeded"),
        (
            "task.spawn(task.sleep, 60) return 'x'",
            "the time limit of 0.3 seconds was exceeded; raise \"lua\": { \"timeLimit\" } in functions/f/function.json; "
                + "the handler had returned, but a task that it spawned had not ended"
        ),
        (
            "local function f() task.spawn(f) task.sleep(0) end f() return 'x'",
            "the time limit of 0.3 seconds was exceeded"
        ),
        (
            "local function f() while true do pcall(task.sleep, 0) end end task.spawn(f) return 'x'",
            "the time limit of 0.3 seconds was exceeded"
        ),
        ("return task.all(5)", "functions/f/handler.lua:3: task.all takes a list of functions: task.all { f, g }"),
        (
            "return task.all { print, 5 }",
            "functions/f/handler.lua:3: task.all takes a list of functions; element 2 is not a function"
        ),
        (
            "return task.all(require('json').decode '[1]')",
            "functions/f/handler.lua:3: task.all takes a list of functions; element 1 is not a function"
        ),
        (
            "return task.spawn(5)",
            "functions/f/handler.lua:3: bad argument #1 to 'spawn' (function expected, got number)"
        ),
    ])
    func `a task's error that nobody joined fails the invocation, and so does a task without end`(
        _ code: String, _ reason: String
    ) async throws {
        let reply = try await Self.run(code, timeLimit: reason.hasPrefix("the time limit") ? "300ms" : "30s")
        let detail = try JSONTree.parse(reply.body.span.bytes)["detail"]?.string ?? ""
        #expect(detail.hasPrefix(reason), "\(reply.text.prefix(500))")
    }

    @Test func `the failure of a task has the task's own traceback`() async throws {
        let reply = try await Self.run(
            "local function inner() error 'x' end task.spawn(function() inner() end) return 'x'")
        #expect(reply.text.contains("functions/f/handler.lua:3: in function 'inner'"), "\(reply.text)")
    }

    @Test func `nothing goes on after the response`() async throws {
        let app = try Self.app(
            """
            local late = 0
            return function(data)
                if data.req.Body == "late" then return { body = tostring(late) } end
                local function go() while true do late = late + 1 task.sleep(0) end end
                local t = task.spawn(go)
                task.spawn(function() task.all { go, go } end):cancel()
                task.sleep(0.01)
                t:cancel()
                return { body = tostring(late) }
            end
            """)
        let handler = try await InProcessHandler(root: app.folder.path)
        let atEnd = try await handler.invoke("f")
        #expect(atEnd.contains(#""body""#), "\(atEnd)")
        #expect(try await handler.invoke("f", body: "late") == atEnd)
    }

    /// The body of a function `f(write)`, the pieces that the caller gets, and whether the body is complete.
    @Test(arguments: [
        // The end of the body waits for the tasks, which may still write.
        ("write 'a' task.spawn(function() task.sleep(0.01) write 'b' end)", ["a", "b"], true),
        // A producer and its consumer.
        (
            "local queue = {} local function producer() for i = 1, 3 do queue[#queue + 1] = i task.sleep(0) end queue.isOver = true end "
                + "task.spawn(producer) while not queue.isOver do task.sleep(0) end write(table.concat(queue, ','))",
            ["1,2,3"], true
        ),
        ("write 'a' task.spawn(function() task.sleep(0.01) error 'late' end)", ["a"], false),
        ("write 'a' local t = task.spawn(task.sleep, 60) task.sleep(0) t:cancel()", ["a"], true),
        ("task.spawn(outer)", ["outer"], true),
    ])
    func `the end of a streamed body waits for the tasks`(
        _ code: String, _ pieces: [String], _ isComplete: Bool
    ) async throws {
        let app = try Self.app(
            """
            return function()
                local started
                task.spawn(function() while not started do task.sleep(0) end end)
                return { body = function(write)
                    started = true
                    local function outer() task.sleep(0.01) write "outer" end
                    \(code)
                end }
            end
            """)
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        let reply = try await handler.request("/api/f")
        #expect(reply.pieces == pieces, "\(reply)")
        #expect(reply.isComplete == isComplete)
        let whole = try await InProcessHandler(root: app.folder.path).invoke("f")
        #expect(whole.contains(isComplete ? #""body":"\#(pieces.joined())""# : "late"), "\(whole)")
    }

    /// A body function that a task puts into the returned table, and what the caller gets.
    @Test(arguments: [
        ("write 'a' task.spawn(function() return 1 end):join() write 'b'", "ab"),
        ("for i = 1, 3 do write(i .. ',') task.all { function() end } end", "1,2,3,"),
        ("write 'a' task.spawn(function() task.sleep(0.01) write 'b' end)", "ab"),
    ])
    func `a body that a task has made a function runs once`(_ code: String, _ body: String) async throws {
        let app = try Self.app(
            """
            return function()
                local answer = { body = "early" }
                task.spawn(function()
                    task.sleep(0.01)
                    answer.body = function(write) \(code) end
                end)
                return { res = answer }
            end
            """)
        let streamed = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        let reply = try await streamed.request("/api/f")
        #expect(reply.pieces.joined() == body && reply.isComplete, "\(reply)")
        let whole = try await InProcessHandler(root: app.folder.path).invoke("f")
        #expect(whole.contains(#""body":"\#(body)""#), "\(whole)")
    }

    @Test func `the top level of a script waits for its tasks`() async throws {
        let app = try Self.app(
            """
            local value = "early"
            task.spawn(function() task.sleep(0.01) value = "late" end)
            return function() return value end
            """)
        let handler = try await InProcessHandler(root: app.folder.path)
        #expect(try await handler.invoke("f").contains("late"))
        try app.write(["functions/f/handler.lua": "require('task').spawn(error, 'lost', 0) return function() end"])
        let failing = try await InProcessHandler(root: app.folder.path)
        #expect(try await failing.invoke("f").contains("lost (in a task"))
    }

    @Test func `100,000 tasks that are cancelled take a few seconds and no memory`() async throws {
        let reply = try await Self.run(
            """
            local kept = {}
            for round = 1, 100 do
                for i = 1, 1000 do kept[i] = task.spawn(task.sleep, 60) end
                if round % 2 == 0 then task.sleep(0) end
                for i = 1, 1000 do assert(kept[i]:cancel()) end
                task.sleep(0)
            end
            return { body = "cancelled" }
            """, timeLimit: "60s", memoryLimit: "16MB")
        #expect(reply.text.contains(#""body":"cancelled""#), "\(reply.text.prefix(500))")
    }

    // MARK: -

    private static func run(
        _ code: String, timeLimit: String = "30s", memoryLimit: String = "32MB"
    ) async throws -> Reply {
        let app = try app("return function(data)\n\(code)\nend", timeLimit: timeLimit, memoryLimit: memoryLimit)
        let handler = try await InProcessHandler(root: app.folder.path)
        return try await handler.invoke("f", Array(#"{"Data":{"req":{"Body":""}},"Metadata":{}}"#.utf8))
    }

    private static func app(
        _ code: String, timeLimit: String = "30s", memoryLimit: String = "32MB"
    ) throws -> TemporaryApp {
        try TemporaryApp([
            "functions/f/function.json": #"""
            { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" } ],
              "lua": { "timeLimit": "\#(timeLimit)", "memoryLimit": "\#(memoryLimit)" } }
            """#,
            "functions/f/handler.lua": "local http, task = require 'http', require 'task'\n" + code,
        ])
    }
}
