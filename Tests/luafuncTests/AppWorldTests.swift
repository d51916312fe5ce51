import Foundation
import TestSupport
import Testing

/// What an app's author sees of the Lua world: whose modules load, what `check` and the console say about them, and
/// where `io.write` goes.
@Suite struct AppWorldTests {
    private static let own = [
        "host.json": ServedApp.host(), "functions/f/function.json": TemporaryApp.httpFunction,
        "functions/f/handler.lua": """
        local json = require "json"
        return function() return (rawget(json, "name") or "luafunc's") .. " " .. require "luafunc.json".encode {} end
        """,
    ]

    @Test func `the app's own module wins, and creating or deleting it reloads the function`() throws {
        let served = try ServedApp(Self.own)
        #expect(try served.request("/api/f").text == "luafunc's {}")
        #expect(try served.save(["lib/json.lua": "return { name = 'lib' }"]) == "lib {}")
        let note = "require finds the app's own 'json' (lib/json.lua); luafunc's module is 'luafunc.json'"
        #expect(served.process.waitForLine(containing: note))
        #expect(try served.save(["functions/f/json/init.lua": "return { name = 'own' }"]) == "own {}")
        for (path, text) in [("functions/f/json", "lib {}"), ("lib/json.lua", "luafunc's {}")] {
            try FileManager.default.removeItem(at: served.app.folder.appending(path: path))
            #expect(served.process.waitForLine(containing: "reloaded f"))
            #expect(try served.request("/api/f").text == text)
        }
        // A module that is required only when the function runs.
        let late = "return function() return rawget(require 'url', 'name') or 'luafunc' end"
        #expect(try served.save(["functions/f/handler.lua": late]) == "luafunc")
        #expect(try served.save(["lib/url.lua": "return { name = 'lib' }"]) == "lib")
    }

    @Test func `check and start say which names the app has taken over`() async throws {
        let app = try TemporaryApp(
            Self.own.merging([
                "lib/json.lua": "return {}", "lua_modules/share/lua/5.4/base64.lua": "return {}",
                "functions/f/log.lua": "return {}", "lib/uuid/init.lua": "return {}", "lib/time/other.lua": "return {}",
            ]) { $1 })
        let note =
            "require finds the app's own 'base64' (lua_modules/share/lua/5.4/base64.lua), 'json' (lib/json.lua), "
            + "'log' (functions/f/log.lua), 'uuid' (lib/uuid/init.lua); luafunc's modules are 'luafunc.base64', "
            + "'luafunc.json', 'luafunc.log', 'luafunc.uuid'"
        let check = try await self.check(app)
        let notes = [
            ("functions/f/log.lua", "log"), ("lib/json.lua", "json"), ("lib/uuid/init.lua", "uuid"),
            ("lua_modules/share/lua/5.4/base64.lua", "base64"),
        ].map { "note  \($0): require finds the app's own '\($1)'; luafunc's module is 'luafunc.\($1)'\n" }
        #expect(check.code == 0 && check.errors == notes.joined(), "\(check)")
        let started = try StartedApp(app)
        #expect(started.waitForLines(containing: [note]))
        try FileManager.default.removeItem(at: app.folder.appending(path: "lua_modules"))
        for file in ["functions/f/log.lua", "lib/uuid/init.lua", "lib/json.lua"] {
            try FileManager.default.removeItem(at: app.folder.appending(path: file))
        }
        #expect(try await self.check(app).errors == "")
    }

    @Test func `check names rocks with C modules, rocks for another Lua and files that are not UTF-8`() async throws {
        let rocks = "lua_modules/lib/luarocks/rocks-5.4"
        let app = try TemporaryApp(
            Self.own.merging([
                "lua_modules/lib/lua/5.4/lfs.so": "", "lua_modules/lib/lua/5.4/socket/core.so": "",
                "lua_modules/lib/lua/5.4/mine.so": "", "lua_modules/lib/lua/5.4/readme.txt": "",
                "\(rocks)/luafilesystem/1.8.0-1/rock_manifest": #"rock_manifest = { lib = { ["lfs.so"] = "1" } }"#,
                "\(rocks)/luasocket/3.1.0-1/rock_manifest":
                    #"rock_manifest = { lib = { socket = { ["core.so"] = "1" } } }"#,
                "lua_modules/share/lua/5.1/x.lua": "return 1",
                "lib/cjson.so": "", "functions/f/deep/own.so": "",
            ]) { $1 })
        try app.makeFolder("lib")
        try Data([0x0a, 0x2d, 0x2d, 0xe9]).write(to: app.folder.appending(path: "lib/latin.lua"))
        let native = "lua_modules/lib/lua/5.4"
        let unloaded = "which luafunc does not load"
        let warnings = [
            "\(native)/lfs.so: is a C module of the rock 'luafilesystem', \(unloaded); io.open reads the app's own files, and a binding reads blobs",
            "\(native)/mine.so: is a C module, \(unloaded); use a rock that consists of Lua text only",
            "\(native)/socket/core.so: is a C module of the rock 'luasocket', \(unloaded); use luafunc's 'http'",
            "lib/cjson.so: is a C module, \(unloaded); use luafunc's 'json'",
            "functions/f/deep/own.so: is a C module, \(unloaded); use a rock that consists of Lua text only",
            "lua_modules/share/lua/5.1: is for another version of Lua, so require does not look there; install with "
                + "luarocks --lua-version 5.4 --tree lua_modules",
            "lib/latin.lua:2: has the byte 0xE9, which is not UTF-8; save the file as UTF-8",
        ]
        let check = try await self.check(app)
        #expect(check.code == 0 && check.errors == warnings.sorted().map { "warn  \($0)\n" }.joined(), "\(check)")
        let started = try StartedApp(app)
        #expect(started.waitForLines(containing: Array(warnings.dropLast())))
    }

    @Test func `check says why a source file does not load`() async throws {
        let app = try TemporaryApp(Self.own)
        let bytecode = Array("\u{1b}LuaT".utf8) + [0, 0x19, 0x93, 0x0d, 0x0a]
        let sources: [(String, [UInt8])] = [
            ("utf16", [0xff, 0xfe, 0x72, 0, 0x65, 0]),
            ("quotes", Array("#!/usr/bin/lua\nreturn function() return “x” end".utf8)),
            ("latin", Array("return '".utf8) + [0xe9, 0x0a]),
            ("module", Array("return require 'bad'".utf8)),
            ("bytecode", bytecode), ("loads", Array("return require 'compiled'".utf8)),
            ("good", Array("#!/usr/bin/lua\nreturn function() end".utf8)),
        ]
        for (name, source) in sources {
            try app.write(["functions/\(name)/function.json": TemporaryApp.httpFunction])
            try Data(source).write(to: app.folder.appending(path: "functions/\(name)/handler.lua"))
        }
        try app.makeFolder("lib")
        try Data(bytecode).write(to: app.folder.appending(path: "lib/compiled.lua"))
        try app.write(["lib/bad.lua": "#!x\n\nlocal\u{a0}x = 1"])
        let check = try await self.check(app)
        #expect(check.code == 1)
        let compiled = "the file is compiled Lua (bytecode), and luafunc runs Lua text only; deploy its source"
        for line in [
            "functions/latin/handler.lua:1: unfinished string near ''\u{fffd}'; the file is not UTF-8 (line 1 has the byte "
                + "0xE9): save it as UTF-8",
            "lib/bad.lua:3: <name> expected near '<\\194>': U+00A0 is a no-break space; write an ordinary space instead",
            "functions/quotes/handler.lua:2: unexpected symbol near '<\\226>': “ (U+201C) is a typographic quotation mark; "
                + "write \" instead",
            "functions/utf16/handler.lua:1: the file is in UTF-16, which Lua cannot read; save it as UTF-8",
            "functions/bytecode/handler.lua:1: \(compiled)", "lib/compiled.lua:1: \(compiled)",
        ] {
            #expect(check.errors.contains(line + "\n"), "\(line) is missing in\n\(check.errors)")
        }
        #expect(!check.errors.contains("good") && !check.errors.contains("compiled.lua:1: has"))
    }

    @Test func `each line of io.write is a line of the log, and the rest comes at the end`() throws {
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.queueFunction,
            "functions/f/handler.lua": """
            local task = require "task"
            io.write("loads")
            return function(data)
                io.write("one ", 1, "\\r\\ntwo")
                task.sleep(0)
                io.stdout:write(" and more", "\\n\\nthree: ")
                print("four")
                io.stderr:write("worse\\n")
                warn("careful")
                io.write("the ")
                if data.msg:find "fail" then io.write("failed end") error "fails" end
                io.write("end")
            end
            """,
        ])
        let process = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path])
        #expect(process.line(containing: " f: ")?.hasSuffix("info f: loads") == true)
        for (input, end) in [("go", "the end"), ("fail", "the failed end")] {
            _ = try process.request("/f", method: "POST", body: #"{"Data":{"msg":"\#(input)"}}"#.utf8)
            for text in ["one 1", "two and more", "", "three: four", end] {
                let line = process.line(containing: " info f ")
                #expect(line?.hasSuffix(": \(text)") == true, "\(line ?? "")")
            }
            #expect(process.errorLine(containing: "worse")?.contains(" error f ") == true)
            #expect(process.errorLine(containing: "careful")?.contains(" warn f ") == true)
        }
    }

    private func check(_ app: TemporaryApp) async throws -> (code: Int32, errors: String) {
        let process = try LuafuncProcess(["check", "--app", app.folder.path], waits: false)
        let end = await process.end()
        return (end.code, CheckOutput.sentences(end.output) + end.errors)
    }
}
