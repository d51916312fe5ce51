import Foundation
import TestSupport
import Testing

/// Tests saves of linked files, and of folders that are created while the app is served.
@Suite struct ReloadFolderTests {
    private static func answer(_ text: String) -> String { "return function() return '\(text)' end" }

    // MARK: Links

    @Test func `a linked file is followed, even through several links`() throws {
        let app = try TemporaryApp([
            "host.json": ServedApp.host(), "functions/f/function.json": TemporaryApp.httpFunction,
            "shared/scripts/f.lua": Self.answer("one"),
        ])
        try app.link("links/f.lua", to: "../shared/scripts/f.lua")
        try app.link("functions/f/handler.lua", to: "../../links/f.lua")
        let served = try ServedApp(app)
        #expect(try served.request("/api/f").text == "one")
        #expect(try served.save(["shared/scripts/f.lua": Self.answer("two")]) == "two")
        #expect(try served.save(["shared/scripts/f.lua": Self.answer("three")], isAtomic: false) == "three")
        try app.write(["shared/other.lua": Self.answer("four")])
        try app.link("links/f.lua", to: "../shared/other.lua")
        #expect(served.process.waitForLine(containing: "reloaded f"))
        #expect(try served.request("/api/f").text == "four")
        #expect(try served.save(["shared/other.lua": Self.answer("five")]) == "five")
    }

    @Test func `linked folders of modules and functions are followed`() throws {
        let app = try TemporaryApp([
            "host.json": ServedApp.host(), "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "local m = require 'vendor.inner.m' return function() return m end",
            "vendor/inner/m.lua": "return 'one'", "more/g/function.json": TemporaryApp.httpFunction,
            "more/g/handler.lua": Self.answer("g"),
        ])
        try app.link("lib/vendor", to: "../vendor")
        let served = try ServedApp(app)
        #expect(try served.request("/api/f").text == "one")
        #expect(try served.save(["vendor/inner/m.lua": "return 'two'"]) == "two")
        try app.link("functions/g", to: "../more/g")
        #expect(served.process.waitForLine(containing: "added g"))
        #expect(
            try served.save(["more/g/handler.lua": Self.answer("other")], path: "/api/g", waitFor: "reloaded g")
                == "other")
    }

    @Test func `the target of a link may be created later`() throws {
        let app = try TemporaryApp([
            "host.json": ServedApp.host(), "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": Self.answer("one"), "shared/readme": "",
        ])
        try app.link("functions/g", to: "../shared/g")
        let served = try ServedApp(app)
        try app.makeFolder("shared/g")
        #expect(try served.save(["functions/f/handler.lua": Self.answer("two")]) == "two")
        let files = ["shared/g/handler.lua": Self.answer("g"), "shared/g/function.json": TemporaryApp.httpFunction]
        #expect(try served.save(files, path: "/api/g", waitFor: "added g") == "g")
    }

    // MARK: Links that lead out

    /// An app with a link that leads out of it.
    private static func outside(_ link: String, _ other: TemporaryApp) throws -> TemporaryApp {
        let app = try TemporaryApp([
            "host.json": ServedApp.host(), "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": link == "lib/m.lua" ? "return function() return require 'm' end" : answer("f"),
            "functions/g/function.json": TemporaryApp.httpFunction, "functions/g/handler.lua": answer("g"),
            "lib/readme": "",
        ])
        try app.link(link, to: other.folder.appending(path: link).path)
        return app
    }

    private static func elsewhere() throws -> TemporaryApp {
        try TemporaryApp([
            "functions/f/handler.lua": answer("outside"), "functions/h/function.json": TemporaryApp.httpFunction,
            "functions/h/handler.lua": answer("outside"), "lib/m.lua": "return 'outside'", "lib/more/m.lua": "",
        ])
    }

    @Test(arguments: ["functions/f/handler.lua", "functions/h", "lib/m.lua", "lib/more"])
    func `a link that leads out of the app is refused by start, check and pack`(_ link: String) async throws {
        let other = try Self.elsewhere()
        let app = try Self.outside(link, other)
        let target = other.folder.resolvingSymlinksInPath().appending(path: link).path
        let reason = "\(link): is a link that leads out of the app, to \(target); replace it with a copy"
        let check = try await LuafuncProcess(["check", "--app", app.folder.path], waits: false).end()
        let found = CheckOutput.sentences(check.output)
        #expect(check.code == 1 && found.hasPrefix(reason), "\(check)")
        #expect(found.split(separator: "\n").count == 1, "\(check)")
        let zip = app.folder.appending(path: "app.zip")
        let pack = try await LuafuncProcess(["pack", "--app", app.folder.path, "--zip", zip.path], waits: false).end()
        #expect(pack.code == 65 && CheckOutput.sentences(pack.errors).hasPrefix(reason), "\(pack)")
        #expect(!FileManager.default.fileExists(atPath: zip.path))
        let start = try LuafuncProcess(["start", "--port", "0", "--app", app.folder.path])
        defer { start.send(signal: SIGTERM) }
        #expect(start.waitForLine(containing: reason))
        #expect(try start.request("/api/g").text == "g")
        for function in ["f", "h"] {
            #expect(try !start.request("/api/\(function)").text.contains("outside"))
        }
    }

    @Test func `a module behind a link out of the app is refused with that reason`() throws {
        let other = try Self.elsewhere()
        let served = try ServedApp(Self.outside("lib/m.lua", other))
        #expect(
            try served.request("/api/f").text.contains("module 'm': lib/m.lua: is a link that leads out of the app"))
    }

    @Test func `a saved link out of the app is reported, and the function keeps its version`() throws {
        let other = try Self.elsewhere()
        let served = try ServedApp()
        try served.app.link("functions/f/handler.lua", to: other.folder.appending(path: "functions/f/handler.lua").path)
        #expect(
            served.process.waitForErrorLine(
                containing: "f keeps its previous version: functions/f/handler.lua: is a link that leads out of the app"
            ))
        #expect(try served.request("/api/f").text == "one first")
    }

    // MARK: New folders

    @Test(arguments: ["functions/", ""])
    func `a function whose folder was there before its files is noticed`(_ parent: String) throws {
        let app = try TemporaryApp([
            "host.json": ServedApp.host(), "\(parent)f/function.json": TemporaryApp.httpFunction,
            "\(parent)f/handler.lua": Self.answer("one"),
        ])
        let served = try ServedApp(app)
        for (number, name) in ["g", "h"].enumerated() {
            try app.makeFolder("\(parent)\(name)")
            // The folder is known when this one takes effect.
            #expect(try served.save(["\(parent)f/handler.lua": Self.answer("\(number)")]) == "\(number)")
            try app.write(["\(parent)\(name)/handler.lua": Self.answer(name)], isAtomic: true)
            try app.write(["\(parent)\(name)/function.json": TemporaryApp.httpFunction], isAtomic: true)
            #expect(served.process.waitForLine(containing: "added \(name)"))
            #expect(try served.request("/api/\(name)").text == name)
        }
    }

    @Test func `the first module of LuaRocks' tree is noticed`() throws {
        let served = try ServedApp([
            "functions/f/handler.lua": """
            local m, ok, rock = require "m", pcall(require, "rock")
            return function() return m .. (ok and rock or " none") end
            """
        ])
        #expect(try served.request("/api/f").text == "first none")
        for (number, folder) in ["lua_modules", "lua_modules/share/lua"].enumerated() {
            try served.app.makeFolder(folder)
            // The folder is known when this one takes effect.
            #expect(try served.save(["lib/m.lua": "return '\(number)'"]) == "\(number) none")
        }
        #expect(try served.save(["lua_modules/share/lua/5.4/rock.lua": "return ' rock'"]) == "1 rock")
    }
}
