import Foundation
import TestSupport
import Testing

/// `check`, `invoke` and `test` where the app cannot be written, on a terminal, and when they are interrupted.
@Suite struct OneShotTests {
    private static let files = [
        "functions/hello/function.json": TemporaryApp.httpFunction,
        "functions/hello/handler.lua": "return function() return nowhere end",
        "functions/hello/hello_test.lua": "test('answers', function() invoke 'hello' end)",
    ]

    private func names(in folder: URL) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    }

    @Test func `commands that write nothing work where nothing can be written`() async throws {
        let app = try TemporaryApp(Self.files)
        let before = try names(in: app.folder)
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: app.folder.path)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: app.folder.path) }
        for (words, output) in [("check", "1 function, 1 warning"), ("invoke hello", "Outputs"), ("test", "1 passed")] {
            // With this limit, even root cannot write a byte to any file.
            let line = "ulimit -f 0; exec '\(Repository.luafunc.path)' \(words)"
            let end = await
                (try LuafuncProcess(
                    ["-c", line], folder: app.folder, program: URL(filePath: "/bin/bash"), waits: false)).end()
            #expect(end.code == 0 && end.output.contains(output), "\(words): \(end)")
        }
        #expect(try names(in: app.folder) == before)
    }

    @Test func `check has colours on a terminal, and none with NO_COLOR`() throws {
        let app = try TemporaryApp(Self.files)
        let coloured = try PseudoTerminal(["check"], folder: app.folder)
        #expect(coloured.finish() == 0)
        let text = "functions/hello/handler.lua:1: warning: there is no global 'nowhere', so the value is nil"
        let words = "\u{1b}[1mfunctions/hello/handler.lua:1\u{1b}[0m: \u{1b}[33mwarning\u{1b}[0m: there is no global"
        #expect(coloured.shown.contains(words), "\(coloured.shown)")
        #expect(coloured.shown.contains("\u{1b}[2m[undefined-global]\u{1b}[0m\n"), "\(coloured.shown)")
        let plain = try PseudoTerminal(["check"], folder: app.folder, environment: ["NO_COLOR": "1"])
        #expect(plain.finish() == 0)
        #expect(
            plain.shown.contains("\(text) [undefined-global]\n") && !plain.shown.contains("\u{1b}"), "\(plain.shown)")
    }

    @Test func `a name with a line break begins no line of check's text`() async throws {
        let app = try TemporaryApp([
            "functions/hello/handler.lua": "return function() end",
            "functions/hello/function.json": #"""
            { "bindings": [ { "name": "a\n::error::forged", "type": "httpTrigger" } ] }
            """#,
        ])
        let end = try await LuafuncProcess(["check", "--app", app.folder.path], waits: false).end()
        #expect(end.code == 1 && end.output.contains("    | ::error::forged"), "\(end)")
        #expect(!end.output.split(separator: "\n").contains { $0.hasPrefix("::") }, "\(end)")
    }

    @Test(arguments: [
        (["invoke", "loops"], "begun", -SIGINT), (["test", "--watch"], "waiting for a save", 0),
        (["check"], "", -SIGINT),
    ])
    func `an interrupt ends a command on a terminal, which is as it was before`(
        _ words: [String], _ text: String, _ code: Int32
    ) throws {
        var files = Self.files
        files["functions/loops/function.json"] = TemporaryApp.httpFunction
        files["functions/loops/handler.lua"] =
            words == ["check"]
            ? "while true do end"
            : "local task = require 'task' return function() print 'begun' while true do task.sleep(0.01) end end"
        let app = try TemporaryApp(files)
        let terminal = try PseudoTerminal(words, folder: app.folder)
        let mode = terminal.mode
        if !text.isEmpty { #expect(terminal.wait(for: text), "\(terminal.shown)") }
        terminal.send(signal: SIGINT)
        #expect(terminal.finish() == code, "\(terminal.shown)")
        #expect(terminal.mode == mode)
        #expect(!terminal.shown.contains("rror"), "\(terminal.shown)")
    }

    @Test func `pack makes the last folder of its output, and no other`() async throws {
        let app = try TemporaryApp(Self.files)
        let out = try TemporaryApp([:])
        func pack(_ option: String, _ path: String) async throws -> (code: Int32, output: String, errors: String) {
            try await LuafuncProcess(
                ["pack", "--app", app.folder.path, option, path], folder: out.folder, waits: false
            ).end()
        }
        #expect(try await pack("--zip", "dist/app.zip").code == 0)
        #expect(try await pack("--executable", "bin/app").code == 0)
        let nested = try await pack("--zip", "a/b/app.zip")
        #expect(nested.code == 65 && nested.errors.contains("a/b/app.zip cannot be written: No such file"), "\(nested)")
        let made = try names(in: out.folder).filter { $0 != "host.json" }
        #expect(made == ["bin", "bin/app", "dist", "dist/app.zip"], "\(made)")
    }

    @Test(arguments: [true, false])
    func `start without functions says how to make one`(isApp: Bool) async throws {
        let app = try TemporaryApp([:])
        if !isApp { try FileManager.default.removeItem(at: app.folder.appending(path: "host.json")) }
        let start = try LuafuncProcess(["start", "--port", "0"], folder: app.folder, waits: false)
        let command = isApp ? "luafunc new hello --template http" : "luafunc init"
        #expect(start.waitForLine(containing: "try  \(command)"))
        start.send(signal: SIGTERM)
        #expect(await start.end().code == 0)
    }
}
