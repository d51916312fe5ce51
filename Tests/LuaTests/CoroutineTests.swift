import CLua
import Foundation
import Testing

@testable import Lua

/// Tests luafunc's own coroutine library, which must follow the manual to the letter.
@Suite struct CoroutineTests {
    /// A script, and the result that stock Lua 5.4 gives for it.
    static let examples: [(String, String)] = [
        (
            #"local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) return c * 2 end) local _, x = coroutine.resume(co, 1, 2) local _, y = coroutine.resume(co, 10) return x, y, coroutine.status(co)"#,
            #"3|20|dead"#
        ),
        (
            #"return coroutine.resume(coroutine.create(function() error('x', 0) end))"#,
            #"false|x"#
        ),
        (
            #"return coroutine.resume(coroutine.create(function() error({}) end)) == false"#,
            #"true"#
        ),
        (
            #"local co = coroutine.create(function() end) coroutine.resume(co) return coroutine.resume(co)"#,
            #"false|cannot resume dead coroutine"#
        ),
        (
            #"local co co = coroutine.create(function() return coroutine.resume(co) end) return select(2, coroutine.resume(co))"#,
            #"false|cannot resume non-suspended coroutine"#
        ),
        (
            #"local co co = coroutine.create(function() return coroutine.status(co) end) return coroutine.resume(co)"#,
            #"true|running"#
        ),
        (
            #"local outer local inner = coroutine.create(function() return coroutine.status(outer), coroutine.resume(outer) end) outer = coroutine.create(function() return coroutine.resume(inner) end) return coroutine.resume(outer)"#,
            #"true|true|normal|false|cannot resume non-suspended coroutine"#
        ),
        (
            #"return coroutine.isyieldable(), select(2, coroutine.resume(coroutine.create(coroutine.isyieldable)))"#,
            #"false|true"#
        ),
        (
            #"return select(2, coroutine.running()), coroutine.wrap(function() return select(2, coroutine.running()) end)()"#,
            #"true|false"#
        ),
        (
            #"return pcall(coroutine.yield, 1)"#,
            #"false|attempt to yield from outside a coroutine"#
        ),
        (
            #"return pcall(coroutine.wrap(function() error('oops') end))"#,
            #"false|test.lua:1: oops"#
        ),
        (
            #"return pcall(coroutine.wrap(function() error(setmetatable({}, { __tostring = function() return 'T' end })) end)) == false"#,
            #"true"#
        ),
        (
            #"local f = coroutine.wrap(function() return 1 end) f() return pcall(f)"#,
            #"false|cannot resume dead coroutine"#
        ),
        (
            #"return pcall(coroutine.create, 1)"#,
            #"false|bad argument #1 to 'coroutine.create' (function expected, got number)"#
        ),
        (
            #"return pcall(coroutine.resume, 1)"#,
            #"false|bad argument #1 to 'coroutine.resume' (thread expected, got number)"#
        ),
        (
            #"return pcall(coroutine.status)"#,
            #"false|bad argument #1 to 'coroutine.status' (thread expected, got no value)"#
        ),
        (
            #"return pcall(coroutine.close, coroutine.running())"#,
            #"false|cannot close a running coroutine"#
        ),
        (
            #"local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) return coroutine.close(co), coroutine.status(co)"#,
            #"true|dead"#
        ),
        (
            #"local log = {} local co = coroutine.create(function() local a <close> = setmetatable({}, { __close = function(_, e) log[#log + 1] = 'a' .. tostring(e) end }) local b <close> = setmetatable({}, { __close = function(_, e) log[#log + 1] = 'b' .. tostring(e) end }) coroutine.yield() end) coroutine.resume(co) local ok = coroutine.close(co) return ok, log[1], log[2]"#,
            #"true|bnil|anil"#
        ),
        (
            #"local co = coroutine.create(function() local a <close> = setmetatable({}, { __close = function() error('in close', 0) end }) coroutine.yield() end) coroutine.resume(co) return coroutine.close(co)"#,
            #"false|in close"#
        ),
        (
            #"local co = coroutine.create(function() error('first', 0) end) coroutine.resume(co) return coroutine.close(co)"#,
            #"false|first"#
        ),
        (
            #"local co = coroutine.create(function() local a <close> = setmetatable({}, { __close = function(_, e) error('second ' .. e, 0) end }) error('first', 0) end) local ok, e = coroutine.resume(co) local closed, m = coroutine.close(co) return ok, e, closed, m"#,
            #"false|first|false|second first"#
        ),
        (
            #"local f = coroutine.wrap(function() local a <close> = setmetatable({}, { __close = function(_, e) error('second ' .. e, 0) end }) error('first', 0) end) return pcall(f)"#,
            #"false|second first"#
        ),
        (
            #"local co = coroutine.wrap(function() local ok, e = pcall(function() coroutine.yield(1) error('x', 0) end) coroutine.yield(e) return 'end' end) return co(), co(), co()"#,
            #"1|x|end"#
        ),
        (
            #"local co = coroutine.wrap(function() return select('#', coroutine.yield(nil, nil)) end) return select('#', co()), co(nil, nil, nil)"#,
            #"2|3"#
        ),
        (
            #"local t = setmetatable({}, { __index = function(_, k) return coroutine.yield(k) end }) local co = coroutine.wrap(function() return t.x .. t.y end) return co(), co('1'), co('2')"#,
            #"x|y|12"#
        ),
        (
            #"local co = coroutine.wrap(function() for k in pairs(setmetatable({}, { __pairs = function() return coroutine.yield('p'), nil, nil end })) do end end) return co()"#,
            #"p"#
        ),
        (
            #"return select(2, coroutine.resume(coroutine.create(function() for _ in ipairs(setmetatable({}, { __index = coroutine.yield })) do end end)))"#,
            #"attempt to yield across a C-call boundary"#
        ),
        (
            #"local n = 0 local function gen(k) return coroutine.wrap(function() if k > 0 then for v in gen(k - 1) do coroutine.yield(v) end end coroutine.yield(k) end) end for v in gen(50) do n = n + v end return n"#,
            #"1275"#
        ),
        (
            #"local function nest(k) if k == 0 then return 'deep' end return (coroutine.wrap(nest)(k - 1)) end return nest(100)"#,
            #"deep"#
        ),
        (
            #"local function nest(k) return coroutine.wrap(nest)(k + 1) end local ok, e = pcall(nest, 0) return ok, (e:gsub('^.*: ', ''))"#,
            #"false|C stack overflow"#
        ),
        (
            #"local list = {} for i = 1, 100000 do list[i % 10] = coroutine.create(function() return i end) end return select(2, coroutine.resume(list[1]))"#,
            #"99991"#
        ),
        (
            #"local co = coroutine.create(function(...) return select('#', ...) end) return coroutine.resume(co, table.unpack({}, 1, 200))"#,
            #"true|200"#
        ),
        (
            #"local co = coroutine.create(function() return table.unpack({}, 1, 200) end) return select('#', coroutine.resume(co))"#,
            #"201"#
        ),
        (
            #"local a, b a = coroutine.create(function() return coroutine.close(b) end) b = coroutine.create(function() return coroutine.resume(a) end) local _, ok, m = coroutine.resume(b) return ok, m"#,
            #"false|test.lua:1: cannot close a normal coroutine"#
        ),
        (
            #"local co = coroutine.wrap(function() return pcall(pcall, pcall, function() coroutine.yield('y') error('e', 0) end) end) return co(), select('#', co())"#,
            #"y|4"#
        ),
        (
            #"local co = coroutine.wrap(function() return xpcall(function() coroutine.yield('y') error('e', 0) end, function(m) return m .. '!' end) end) return co(), select(2, co())"#,
            #"y|e!"#
        ),
        (
            #"local s = '' for w in coroutine.wrap(function() for w in ('a b c'):gmatch('%a') do coroutine.yield(w) end end) do s = s .. w end return s"#,
            #"abc"#
        ),
        (
            #"local co = coroutine.create(print) return tostring(co):match('^thread: ') ~= nil, type(co)"#,
            #"true|thread"#
        ),
    ]

    @Test(arguments: examples)
    func `coroutines behave like those of stock Lua`(_ script: String, _ results: String) throws {
        let lua = try TestVM()
        #expect(try lua.run(packed(script)) == results)
    }

    /// Slices of one instruction, in code outside the script's own coroutines.
    @Test(arguments: examples)
    func `coroutines do not notice that slices end`(_ script: String, _ results: String) throws {
        let lua = try TestVM()
        let thread = lua.vm.makeThread()
        let stack = thread.stack
        let source = packed(script)
        try stack.load(source.utf8Span.span.bytes, name: "@test.lua")
        var slices = 0
        while true {
            // Only the thread that is resumed from outside can be armed here. The ticks below reach the other threads.
            clua_arm(thread.state)
            guard case .preempted = thread.resume() else { break }
            slices += 1
            if slices > 2_000_000 { break }
        }
        #expect(stack.string(at: -1) == results)
        #expect(slices > 3)
    }

    /// This test uses a real timer, which ticks at any point, on a thread that ends with the test.
    @Test func `slices end inside coroutines, and the code continues where it was`() async throws {
        let (sum, slices) = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try Self.runTicking() }) }
        }
        #expect(sum == 15_000_150_000)
        #expect(slices > 3)
    }

    private static func runTicking() throws -> (sum: Int64?, slices: Int) {
        try #require(Preemption.start(slice: 1))
        let lua = try TestVM()
        let thread = lua.vm.makeThread()
        let script = """
            local function range(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
            local sum = 0
            for i in range(300000) do
                local ok, v = pcall(function() return coroutine.wrap(function() return i end)() end)
                if i % 3 == 0 then sum = sum + v end
            end
            return sum
            """
        try thread.stack.load(script.utf8Span.span.bytes, name: "@test.lua")
        var slices = 0
        while case .preempted = thread.resume() { slices += 1 }
        return (thread.stack.integer(at: -1), slices)
    }

    private func packed(_ script: String) -> String {
        """
        local function main() \(script) end local r = table.pack(main()) for i = 1, r.n do r[i] = tostring(r[i]) end return table.concat(r, '|', 1, r.n)
        """
    }
}
