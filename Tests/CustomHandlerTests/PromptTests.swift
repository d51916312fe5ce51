import EventLoop
import Foundation
import FunctionsModel
import Log
import LoopTesting
import Synchronization
import TestSupport
import Testing

@testable import CustomHandler

/// Inputs of a prompt, with what they show.
@Suite struct PromptTests {
    init() { MainLoopThread.start() }

    /// What an input has shown: its values, or `error` and the message.
    @MainLoop private final class Session {
        let prompt: Prompt
        let app: TemporaryApp
        let printed = Printed()
        var taskErrors: [String] = []

        init(_ files: [String: String] = [:], memoryLimit: Int = 64 << 20) throws {
            app = try TemporaryApp(files)
            let printed = printed
            prompt = try Prompt(
                try AppLoader(.folder(app.folder.path), settings: [:]).load(), on: .main, settings: [:], version: "0",
                options: InvocationOptions(
                    memoryLimit: memoryLimit, logger: Logger { entry in printed.add(entry.message) }))
            prompt.taskFailed = { [unowned self] in taskErrors.append($0.failure.message) }
        }

        func end(of input: String) async -> PromptEnd {
            await withCheckedContinuation { continuation in
                prompt.evaluate(Array(input.utf8)) { continuation.resume(returning: $0) }
            }
        }

        func callAsFunction(_ input: String) async -> String {
            switch await end(of: input) {
            case .values(let text): text ?? ""
            case .incomplete: "incomplete"
            case .failed(let failure): "error " + failure.failure.message
            case .interrupted: "interrupted"
            case .exited(let code): "exit \(code)"
            }
        }
    }

    private final class Printed: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    @Test @MainLoop func `values are shown as people write them`() async throws {
        let session = try Session(["lib/own.lua": "return { f = function() end }"])
        for (input, shown) in [
            ("1 + 1", "2"), ("=1 + 1", "2"), ("return 1, nil, 'x'", "1\tnil\t\"x\""), ("x = 1", ""), ("x", "1"),
            ("_", "1"),
            ("nil", "nil"), ("local y = 2", ""), ("y", "nil"), ("print('a')", ""), ("-- nothing", ""),
            (#""\27[2J\n\"\\é\xff""#, #""\x1B[2J\n\"\\\xC3\xA9\xFF""#), ("'日本'", #""日本""#),
            ("{ 3, 2, b = 1, a = { x = true }, ['a b'] = 0 }", #"{ 3, 2, a = { x = true }, ["a b"] = 0, b = 1 }"#),
            ("t = {}; t.t = t; return t", "{ t = <cycle> }"), ("require 'json'.null", "json.null"),
            ("{ require 'json'.null }", "{ json.null }"), ("print", "function: print"),
            ("string.rep", "function: string.rep"), ("require 'http'.get", "function: http.get"),
            ("require 'own'.f", "function: own.f lib/own.lua:1"), ("function f() end", ""),
            ("f", "function: f input 22:1"),
            ("function() end", "function input 24:1"),
            ("setmetatable({}, { __tostring = function() return 'mine' end })", "mine"),
            ("setmetatable({}, { __name = 'kind' })", "kind {}"),
            ("setmetatable({}, { __tostring = function() error 'no' end })", "(__tostring failed: input 27:1: no)"),
            ("setmetatable({ 1 }, { __pairs = error, __index = error, __len = error, __eq = error })", "{ 1 }"),
            ("setmetatable(_G, { __newindex = error, __index = error })", nil),
            ("setmetatable(_G, nil) == _G", "true"), ("_G._ == true", "true"),
        ] as [(String, String?)] {
            let got = await session(input)
            if let shown { #expect(got == shown, "\(input)") }
        }
        #expect(session.printed.all == ["a"])
        await session.prompt.close()
    }

    @Test @MainLoop func `what is shown is bounded, and long tables have a line for each member`() async throws {
        let session = try Session()
        #expect(await session("('x'):rep(1e6)").utf8.count < 17_000)
        #expect(await session("t = {} for i = 1, 1e5 do t['k' .. i] = i end return t").contains("… 99900 more"))
        #expect(await session("t = {} for i = 1, 1e6 do t[i] = i end return t").hasSuffix("  … 999900 more\n}"))
        #expect(
            await session("t = {} for i = 1, 1e5 do t = { t } end return t") == "{ { { { { { { { {…} } } } } } } } }")
        #expect(await session("table.unpack({}, 1, 1000)").hasSuffix("nil\t… 950 more"))
        let wide = await session("{ name = ('n'):rep(50), list = { ('a'):rep(40), ('b'):rep(40) }, z = {} }")
        let (a, b) = (String(repeating: "a", count: 40), String(repeating: "b", count: 40))
        #expect(
            wide == """
                {
                  list = {
                    "\(a)",
                    "\(b)"
                  },
                  name = "\(String(repeating: "n", count: 50))",
                  z = {}
                }
                """)
        await session.prompt.close()
    }

    @Test(arguments: [
        "for i = 1, 2 do", "function f()", "x =", "f(", "[[a", "--[[ a", "if true then return 1", "{", "\"a\\",
    ])
    @MainLoop func `a beginning asks for more`(_ input: String) async throws {
        let session = try Session()
        #expect(await session(input) == "incomplete")
        await session.prompt.close()
    }

    @Test(arguments: [
        ("x = = 1", "input 1:1: unexpected symbol near '='"), ("\"a", "unfinished string near '\"a'"),
        ("=x =", "input 1:1:"), ("1 + + 2", "unexpected symbol near '+'"),
        (String(repeating: "{", count: 1000), "overflow"), ("if then", "unexpected symbol near 'then'"),
        ("nosuch.x", "attempt to index a nil value (global 'nosuch')"),
        ("error({ code = 1 })", #"{"code":1}"#), ("error()", "nil"),
        ("require 'nosuch'", "module 'nosuch' not found"),
        ("function f() return f() + 1 end return f()", "raise the limit of 64 MB with --memory-limit"),
    ])
    @MainLoop func `an error is told, and the prompt goes on`(input: String, message: String) async throws {
        let session = try Session()
        #expect(await session("kept = 1") == "")
        let got = await session(input)
        #expect(got.hasPrefix("error ") && got.contains(message.replacing("input 1", with: "input 2")), "\(got)")
        #expect(await session("kept") == "1")
        await session.prompt.close()
    }

    @Test @MainLoop func `an error in a long input and in a module shows the line`() async throws {
        let session = try Session(["lib/bad.lua": "local M = {}\nfunction M.f() return nil + 1 end\nreturn M"])
        guard case .failed(let own) = await session.end(of: "local a = 1\nerror('two')\nlocal b = 2") else {
            return #expect(Bool(false))
        }
        #expect(own.excerpt?.contains(">    2 | error('two')") == true)
        #expect(own.failure.traceback == ["[C]: in function 'error'", "input 1:2: in main chunk"])
        guard case .failed(let module) = await session.end(of: "require('bad').f()") else {
            return #expect(Bool(false))
        }
        #expect(module.excerpt?.contains(">    2 | function M.f()") == true)
        await session.prompt.close()
    }

    @Test(arguments: [
        "while true do end", "require 'task'.sleep(1000)", "repeat until false",
        "pcall(function() while true do end end)",
        "string.find(('a'):rep(300000), '.-.-.-.-b')", "while true do pcall(error) end",
        "setmetatable({}, { __tostring = function() while true do end end })",
        "coroutine.wrap(function() while true do end end)()",
        "require 'task'.all { function() while true do end end }",
    ])
    @MainLoop func `an interrupt ends what runs, and the globals stay`(_ input: String) async throws {
        let session = try Session()
        #expect(await session("kept = 1") == "")
        let end = await withCheckedContinuation { continuation in
            session.prompt.evaluate(Array(input.utf8)) { continuation.resume(returning: $0) }
            // The input never ends by itself, so this comes while it runs.
            EventLoop.main.schedule(after: .milliseconds(20)) { EventLoop.main.perform { session.prompt.interrupt() } }
        }
        guard case .interrupted = end else { return #expect(Bool(false)) }
        #expect(await session("kept") == "1")
        await session.prompt.close()
    }

    @Test @MainLoop func `tasks go on between inputs, and a later input joins them`() async throws {
        let session = try Session()
        #expect(await session("task = require 'task'") == "")
        #expect(
            await session("t = task.spawn(function() while not go do task.sleep(0.001) end return 'done' end)") == "")
        #expect(session.prompt.tasks == 1)
        #expect(await session("go = true; return t:join()") == "\"done\"")
        #expect(session.prompt.tasks == 0)
        #expect(await session("u = task.spawn(function() error 'bad' end)") == "")
        #expect(await session("task.sleep(0.01)") == "")
        #expect(session.taskErrors == ["input 4:1: bad"])
        #expect(await session("u:join()").hasPrefix("error input 4:1: bad"))
        await session.prompt.close()
    }

    @Test @MainLoop func `after the memory limit the globals stay if they leave room, else a fresh VM goes on`()
        async throws
    {
        let session = try Session(memoryLimit: 8 << 20)
        #expect(await session("kept = 1") == "")
        #expect(await session("('x'):rep(1e9)").contains("not enough memory"))
        #expect(await session("local t = {} while true do t = { t } end").contains("--memory-limit"))
        #expect(await session("kept") == "1")
        guard
            case .failed(let full) = await session.end(
                of: "t = {} for i = 1, 1e9 do t = { t, ('x'):rep(100) .. i } end")
        else { return #expect(Bool(false)) }
        #expect(full.hasLostState)
        #expect(await session("kept") == "nil")
        await session.prompt.close()
    }

    @Test @MainLoop func `os.exit ends the prompt, and a reload reads modules anew`() async throws {
        let session = try Session(["lib/m.lua": "return 1"])
        #expect(await session("require 'm'") == "1\t\"lib/m.lua\"")
        try session.app.write(["lib/m.lua": "return 2"])
        #expect(await session("require 'm'") == "1")
        try session.prompt.reload(try AppLoader(.folder(session.app.folder.path), settings: [:]).load())
        #expect(await session("require 'm'") == "2\t\"lib/m.lua\"")
        for (input, code) in [("os.exit(3)", 3), ("pcall(os.exit)", 0), ("os.exit(false)", 1)] {
            #expect(await session(input) == "exit \(code)")
        }
        await session.prompt.close()
    }

    @Test @MainLoop func `names are completed without running code of the user`() async throws {
        let session = try Session([
            "lib/own.lua": "return 1", "lib/deep/er.lua": "return 1", "lib/pack/init.lua": "return 1",
        ])
        #expect(
            await session("http = require 'http'; object = setmetatable({ own = 1 }, { __index = { method = print } })")
                == "")
        #expect(await session("trap = setmetatable({}, { __index = function() error 'called' end }); text = 'x'") == "")
        for (text, candidates) in [
            ("string.re", ["rep", "reverse"]), ("x = string.re", ["rep", "reverse"]), ("http.get", ["get"]),
            ("object.", ["method", "own"]), ("object:", ["method"]), ("object.own.x", []), ("trap.", []),
            ("trap.x.y", []),
            ("text:up", ["upper"]), ("whi", ["while"]), ("tos", ["tostring"]), ("_G.string.re", ["rep", "reverse"]),
            ("require 'js", ["json"]), ("require(\"own", ["own"]), ("require \"deep.", ["deep.er"]),
            ("require 'pa", ["pack"]),
            ("require \"luafunc.js", ["luafunc.json"]), ("require 'luafunc.j", ["luafunc.json", "luafunc.jwt"]),
            ("f().x", []), ("1.", []), ("", []), ("a..str", []), ("nosuch.", []),
            ("é.x", []),
        ] {
            #expect(session.prompt.completion(of: text).candidates == candidates, "\(text)")
        }
        await session.prompt.close()
    }
}
