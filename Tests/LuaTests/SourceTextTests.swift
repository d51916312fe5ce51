import Testing

@testable import Lua

/// Source files that Lua's compiler refuses for a reason that its message does not say.
@Suite struct SourceTextTests {
    @Test(arguments: [
        (
            "print(“hi”)",
            "f.lua:1: unexpected symbol near '<226>': “ (U+201C) is a typographic quotation mark; write \" instead"
        ),
        (
            "local a = 'é“' -- “\nlocal b = ‘x’",
            ":2: unexpected symbol near '<226>': ‘ (U+2018) is a typographic quotation mark; write ' instead"
        ),
        (
            "return [[ “\n ]] , [==[ ” ]] ]==], \"a\\\"“\", 'b\\z \n “', «x»",
            ":3: unexpected symbol near '<194>': « (U+00AB)"
        ),
        ("--[[ “ ]] x = 1 – 2", "– (U+2013) is a dash; write - instead"),
        ("x\u{a0}= 1", "U+00A0 is a no-break space; write an ordinary space instead"),
        ("x = 1\u{200b}", "U+200B is an invisible character of no width; delete it"),
        ("x = 1\u{feff}", "U+FEFF is an invisible character of no width; delete it"),
        ("x\u{3000}= 1", "U+3000 is not a space to Lua; write an ordinary space instead"),
        ("print（1）", "（ (U+FF08) is a full-width character; write ( instead"),
        (
            "local größe = 1",
            "ö (U+00F6) can stand only in strings and comments; names are made of ASCII letters, digits and _"
        ),
    ])
    func `the error about a character that Lua does not read names it`(_ source: String, _ sentence: String) throws {
        let message = try message(Array(source.utf8)).replacing("\\", with: "")
        #expect(message.contains(sentence), "\(message)")
    }

    /// The bytes of one character 'r', without and with a mark of the byte order before it.
    @Test(
        arguments: [
            ([0x72, 0], [0xff, 0xfe], "UTF-16"), ([0, 0x72], [0xfe, 0xff], "UTF-16"),
            ([0x72, 0, 0, 0], [0xff, 0xfe, 0, 0], "UTF-32"), ([0, 0, 0, 0x72], [0, 0, 0xfe, 0xff], "UTF-32"),
        ] as [([UInt8], [UInt8], String)])
    func `a file in UTF-16 or UTF-32 is named`(_ pattern: [UInt8], _ mark: [UInt8], _ name: String) throws {
        let text = "return 1".utf8.flatMap { byte in pattern.map { $0 == 0 ? 0 : byte } }
        for source in [text, mark + text] {
            #expect(
                try message(source) == "f.lua:1: the file is in \(name), which Lua cannot read; save it as UTF-8")
        }
    }

    @Test func `bytecode is named, also in a module and after a first line with #`() throws {
        let sentence = "the file is compiled Lua (bytecode), and luafunc runs Lua text only; deploy its source"
        for start in ["", "#!/usr/bin/lua\n"] {
            let source = Array((start + "\u{1b}LuaT").utf8) + [0, 0x19, 0x93]
            #expect(try message(source) == "f.lua:1: \(sentence)")
            let lua = try TestVM(modules: ["m": String(decoding: source.dropLast(2), as: UTF8.self)])
            let failure = #expect(throws: LuaFailure.self) { try lua.run("return require 'm'") }
            #expect(failure?.message == "lib/m.lua:1: \(sentence)")
        }
    }

    @Test func `a file that is not UTF-8 is named if it does not compile, and else runs`() throws {
        let quoted: [UInt8] = Array("\nprint(".utf8) + [0x93] + Array("x".utf8) + [0x94, 0x29]
        #expect(
            try message(quoted)
                == "f.lua:2: unexpected symbol near '<\\147>'; the file is not UTF-8 (line 2 has the byte 0x93): save it "
                + "as UTF-8")
        let lua = try TestVM()
        try lua.vm.stack.load(([0x2d, 0x2d, 0xe9, 0x0a] + Array("return 'x'".utf8)).span.bytes, name: "@f.lua")
        lua.vm.stack.pop()
    }

    @Test(arguments: ["return 1 +", "return 'x", "x ==", "“"])
    func `other errors stay as Lua has them`(_ source: String) throws {
        let message = try message(Array(("-- “\n" + source).utf8))
        #expect(message.hasPrefix("f.lua:2: ") && message.contains("“ (") == (source == "“"), "\(message)")
    }

    @Test func `a first line with # is skipped, and lines keep their numbers`() throws {
        let lua = try TestVM(modules: ["m": "return 1"])
        #expect(try lua.run("#!/usr/bin/lua “\nreturn debug.getinfo(1, 'l').currentline") == "2")
        #expect(try lua.run("#") == "")
        let failure = #expect(throws: LuaFailure.self) { try lua.run("#!x\n\nreturn =") }
        #expect(failure?.message.hasPrefix("test.lua:3: ") == true)
        // 'load' compiles a text and not a file.
        #expect(try lua.run("return load('#!x\\nreturn 1') == nil") == "true")
    }

    private func message(_ source: [UInt8]) throws -> String {
        let lua = try TestVM()
        let failure = #expect(throws: LuaFailure.self) { try lua.vm.stack.load(source.span.bytes, name: "@f.lua") }
        return failure?.message ?? ""
    }
}
