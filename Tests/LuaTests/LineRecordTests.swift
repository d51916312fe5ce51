import CLua
import Testing

@testable import Lua

/// Ticks come only where a script calls `tick`.
@Suite struct LineRecordTests {
    /// Runs a script to its end, and returns those of the lines with code that have run, and the number of its slices.
    private static func run(
        _ script: String, ticks: Bool = true, deadline: Int64? = nil
    ) throws -> (ran: [Int], slices: Int, end: String) {
        try Tick.prepare()
        let record = LineRecord(["@test.lua": 100, "@lib/other.lua": 100, "@a": 1, "@z": 1])
        let lua = try TestVM(modules: ["other": "local M = {}\nfunction M.f()\nreturn 1\nend\nreturn M"], lines: record)
        let thread = lua.vm.makeThread()
        thread.stack.push(function: "tick") { stack throws(LuaError) in
            if ticks { Tick.come() }
            return 0
        }
        let text = "local tick = ... " + script
        try thread.stack.load(text.utf8Span.span.bytes, name: "@test.lua")
        thread.stack.insert(at: -2)
        var slices = 1
        var step = thread.resume(arguments: 1, deadline: deadline)
        while case .preempted = step {
            slices += 1
            step = thread.resume(deadline: deadline)
        }
        var end = "stopped"
        if case .finished = step { end = "finished" }
        if case .failed(let cause) = step { end = "\(cause)" }
        if case .failed(let cause) = step, cause.isFinal {
            lua.vm.abandon(thread)
        } else {
            var closingTime = ClosingTime()
            lua.vm.recycle(thread, &closingTime)
        }
        let lines = try LuaBytecode(source: Array(text.utf8), name: "@test.lua").lines
        return (record.lines(of: "@test.lua").filter { lines.contains($0) }, slices, end)
    }

    private static let scripts: [(String, [Int])] = [
        ("\nlocal a = 1\nif a == 2 then\n  a = 3\nelse\n  a = 4\nend\nreturn a", [1, 2, 3, 6, 8]),
        ("local function never()\n  return 1\nend\nreturn 2", [1, 3, 4]),
        ("local function f(...)\n  local n = select('#', ...)\n  return n\nend\nf(1)\nf(2)", [1, 2, 3, 4, 5, 6]),
        ("\nfor i = 1, 3 do\n  if i > 1 then\n    i = 2\n  end\nend", [1, 2, 3, 4]),
        ("\nfor _ in pairs {} do\n  print()\nend", [1, 2, 4]),
        (
            "\nlocal co = coroutine.wrap(function()\n  coroutine.yield(1)\n  print()\nend)\nco()",
            [1, 2, 3, 5, 6]
        ),
        (
            "\nlocal co = coroutine.create(function()\n  coroutine.yield(1)\n  error 'x'\nend)\ncoroutine.resume(co)\n"
                + "coroutine.resume(co)\nreturn 1", [1, 2, 3, 4, 5, 6, 7, 8]
        ),
        ("\npcall(function()\n  error 'x'\n  print()\nend)\nreturn 1", [1, 2, 3, 5, 6]),
        ("\nlocal t = setmetatable({}, { __index = function()\n  return 1\nend })\nreturn\n  t.x", [1, 2, 3, 4, 6]),
        ("\ntable.sort({ 2, 1 }, function(a, b)\n  return a < b\nend)", [1, 2, 3, 4]),
        (
            "\ndo\n  local x <close> = setmetatable({}, { __close = function()\n    print()\n  end })\nend\nreturn 1",
            [1, 3, 4, 5, 7]
        ),
        ("\nlocal x <close> = setmetatable({}, { __close = function()\n  print()\nend })\nerror 'x'", [1, 2, 3, 4, 5]),
        ("\nreturn require 'other'.f()", [1, 2]),
        ("goto done\nprint()\n::done::\nreturn 1", [1, 4]),
    ]

    @Test(arguments: scripts)
    func `exactly the lines that have run are recorded`(_ script: String, _ lines: [Int]) throws {
        let ran = try Self.run(script).ran
        #expect(ran == lines, "\(script)")
    }

    /// Ends slices in every line of a script that has a statement.
    @Test(arguments: scripts)
    func `slices that end everywhere change nothing`(_ script: String, _ lines: [Int]) throws {
        let ticking = script.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { number, line in
            let first = line.drop { $0 == " " }
            let takesNone = number == 0 || ["else", "end", "return", "t.x", "::"].contains { first.hasPrefix($0) }
            return takesNone ? "\(line)" : "tick() \(line) ".replacing(" do ", with: " do tick() ")
        }.joined(separator: "\n")
        let (ran, slices, end) = try Self.run(ticking)
        let calm = try Self.run(ticking, ticks: false)
        #expect(ran == calm.ran, "\(ticking)")
        #expect(end == calm.end)
        #expect(calm.slices == 1)
        #expect(slices > 1 || !ticking.contains("tick()") || ticking.hasPrefix("goto"))
    }

    @Test(arguments: [
        ("while true do\n  pcall(function()\n    while true do tick() end\n  end)\nend", [1, 2, 3, 4]),
        (
            "local co = coroutine.wrap(function() while true do pcall(function()\n while true do tick() end end) end end)\n"
                + "while true do pcall(co) end", [1, 2, 3]
        ),
    ])
    func `the time limit ends code whose lines are recorded`(_ script: String, _ lines: [Int]) throws {
        let (ran, _, end) = try Self.run(script, deadline: 0)
        #expect(end == "deadline")
        #expect(ran == lines)
    }

    @Test func `a long loop has slices, and its lines are recorded once`() throws {
        let (ran, slices, end) = try Self.run(
            """
            local sum = 0
            for i = 1, 10000 do
              if i % 10 == 0 then tick() end
              sum = sum + i
            end
            if sum == 50005000 then
              return
            end
            print()
            """)
        #expect(ran == [1, 2, 3, 4, 6, 7])
        #expect(slices > 500)
        #expect(end == "finished")
    }

    @Test func `deep recursion is sliced while its lines are recorded`() throws {
        let (ran, slices, end) = try Self.run(
            """
            local function f(n)
              if n == 0 then return 0 end
              if n % 100 == 0 then tick() end
              return 1 + f(n - 1)
            end
            f(100000)
            """)
        #expect(ran == [1, 2, 3, 4, 5, 6])
        #expect(slices >= 1000)
        #expect(end == "finished")
    }

    @Test func `VMs share a record, and other files are ignored`() throws {
        let record = LineRecord(["@lib/other.lua": 10])
        for _ in 0..<2 {
            let lua = try TestVM(modules: ["other": "local a = 1\nreturn a"], lines: record)
            _ = try lua.run(
                "require 'other'\nload('return 1', '@lib/other.lua:x')()\nload('\\n\\n\\nreturn 1', '=other')()")
        }
        #expect(record.lines(of: "@lib/other.lua") == [1, 2])
        #expect(record.lines(of: "@test.lua") == [])
    }

    @Test func `without files nothing is recorded`() throws {
        let lua = try TestVM(lines: LineRecord([:]))
        #expect(try lua.run("return 'x'") == "x")
    }
}
