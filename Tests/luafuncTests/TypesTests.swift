import Foundation
import JSON
import TestSupport
import Testing

/// `luafunc types` as a user runs it.
@Suite struct TypesTests {
    private let app: TemporaryApp

    init() throws {
        app = try TemporaryApp([
            "functions/order/function.json": """
            { "bindings": [
              { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" } ] }
            """,
            "functions/order/handler.lua": "return function() end",
        ])
    }

    private func run(_ more: String...) async throws -> (code: Int32, output: String, errors: String) {
        await (try LuafuncProcess(["types", "--app", app.folder.path] + more, waits: false)).end()
    }

    private func text(_ path: String) -> String? {
        try? String(contentsOf: app.folder.appending(path: path), encoding: .utf8)
    }

    /// Inode and time of every file: another one if a file was written.
    private func marks() throws -> [String: [String]] {
        var marks: [String: [String]] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: app.folder.path) {
            let facts = try FileManager.default.attributesOfItem(atPath: "\(app.folder.path)/\(path)")
            guard facts[.type] as? FileAttributeType == .typeRegular else { continue }
            marks[path] = ["\(facts[.systemFileNumber] ?? 0)", "\(facts[.modificationDate] ?? 0)"]
        }
        return marks
    }

    private static let report = """
        written    .luafunc/types
        written    .luarc.json
        written    .vscode/settings.json

        In handler.lua, above the function:
          ---@param data order.data

        """

    @Test func `an app gets everything, once`() async throws {
        #expect(try await run() == (0, Self.report, ""))
        #expect(text(".luafunc/types/functions.lua")?.contains("---@field req luafunc.Request httpTrigger") == true)
        #expect(text(".luafunc/types/luafunc/http.lua")?.contains("function http.get(url, options) end") == true)
        #expect(text(".luafunc/types/http.lua") == "---@meta http\n\nreturn require \"luafunc.http\"\n")
        for name in ["function", "host"] {
            let schema = try #require(text(".luafunc/types/\(name).schema.json"))
            #expect(try JSONTree.parse(schema.utf8Span.span.bytes)["$schema"]?.string?.contains("draft-07") == true)
        }
        let before = try marks()
        let again = try await run()
        #expect(again.code == 0 && again.output == Self.report.replacing("written   ", with: "unchanged "))
        #expect(try marks() == before)
    }

    @Test func `nothing of it is packed, and check says nothing of it`() async throws {
        #expect(try await run().code == 0)
        let check = await (try LuafuncProcess(["check", "--app", app.folder.path], waits: false)).end()
        #expect(check == (0, "1 function, no problems found\n", ""))
        let zip = app.folder.path + "/dist.zip"
        let pack = await (try LuafuncProcess(["pack", "--app", app.folder.path, "--zip", zip], waits: false)).end()
        #expect(pack.code == 0, "\(pack)")
        #expect(![".luafunc", ".luarc", ".vscode"].contains { pack.output.contains("  \($0)") }, "\(pack.output)")
    }

    @Test func `what the user has written stays`() async throws {
        let mine = "{\n  // My choice.\n  \"runtime.version\": \"Lua 5.1\",\n  \"zebra\": [1, 2,],\n}\n"
        try app.write([".luarc.json": mine, ".vscode/settings.json": "{ \"editor.tabSize\": 3 }"])
        #expect(try await run().code == 0)
        let after = try #require(text(".luarc.json"))
        #expect(after.hasPrefix(String(mine.dropLast(2))), "\(after)")
        #expect(after.contains("\"workspace.library\": [\".luafunc/types\"]"))
        #expect(text(".vscode/settings.json")?.hasPrefix("{ \"editor.tabSize\": 3, \"json.schemas\": [") == true)
    }

    @Test func `a .luarc.jsonc without a .luarc.json gets what is missing`() async throws {
        try app.write([".luarc.jsonc": "{\n  // mine\n}\n"])
        #expect(try await run().output == Self.report.replacing(".luarc.json", with: ".luarc.jsonc"))
        #expect(
            text(".luarc.json") == nil && text(".luarc.jsonc")?.hasPrefix("{\n  // mine\n  \"runtime.version\"") == true
        )
    }

    @Test func `VS Code's settings can be left alone`() async throws {
        let end = try await run("--no-vscode")
        #expect(end.code == 0 && !end.output.contains("vscode") && text(".vscode/settings.json") == nil)
    }

    @Test func `what cannot be merged stays, with what to add by hand`() async throws {
        try app.write([".luarc.json": "{ \"workspace.library\": 7 }"])
        try app.makeFolder(".vscode/settings.json")
        let end = try await run()
        #expect(end.code == 1 && end.output.hasPrefix("written    .luafunc/types\n\nIn handler.lua"), "\(end)")
        #expect(
            end.errors.hasPrefix(
                """
                luafunc: .luarc.json stays as it is, because "workspace.library" is not a list; add by hand:
                  "runtime.version": "Lua 5.4",
                  "runtime.path": [
                """), "\(end.errors)")
        // Only what the file lacks.
        let almost = text(".luarc.json")
        try app.write([".luarc.json": #"{ "workspace.library": 7, "runtime.version": "x", "runtime.path": ["?.lua"] }"#]
        )
        let second = try await run()
        #expect(
            second.errors.hasPrefix(
                """
                luafunc: .luarc.json stays as it is, because "workspace.library" is not a list; add by hand:
                  "runtime.path": [
                    "?/init.lua",
                """), "\(second.errors)")
        #expect(second.errors.contains("  \"workspace.library\": [\".luafunc/types\"]"))
        try app.write([".luarc.json": almost ?? ""])
        #expect(end.errors.contains("luafunc: .vscode/settings.json is a folder; add by hand:\n  \"json.schemas\": ["))
        #expect(text(".luarc.json") == "{ \"workspace.library\": 7 }")
    }

    @Test(arguments: [
        ("{ \"a\": ", ".luarc.json stays as it is, because it is not valid JSON: line 1, column 8"),
        ("[]", ".luarc.json stays as it is, because it is not an object"),
    ])
    func `an invalid file stays`(_ mine: String, _ reason: String) async throws {
        try app.write([".luarc.json": mine])
        let end = try await run()
        #expect(end.code == 1 && end.errors.hasPrefix("luafunc: \(reason)"), "\(end.errors)")
        #expect(text(".luarc.json") == mine)
    }

    @Test func `a link inside the app is followed, one that leads out or nowhere is refused`() async throws {
        let outside = try TemporaryFolder()
        try outside.write("{}", to: "settings.json")
        try app.write(["editor/luarc.json": "{}"])
        try app.link(".luarc.json", to: "editor/luarc.json")
        try app.link(".vscode/settings.json", to: outside("settings.json"))
        let end = try await run()
        #expect(end.code == 1 && text("editor/luarc.json")?.contains("Lua 5.4") == true)
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: app.folder.path + "/.luarc.json")
                == "editor/luarc.json")
        #expect(end.errors.hasPrefix("luafunc: .vscode/settings.json is behind a link that leads out of the app; "))
        #expect(try String(contentsOfFile: outside("settings.json"), encoding: .utf8) == "{}")
        try FileManager.default.removeItem(at: app.folder.appending(path: ".vscode"))
        try app.link(".vscode", to: outside.path)
        try FileManager.default.removeItem(atPath: outside("settings.json"))
        #expect(try await run().errors.contains(".vscode/settings.json is behind a link that leads out of the app; "))
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path).isEmpty)
        try FileManager.default.removeItem(at: app.folder.appending(path: ".vscode"))
        try app.link(".vscode/settings.json", to: "nothing")
        #expect(
            try await run().errors.hasPrefix("luafunc: .vscode/settings.json is a link to a file that does not exist; ")
        )
    }

    @Test(arguments: [
        "", "/types", "/types/.gitignore", "/types/functions.lua", "/types/json.lua", "/types/luafunc",
        "/types/globals/os.lua",
    ])
    func `no definition is written or removed through a link`(_ path: String) async throws {
        let outside = try TemporaryFolder()
        let theirs = [
            "types/.gitignore", "types/functions.lua", "types/json.lua", "types/luafunc/http.lua",
            "types/globals/os.lua",
        ]
        for file in theirs { try outside.write("theirs", to: file) }
        // start and new write the definitions of such an app. Its own module takes the place of json.lua.
        try app.write([".luarc.json": #"{ "workspace.library": [".luafunc/types"] }"#, "lib/json.lua": "return {}"])
        try app.link(".luafunc\(path)", to: outside.path + path)
        let end = try await run()
        #expect(end.code == 1 && end.errors.contains("luafunc: .luafunc\(path) is a link, "), "\(end)")
        #expect(!end.output.contains(".luafunc/types\n"), "\(end)")
        let new = ["new", "second", "--template", "queue", "--app", app.folder.path]
        let made = await (try LuafuncProcess(new, waits: false)).end()
        #expect(made.code == 0, "\(made)")
        let left = try FileManager.default.subpathsOfDirectory(atPath: outside.path)
        #expect(Set(left) == Set(theirs + ["types", "types/luafunc", "types/globals"]))
        for file in theirs {
            #expect(try String(contentsOfFile: outside(file), encoding: .utf8) == "theirs", "\(file)")
        }
    }

    @Test func `start changes nothing behind a link in the place of a definition`() async throws {
        let outside = try TemporaryFolder()
        try outside.write("theirs", to: "rc")
        try app.write([
            "functions/odd/function.json": """
            { "bindings": [ { "name": "x", "type": "queueTrigger", "queueName": "q" },
              { "name": "y", "type": "foo\\ntouch forged #", "direction": "out" } ] }
            """,
            "functions/odd/handler.lua": "return function() end",
        ])
        try app.link(".luafunc/types/functions.lua", to: outside("rc"))
        let start = try LuafuncProcess(["start", "--port", "0", "--app", app.folder.path], waits: false)
        #expect(start.waitForLine(containing: "Ctrl-C stops"))
        #expect(try String(contentsOfFile: outside("rc"), encoding: .utf8) == "theirs")
        start.send(signal: SIGTERM)
        _ = await start.end()
    }

    @Test func `the other functions get their types if one function json is broken`() async throws {
        try app.write(["functions/bad/function.json": "{ \"bindings\": [ }"])
        let end = try await run()
        #expect(end.code == 1 && end.output == Self.report)
        #expect(end.errors.hasPrefix("functions/bad/function.json:1: ") && !end.errors.contains("luafunc:"), "\(end)")
        let types = try #require(text(".luafunc/types/functions.lua"))
        #expect(types.contains("---@class bad.data\n---@field [string] any") && types.contains("---@class order.data"))
    }

    @Test func `a module of the app's own takes the name`() async throws {
        #expect(try await run().code == 0)
        try app.write(["lib/json.lua": "return {}"])
        let end = try await run()
        #expect(
            end.code == 0 && text(".luafunc/types/json.lua") == nil && text(".luafunc/types/luafunc/json.lua") != nil)
    }

    @Test func `a folder that is no app is refused, and nothing written`() async throws {
        let missing = await (try LuafuncProcess(["types", "--app", "/nowhere/app"], waits: false)).end()
        #expect(missing.code == 65 && missing.output.isEmpty, "\(missing)")
        let empty = try TemporaryFolder()
        let none = await (try LuafuncProcess(["types", "--app", empty.path], waits: false)).end()
        #expect(none.code == 65 && none.errors.hasPrefix("luafunc: \(empty.path): has no host.json"), "\(none)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: empty.path).isEmpty)
    }

    @Test func `what cannot be written is named`() async throws {
        // Root may write to read-only folders, but not below a file.
        try app.write([".luafunc": "", ".vscode": ""])
        let end = try await run()
        #expect(end.code == 1 && end.output.hasPrefix("written    .luarc.json\n"), "\(end)")
        #expect(end.errors.contains("/.luafunc/types cannot be written: Not a directory"), "\(end.errors)")
        #expect(end.errors.contains(".vscode/settings.json cannot be changed: "), "\(end.errors)")
    }

    @Test func `a terminal shows the same`() throws {
        let terminal = try PseudoTerminal(["types"], folder: app.folder)
        #expect(terminal.finish() == 0)
        #expect(terminal.shown.replacing("\r\n", with: "\n") == Self.report)
    }

    @Test func `new and start keep the types up to date in an app that has them`() async throws {
        let new = ["new", "first", "--template", "queue", "--app", app.folder.path]
        _ = await (try LuafuncProcess(new, waits: false)).end()
        #expect(text(".luafunc/types/functions.lua") == nil)
        #expect(try await run().code == 0)
        _ = await (try LuafuncProcess(["new", "second"] + new.dropFirst(2), waits: false)).end()
        #expect(text(".luafunc/types/functions.lua")?.contains("---@class second.data") == true)

        // As after a clone: .luarc.json asks for the folder.
        try FileManager.default.removeItem(at: app.folder.appending(path: ".luafunc"))
        let start = try LuafuncProcess(["start", "--port", "0", "--app", app.folder.path], waits: false)
        #expect(start.waitForLine(containing: "Ctrl-C stops"))
        #expect(text(".luafunc/types/functions.lua")?.contains("---@class second.data") == true)
        // The types are there before the new function is listed.
        try app.write(
            [
                "functions/third/function.json": TemporaryApp.httpFunction.replacing("\"req\"", with: "\"request\""),
                "functions/third/handler.lua": "return function() end",
            ], isAtomic: true)
        #expect(start.waitForLine(containing: "/api/third"))
        #expect(text(".luafunc/types/functions.lua")?.contains("---@field request luafunc.Request") == true)
        start.send(signal: SIGTERM)
        _ = await start.end()
    }
}
