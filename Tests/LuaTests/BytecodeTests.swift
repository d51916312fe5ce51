import Foundation
import TestSupport
import Testing

@testable import Lua

/// The reader of bytecode, compared with what Lua itself says about the same code.
@Suite struct BytecodeTests {
    private static func read(_ source: String) throws -> LuaBytecode {
        try LuaBytecode(source: Array(source.utf8), name: "@test.lua")
    }

    /// A script that names the lines on which the code of a function can run, as Lua's own library knows them.
    private static func activeLines(of source: String) throws -> [Int] {
        let text = try StockLua.run(
            """
            local lines, list = {}, {}
            for line in pairs(debug.getinfo(assert(load([==[
            \(source)]==], "@test.lua")), "L").activelines) do list[#list + 1] = line end
            table.sort(list)
            return table.concat(list, " ")
            """)
        return text.split(separator: " ").compactMap { Int($0) }
    }

    /// Sources without functions inside, whose lines are all that Lua lists but that of the last instruction.
    private static let flat = [
        "local x = 1\nlocal y = x + 2\nprint(x, y)\n\n-- end\n",
        "for i = 1, 3 do\n  print(i)\nend\nwhile x do\n  break\nend\nrepeat\n  x()\nuntil y\nprint()",
        "local t = {\n  1,\n  a = 2,\n  [3] = 'x',\n\n  ...,\n}\nreturn t",
        "if a then\n  b()\nelseif c then\n  d()\nelse\n  e()\nend\ngoto done\nf()\n::done::\ng()",
        "for k, v in pairs(t) do\n  print(k,\n    v)\nend\nlocal c <close> = x\nlocal d <const> = 5\nreturn d",
        String(repeating: "\n", count: 400) + "print(1)" + String(repeating: "\n", count: 70000) + "print(2)\nprint(3)",
        (1...500).map { "x\($0) = '\($0)'" }.joined(separator: "\n"),
    ]

    @Test(arguments: flat)
    func `the lines of instructions are those that Lua lists`(_ source: String) throws {
        let code = try Self.read(source)
        let main = try #require(code.functions.first)
        let lines = Set(main.lines.dropFirst().map { Int($0) }).sorted()
        #expect(try lines == Self.activeLines(of: source))
        #expect(main.lines.count == main.code.count)
    }

    @Test(arguments: [
        ("local x = 1\n\n-- a remark\nreturn x", [1, 4]),
        // Functions that are never called count too, but for their own 'end'.
        ("local function f(a)\n  if a then\n    return 1\n  end\n  return 2\nend\nreturn f", [2, 3, 5, 6, 7]),
        ("return function(...)\n  local a = ...\nend", [2, 3]),
        ("local M = {}\nfunction M.f()\n  error 'x'\nend\nreturn M", [1, 2, 3, 4, 5]),
        ("", []),
        ("#!/usr/bin/lua\nprint(1)", [2]),
    ])
    func `the lines that can run`(_ source: String, _ lines: [Int]) throws {
        #expect(try Self.read(source).lines == lines)
    }

    @Test func `functions, constants, variables and upvalues have their names`() throws {
        let code = try Self.read(
            """
            local json = require "json"
            local a <const> = 10
            local b, c = 1.5, -7
            return function(data, ...)
                local text = json.encode { data, true, nil }
                return function() return text, b, print end
            end
            """)
        try #require(code.functions.count == 3)
        let (main, outer, inner) = (code.functions[0], code.functions[1], code.functions[2])
        #expect(main.parent == nil && outer.parent == 0 && inner.parent == 1)
        #expect(main.functions == [1] && outer.functions == [2] && inner.functions.isEmpty)
        #expect(main.isVararg && main.parameters == 0 && outer.parameters == 1 && outer.isVararg)
        #expect(outer.firstLine == 4 && inner.firstLine == 6)
        #expect(main.locals.map(\.name) == ["json", "b", "c"])
        #expect(outer.locals.map(\.name) == ["data", "text"])
        #expect(main.constants.contains(.string("require")) && main.constants.contains(.number(1.5)))
        #expect(outer.upvalues.map(\.name) == ["json", "b", "_ENV"])
        #expect(inner.upvalues.map(\.name) == ["text", "b", "_ENV"])
        #expect(inner.upvalues.map(\.isLocal) == [true, false, false])
        #expect(outer.code.last?.operation == .return)
    }

    /// `luac` of the same version prints the name of each operation.
    @Test func `each operation has its name`() throws {
        let source = """
            local a, b, c = x, nil, 5 local d <close> = nil
            a = a + 1; a = a + 2.5; a = a - b; a = b - 300; a = a * b; a = a * 2; a = a % b; a = a % 2; a = a ^ b; a = a ^ 2
            a = a / b; a = a / 2; a = a // b; a = a // 2; a = a & b; a = a & 1; a = a | b; a = a | 1; a = a ~ b; a = a ~ 1
            a = a << b; a = 1 << a; a = a >> b; a = a >> 1; a = -a; a = ~a; a = not a; a = #a; a = a .. b
            if a == b or a < b or a <= b or a == 'x' or a == 1 or a < 1 or a <= 1 or a > 1 or a >= 1 then a = a and b or c end
            a.f = 1; a[1] = 2; a[b] = 3; y = 4; a = a.f; a = a[1]; a = a[b]; a:m(); a = { 1, 2, ... }
            a = function() a = b; return a end
            for i = 1, 2 do a(i) end for k in b do a = k end goto out ::out:: a = 1.0; a = true; a = a == b
            do local z = 1; a = function() return z end; goto out2 end ::out2:: return a()
            """
        let names = try Self.read(source).functions.flatMap { $0.code.map(\.operation) }
        let file = FileManager.default.temporaryDirectory.appending(path: "operations-\(UUID()).lua")
        try source.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let luac = Process()
        let output = Pipe()
        luac.executableURL = URL(filePath: "/usr/bin/luac5.4")
        luac.arguments = ["-p", "-l", file.path]
        luac.standardOutput = output
        try luac.run()
        let listing = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        let expected = listing.split(separator: "\n").compactMap { line -> String? in
            let columns = line.split(separator: "\t")
            guard columns.count >= 3, Int(columns[0].trimmingCharacters(in: .whitespaces)) != nil else { return nil }
            return columns[2].split(separator: " ").first.map(String.init)
        }
        let spelt: [LuaOpcode: String] = [
            .getUpvalue: "GETUPVAL", .setUpvalue: "SETUPVAL", .loadFalseSkip: "LFALSESKIP", .selfCall: "SELF",
            .toBeClosed: "TBC", .jump: "JMP",
        ]
        #expect(names.map { spelt[$0] ?? "\($0)".uppercased() } == expected)
        #expect(Set(names).count > 70)
    }

    @Test func `a file that does not compile says where`() {
        #expect(throws: LuaFailure(message: "test.lua:2: syntax error near 'y'")) { try Self.read("x = 1\nx y") }
        #expect { try Self.read("\u{1b}Lua") } throws: { "\($0)".contains("compiled Lua") }
    }

    /// What is read of bytes that were changed may be anything.
    @Test func `damaged bytecode is refused or read, and never stops the process`() throws {
        let source =
            "local a = { x = 1, 'y', 2.5 } local function f(b) return a, b, function() return f(a.x) end end return f"
        let dump = try LuaCompiler.dump(Array(source.utf8), name: "@t")
        #expect(LuaBytecode(dump: dump).functions.count == 3)
        for count in dump.indices { #expect(LuaBytecode(dump: Array(dump[..<count])).functions.isEmpty) }
        #expect(LuaBytecode(dump: dump + [0]).functions.isEmpty)
        for index in 0..<31 {
            var other = dump
            other[index] ^= 1
            #expect(LuaBytecode(dump: other).functions.isEmpty, "byte \(index) of the header")
        }
        for index in dump.indices {
            for change in [1, 2, 4, 8, 16, 32, 64, 128, 255, 127] as [UInt8] {
                var other = dump
                other[index] ^= change
                _ = LuaBytecode(dump: other).lines
            }
        }
    }

    @Test func `code at the limits of the compiler is read`() throws {
        let nested =
            String(repeating: "return function() ", count: 90) + String(repeating: " end", count: 90)
        #expect(try Self.read(nested).functions.count == 91)
        let constants = "return {" + (1...70000).map { "'k\($0)'" }.joined(separator: ", ") + "}"
        let main = try #require(Self.read(constants).functions.first)
        #expect(main.constants.count == 70000 && main.code.contains { $0.operation == .extraArg })
        let long = (1...3000).map { "local function f\($0)(a) return a.x\($0) + \($0) end f\($0)(y)" }
        #expect(throws: LuaFailure.self) { try Self.read(long.joined(separator: "\n")) }
        #expect(try Self.read(long.map { "do \($0) end" }.joined(separator: "\n")).lines == Array(1...3000))
    }
}
