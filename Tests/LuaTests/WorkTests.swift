import CLua
import JSON
import Testing

@testable import Lua

/// Tests Swift code that works for a script in steps.
@Suite struct WorkTests {
    @Test func `long work pauses for other work and continues where it was`() throws {
        let lua = try TestVM()
        try Tick.prepare()
        // Ends only once it was interrupted.
        var steps = 0
        var pauses = 0
        lua.vm.stack.push(function: "long") { stack throws(LuaError) in
            stack.push(Int64(7))
            return try stack.work { _ throws(LuaError) in
                steps += 1
                if pauses == 0, steps == 3 { Tick.come() }
                return pauses == 0 ? .more(after: 1) : .results(1)
            }
        }
        let thread = lua.vm.makeThread()
        lua.vm.stack.move(1, to: thread.stack)
        guard case .preempted = thread.resume() else {
            Issue.record("the work was not interrupted")
            return
        }
        pauses += 1
        let before = steps
        guard case .finished(1) = thread.resume() else {
            Issue.record("the work did not go on")
            return
        }
        #expect(steps == before + 1)
        #expect(thread.stack.integer(at: -1) == 7)
    }

    @Test func `an argument that is wrong only after a pause is an error like others`() throws {
        let lua = try TestVM()
        try Tick.prepare()
        var pauses = 0
        lua.vm.stack.push(function: "long") { stack throws(LuaError) in
            try stack.work { _ throws(LuaError) in
                if pauses > 0 { throw .argument(1, expected: "another one expected") }
                Tick.come()
                return .more(after: 1)
            }
        }
        let thread = lua.vm.makeThread()
        lua.vm.stack.move(1, to: thread.stack)
        while case .preempted = thread.resume() { pauses += 1 }
        #expect(thread.stack.string(at: -1) == "bad argument #1 to '?' (another one expected)")
    }

    @Test(arguments: [
        "return t.x", "t.y = 1 return t.x", "return #t == 2 and t.x",
        "for k, v in pairs(t) do if k == 'x' then return v end end",
        "return next(t) and t.x", "return rawget(t, 'x')", "return rawset(t, 'y', 1).x",
        "return rawlen(t) == 2 and t.x",
        "return getmetatable(t) == nil and t.x", "return setmetatable(t, {}).x",
        "return getmetatable(setmetatable({ x = 7 }, t)).x",
    ])
    func `a table that is filled in steps is complete at the first access`(_ touch: String) throws {
        let lua = try TestVM()
        try Tick.prepare()
        var pauses = 0
        let filler = lua.vm.stack.makeLongFiller { stack, table, _ in
            for value in 1...2 {
                stack.push(Int64(value))
                stack.setElement(value, of: table)
            }
            return { stack throws(LuaError) in
                // Ends only once it was interrupted.
                if pauses == 0 {
                    Tick.come()
                    return .more(after: 1)
                }
                stack.push(Int64(7))
                stack.setField("x", of: table)
                return .results(0)
            }
        }
        let thread = lua.vm.makeThread()
        try thread.stack.load("local t = ... \(touch)".utf8Span.span.bytes, name: "=test")
        thread.stack.push(true)
        thread.stack.pushDeferred(filler)
        guard case .preempted = thread.resume(arguments: 1) else {
            Issue.record("the filling was not interrupted")
            return
        }
        pauses = 1
        guard case .finished(1) = thread.resume() else {
            Issue.record("the filling did not go on")
            return
        }
        #expect(thread.stack.integer(at: -1) == 7)
    }

    @Test func `a few freed blocks are kept for reuse until the next collection`() throws {
        let lua = try TestVM()
        let host = clua_vm(lua.vm.stack.state)
        #expect(
            try lua.evaluate("for i = 1, 200000 do local t = { i, { i } } local s = i .. '' end return true"))
        let kept = try #require(host?.pointee.kept)
        #expect((1...Int(CLUA_KEPT + CLUA_SMALL + 16)).contains(kept))
        lua.vm.collectGarbage()
        #expect(host?.pointee.kept == 0)
    }

    @Test func `no error handler of the script runs after long work has exceeded the time limit`() throws {
        let lua = try TestVM()
        lua.vm.stack.push(function: "long") { stack throws(LuaError) in
            try stack.work { _ throws(LuaError) in .more(after: 1) }
        }
        let thread = lua.vm.makeThread()
        try thread.stack.load("local long = ... while true do pcall(long) end".utf8Span.span.bytes, name: "=test")
        lua.vm.stack.move(1, to: thread.stack)
        let step = thread.resume(arguments: 1, deadline: 0)
        guard case .failed(.deadline) = step else {
            Issue.record("\(step)")
            return
        }
    }

    @Test func `bytes count against the memory limit exactly as long as Swift holds them`() throws {
        let lua = try TestVM(memoryLimit: 2 << 20)
        let before = lua.vm.memoryUsed
        do {
            let held = HeldBytes(lua.vm)
            #expect(held.hold(1 << 20))
            #expect(lua.vm.memoryUsed == before + (1 << 20))
            #expect(!held.hold(2 << 20) && held.count == 1 << 20)
            let thread = lua.vm.makeThread()
            try thread.stack.load("return #('x'):rep(3 << 19)".utf8Span.span.bytes, name: "=test")
            let step = thread.resume()
            guard case .failed(.memory) = step else {
                Issue.record("\(step)")
                return
            }
        }
        lua.vm.collectGarbage()
        #expect(lua.vm.memoryUsed < 1 << 20)
    }

    @Test(arguments: [
        "return ('x'):rep(1 << 20)", "return ('\\n'):rep(1 << 20)", "return { ('é'):rep(1 << 19), ('x'):rep(60000) }",
        "local t = {} for i = 1, 1 << 17 do t[i] = i end return t",
        "local t = {} for i = 1, 1 << 17 do t[i] = {} end return t",
        "local t = {} for i = 1 << 17, 1, -1 do t[i] = true end return t",
        "local t = {} for i = 1, 1 << 14 do t['key ' .. i] = i end return t",
        "return { [('k'):rep(1 << 20)] = 1 }",
    ])
    func `writing JSON checks the limits`(_ code: String) throws {
        let lua = try TestVM()
        try lua.vm.stack.run(LuaChunk(code), arguments: 0)
        let writer = JSONWriter(for: lua.vm)
        try writer.append(at: -1, of: lua.vm.stack)
        let plain = lua.vm.limitChecks
        #expect(plain.longest <= Stretch.bytes)
        #expect(plain.bytes >= writer.count * 3 / 10)
        let text = writer.text
        try writer.quote(from: 0, of: lua.vm.stack)
        #expect(lua.vm.limitChecks.longest <= Stretch.bytes)
        #expect(lua.vm.limitChecks.bytes >= plain.bytes + text.utf8.count)
        let again = JSONWriter()
        again.append(string: text)
        #expect(writer.text == again.text)
        lua.vm.stack.pop()
    }

    @Test func `a text that is written in pieces is the same as one written at once`() throws {
        let lua = try TestVM()
        let text = String(repeating: "aé€😀\n\u{1}\"", count: 20_000)
        let whole = JSONWriter()
        whole.append(string: text)
        let pieces = JSONWriter(for: lua.vm)
        lua.vm.stack.push(text)
        try pieces.append(at: -1, of: lua.vm.stack)
        #expect(pieces.text == whole.text)
        pieces.truncate()
        try pieces.append(string: text.utf8Span.span.bytes, of: lua.vm.stack)
        #expect(pieces.text == whole.text)
        lua.vm.stack.pop()
    }

    @Test func `the text of an error has a limited length`() throws {
        let lua = try TestVM()
        lua.vm.stack.push(String(repeating: "x", count: 1 << 20))
        let message = lua.vm.stack.message(at: -1)
        #expect(message.utf8.count < 70_000 && message.hasSuffix(" … (cut)"))
        lua.vm.stack.pop()
    }
}
