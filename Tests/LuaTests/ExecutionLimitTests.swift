import CLua
import Glibc
import JSON
import Testing

@testable import Lua

/// Tests how code is stopped from outside. Ticks come only where a script requests them by calling `tick`.
@Suite struct ExecutionLimitTests {
    @Test func `the copy of Lua's private structures fits the library`() throws {
        let lua = try TestVM()
        #expect(clua_fits(lua.vm.state) != 0)
        #expect(lua.vm.stack.count == 0)
    }

    // MARK: Depth

    /// Each coroutine closes the one before it, so the closings are nested.
    static let chain = """
        local last
        for i = 1, 30000 do
            local inner = last
            last = coroutine.create(function()
                local x <close> = setmetatable({}, { __close = function()
                    if inner then
                        local ok, message = coroutine.close(inner)
                        if not ok then error(message, 0) end
                    end
                end })
                coroutine.yield()
            end)
            coroutine.resume(last)
        end
        """

    @Test func `coroutines that close each other are counted as nested C calls`() throws {
        let lua = try TestVM()
        let message = try lua.run(Self.chain + " local ok, message = coroutine.close(last) return message")
        #expect(message.hasSuffix("C stack overflow"), "\(message)")
        #expect(try lua.run(Self.chain.replacing("30000", with: "150") + " return coroutine.close(last)") == "true")
    }

    @Test func `coroutines that close each other at the end of their invocation are counted too`() throws {
        let lua = try TestVM()
        let thread = lua.vm.makeThread()
        let script =
            Self.chain + " local x <close> = setmetatable({}, { __close = function() coroutine.close(last) end })"
            + " coroutine.yield()"
        try thread.stack.load(
            "return coroutine.wrap(function() \(script) end)()".utf8Span.span.bytes, name: "@test.lua")
        _ = thread.resume()
        var closingTime = ClosingTime()
        lua.vm.recycle(thread, &closingTime)
        #expect(try lua.run("return 'alive'") == "alive")
    }

    @Test func `slices end in the middle of a deep recursion, and it continues`() throws {
        let lua = try ticking()
        let thread = try lua.thread(
            """
            local function f(n) if n == 0 then return 0 end if n % 100 == 0 then tick() end return 1 + f(n - 1) end
            local sum = f(100000)
            for i = 1, 10 do pcall(function() f(1000) error "x" end) sum = sum + 1 end
            return sum
            """)
        var slices = 0
        while case .preempted = thread.resume() { slices += 1 }
        #expect(thread.stack.integer(at: -1) == 100_010)
        #expect(slices >= 1000)
    }

    @Test func `the time limit ends code that an error has just taken out of a deep recursion`() throws {
        let lua = try ticking()
        let thread = try lua.thread(
            """
            local function f(n) if n == 0 then tick() error "x" end return 1 + f(n - 1) end
            while true do pcall(f, 1000) for i = 1, 1000 do end tick() end
            """)
        #expect(end(of: thread, deadline: 0) == .deadline)
    }

    // MARK: Time

    @Test func `a process that was suspended beyond a time limit is not treated as stuck`() throws {
        let lua = try ticking()
        let thread = try lua.thread("tick() tick() while true do end")
        #expect(end(of: thread, deadline: clua_now() - 60_000_000_000) == .deadline)
        #expect(try lua.run("return 'alive'") == "alive")
    }

    @Test func `a thousand threads share one time budget for closing variables`() throws {
        let lua = try ticking()
        var threads: [LuaThread] = []
        for _ in 0..<1000 {
            let thread = try lua.thread(
                """
                local x <close> = setmetatable({}, { __close = function() note() while true do tick() end end })
                coroutine.yield()
                """.replacing("coroutine.yield()", with: "wait()"))
            #expect(end(of: thread) == nil)
            threads.append(thread)
        }
        var closingTime = ClosingTime()
        for thread in threads { lua.vm.recycle(thread, &closingTime) }
        #expect(lua.notes == 1)
        #expect(closingTime != ClosingTime())
        #expect(try lua.run("return 'alive'") == "alive")
    }

    @Test func `unused time for closing variables is left to the next thread`() throws {
        let lua = try ticking()
        var threads: [LuaThread] = []
        for _ in 0..<100 {
            let thread = try lua.thread(
                "local x <close> = setmetatable({}, { __close = function() note() end }) wait()")
            #expect(end(of: thread) == nil)
            threads.append(thread)
        }
        var closingTime = ClosingTime()
        for thread in threads { lua.vm.recycle(thread, &closingTime) }
        #expect(lua.notes == 100)
        #expect(closingTime == ClosingTime())
    }

    // MARK: Memory

    @Test(arguments: [
        ("while true do note() pcall(string.rep, 'x', 100000000) end", 1),
        ("local t = {} while true do note() pcall(function() while true do t[#t + 1] = { t } end end) end", 9),
        (
            "local co = coroutine.wrap(function() while true do note() pcall(string.rep, 'x', 100000000) end end) "
                + "while true do pcall(co) end", 1
        ),
    ])
    func `a run that is refused memory again and again ends, whatever its code catches`(
        _ script: String, _ most: Int
    ) throws {
        let lua = try ticking(memoryLimit: 8 << 20)
        let thread = try lua.thread(script)
        #expect(end(of: thread) == .memory)
        #expect((1...most).contains(lua.notes))
        #expect(lua.vm.memoryUsed <= 8 << 20 + 8 << 16)
        var closingTime = ClosingTime()
        lua.vm.recycle(thread, &closingTime)
        #expect(try lua.run("return 'alive'") == "alive")
    }

    @Test func `the error of a single large allocation can be caught, and the code continues`() throws {
        let lua = try ticking(memoryLimit: 16 << 20)
        let thread = try lua.thread(
            """
            local keep = {}
            for i = 1, 300000 do keep[i] = i end
            for i = 1, 4 do
                assert(not pcall(string.rep, "x", 14 << 20))
                note()
            end
            return "done"
            """)
        #expect(end(of: thread) == nil)
        #expect(lua.notes == 4)
    }

    @Test func `the error of a runaway recursion can be caught, and the code continues`() throws {
        let lua = try ticking(memoryLimit: 128 << 20)
        let thread = try lua.thread(
            "local function f() f() end for i = 1, 4 do assert(not pcall(f)) note() end return 'done'")
        #expect(end(of: thread) == nil)
        #expect(lua.notes == 4)
    }

    /// Three quarters of the limit stay in use, and many times the limit becomes garbage.
    @Test(arguments: ["churn(3000)", "table.sort({ 1, 2 }, function() churn(300) return false end)"])
    func `near the limit, garbage is collected when it is an eighth of the limit`(_ call: String) throws {
        let lua = try ticking(memoryLimit: 16 << 20)
        let thread = try lua.thread(
            """
            local keep = {}
            for i = 1, 12 * 1024 do keep[i] = ("x"):rep(1000) .. i end
            local function churn(n) for i = 1, n do local s = ("y"):rep(64000) .. i end end
            \(call)
            return "done"
            """)
        var collections = 0
        var step = thread.resume()
        while true {
            if case .needsMemory = step {
                collections += 1
                lua.vm.beginCollection()
                while lua.vm.collectPiece(toGoOn: true) {}
                try #require(!lua.vm.isFull)
            } else {
                guard case .preempted = step else { break }
            }
            step = thread.resume()
        }
        #expect(thread.stack.string(at: -1) == "done")
        #expect(collections < 400)
    }

    @Test func `a value that Swift pushes beyond the limit ends the run at the next instruction`() throws {
        let lua = try ticking(memoryLimit: 4 << 20)
        let thread = try lua.thread("local s = grow() note() return 'no'")
        #expect(end(of: thread) == .memory)
        #expect(lua.notes == 0)
    }

    @Test func `a cleared VM can be collected in pieces and is empty then`() throws {
        let lua = try TestVM()
        _ = try lua.run("kept = {} for i = 1, 400000 do kept[i] = { i } end")
        #expect(lua.vm.memoryUsed > 30 << 20)
        lua.vm.clear()
        lua.vm.beginCollection()
        var pieces = 0
        while lua.vm.collectPiece() { pieces += 1 }
        #expect(pieces > 5, "\(pieces)")
        #expect(lua.vm.memoryUsed < 64 << 10)
    }

    // MARK: Code that cannot yield

    @Test(arguments: [
        "for _ in ipairs(setmetatable({}, { __index = function(_, i) long() return i <= 50 and i or nil end })) do end",
        "for i = 1, 50 do xpcall(error, long) end",
        "for i = 1, 50 do xpcall(error, function() coroutine.wrap(long)() end) end",
        """
        for i = 1, 50 do
            local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = long }) coroutine.yield() end)
            coroutine.resume(co)
            coroutine.close(co)
        end
        """,
    ])
    func `a slice that is over where code cannot yield ends after that call`(
        _ code: String
    ) throws {
        let lua = try ticking()
        let thread = try lua.thread("local function long() for i = 1, 6 do tick() end end \(code) return 'done'")
        var slices = 0
        while case .preempted = thread.resume() { slices += 1 }
        #expect(thread.stack.string(at: -1) == "done")
        #expect(slices >= 50)
    }

    @Test(arguments: [
        "xpcall(error, long)", "xpcall(error, function() pcall(long) end)",
        "xpcall(error, function() coroutine.wrap(long)() end)",
        "xpcall(error, function() for i = 1, 30 do coroutine.wrap(tick)() end end)",
    ])
    func `a call that cannot yield for many slices ends the run`(_ code: String) throws {
        let lua = try ticking()
        let thread = try lua.thread("local function long() for i = 1, 30 do tick() end end \(code) note()")
        #expect(end(of: thread) == .held)
        #expect(lua.notes == 0)
    }

    // MARK: Reading JSON

    /// Texts of about a megabyte, each made of one kind of part.
    static let longTexts = [
        "[" + Array(repeating: "1", count: 500_000).joined(separator: ",") + "]",
        "{" + (0..<80_000).map { "\"k\($0)\":1" }.joined(separator: ",") + "}",
        "\"" + String(repeating: "x", count: 1_000_000) + "\"",
        "\"" + String(repeating: "\\n", count: 500_000) + "\"",
        "\"" + String(repeating: "é", count: 500_000) + "\"",
        "[" + String(repeating: " ", count: 1_000_000) + "]",
        "[" + Array(repeating: "[]", count: 300_000).joined(separator: ",") + "]",
    ]

    @Test(arguments: longTexts)
    func `reading JSON checks the limits every 16 KB`(_ text: String) throws {
        let lua = try TestVM(memoryLimit: 1 << 30)
        try lua.read(text)
        #expect(lua.vm.limitChecks.count >= text.utf8.count / JSONScanner.stretch - 1)
        #expect(lua.vm.limitChecks.longest <= 2 * JSONScanner.stretch)
    }

    @Test func `filling a deferred table checks the limits every 16 KB`() throws {
        for text in Self.longTexts where text.hasPrefix("[") && !text.hasPrefix("[ ") {
            let lua = try TestVM(memoryLimit: 1 << 30)
            let thread = lua.vm.makeThread()
            try thread.stack.load("local list = ... return #list".utf8Span.span.bytes, name: "=test")
            try lua.pushDeferred(text, onto: thread.stack)
            var step = thread.resume(arguments: 1)
            while case .preempted = step { step = thread.resume() }
            guard case .finished(1) = step else {
                Issue.record("\(step)")
                continue
            }
            #expect(lua.vm.limitChecks.count >= text.utf8.count / JSONScanner.stretch - 1)
            #expect(lua.vm.limitChecks.longest <= 2 * JSONScanner.stretch)
        }
    }

    @Test func `reading JSON ends when the time or memory limit is reached`() throws {
        let lua = try TestVM(memoryLimit: 4 << 20)
        let text = Array(Self.longTexts[0].utf8)
        lua.vm.setDeadline(0)
        #expect(lua.readError(text)?.hasSuffix("the time limit was exceeded") == true)
        lua.vm.setDeadline(.max)
        #expect(lua.readError(text)?.hasSuffix("the values take more than the function's 4 MB") == true)
        lua.vm.stack.setCount(0)
        #expect(lua.readError(Array(Self.longTexts[2].utf8)) == nil)
    }

    @Test func `a limit that is reached while a deferred table is filled ends the run`() throws {
        let lua = try ticking(memoryLimit: 8 << 20)
        let thread = try lua.thread("local t = ... pcall(function() return t[1] end) note() return 'no'")
        try lua.pushDeferred(Self.longTexts[0], onto: thread)
        #expect(end(of: thread, arguments: 1) == .memory)
        #expect(lua.notes == 0)
    }

    // MARK: -

    private func ticking(memoryLimit: Int = 64 << 20) throws -> TickingVM {
        try Tick.prepare()
        return try TickingVM(memoryLimit: memoryLimit)
    }

    /// Runs a thread until it fails, and returns the cause; nil if it finishes or waits.
    private func end(of thread: LuaThread, arguments: Int = 0, deadline: Int64? = nil) -> Step.Cause? {
        var arguments = arguments
        while true {
            defer { arguments = 0 }
            switch thread.resume(arguments: arguments, deadline: deadline) {
            case .preempted: continue
            case .needsMemory:
                thread.vm.beginCollection()
                while thread.vm.collectPiece() {}
                if thread.vm.isFull { return .memory }
            case .failed(let cause): return cause
            case .finished, .waiting: return nil
            }
        }
    }
}

/// A VM whose scripts may call `tick`, `note`, `wait` and `grow`.
private final class TickingVM {
    private struct Wait: Operation {}
    private final class Count { var value = 0 }

    private let lua: TestVM
    private let count = Count()
    var vm: LuaVM { lua.vm }
    /// The number of times that scripts have called `note`.
    var notes: Int { count.value }

    func pushDeferred(_ text: String, onto thread: LuaThread) throws {
        try lua.pushDeferred(text, onto: thread.stack)
    }

    init(memoryLimit: Int) throws {
        lua = try TestVM(memoryLimit: memoryLimit)
        let count = count
        add("tick") { _ throws(LuaError) in
            Tick.come()
            return 0
        }
        add("note") { _ throws(LuaError) in
            count.value += 1
            return 0
        }
        add("wait") { stack in stack.wait(for: Wait()) }
        add("grow") { stack throws(LuaError) in
            stack.push(bytes: [UInt8](repeating: 120, count: memoryLimit))
            return 1
        }
    }

    private func add(_ name: String, _ body: @escaping HostFunction) {
        _ = try? vm.stack.run(LuaChunk("return _G"), arguments: 0)
        vm.stack.push(function: name, body)
        vm.stack.setField(name, of: -2)
        vm.stack.setCount(0)
    }

    func thread(_ script: String) throws(LuaFailure) -> LuaThread {
        let thread = vm.makeThread()
        try thread.stack.load(script.utf8Span.span.bytes, name: "@test.lua")
        return thread
    }

    func run(_ script: String) throws(LuaFailure) -> String { try lua.run(script) }
}
