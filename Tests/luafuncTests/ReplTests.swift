import Foundation
import Glibc
import TestSupport
import Testing

/// `luafunc repl` as a person uses it, on a terminal of its own, and as a shell does.
@Suite struct ReplTests {
    private let app: TemporaryApp
    private let home: TemporaryFolder

    init() throws {
        home = try TemporaryFolder()
        app = try TemporaryApp([
            "lib/own.lua": "return { answer = function() return 'forty' .. '-two' end }",
            "local.settings.json": #"{ "Values": { "COLOUR": "blue" } }"#,
        ])
    }

    private func start(
        _ words: [String] = [], _ environment: [String: String] = [:], isBlocking: Bool = true
    ) throws -> PseudoTerminal {
        let environment = environment.merging(["HOME": home.path, "NO_COLOR": "1"]) { own, _ in own }
        let terminal = try PseudoTerminal(
            ["repl"] + words, folder: app.folder, environment: environment, isBlocking: isBlocking)
        #expect(terminal.wait(for: "> "))
        return terminal
    }

    private var historyText: String? {
        try? String(contentsOfFile: home(".local/state/luafunc/history"), encoding: .utf8)
    }

    // MARK: On a terminal

    @Test func `inputs are evaluated, edited, completed and kept`() throws {
        let terminal = try start()
        #expect(terminal.shown.contains("luafunc ") && terminal.isRaw)
        for (keys, answer) in [
            ("'a' .. 'b'\r", #""ab""#), ("=1000 + 1\r", "1001"), ("x = 4\r", "> "), ("x * x * 1000\r", "16000"),
            // The cursor moves back, and a letter comes in between.
            ("'one three'\u{1b}[D\u{1b}b\u{7f}, two \r", #""one, two three""#),
            ("for i = 1, 2 do\r", ">> "), ("print('nr', i)\rend\r", "nr\t2"),
            ("require 'ow\t'.answer()\r", #""forty-two""#), ("string.re\t\t", "rep      reverse"), ("\u{15}", "> "),
            ("os.getenv 'COLOUR'\r", #""blue""#), ("\u{1b}[200~'c' ..\r'd'\u{1b}[201~\r", #""cd""#),
            ("nosuch.x\r", "attempt to index a nil value (global 'nosuch')"), ("local y = 1\r", "leave out 'local'"),
            ("\u{12}two th", "(search) two th: 'one, two three'"),
            ("\u{7}\u{15}'日本\u{301}語' .. 1\r", "\"日本\u{301}語1\""),
            (":reload\r", "app reloaded; all variables were cleared"),
            (":reload now \r", "there is no command ':reload now';"),
            ("exit\r", "write :quit, or press Ctrl-D"), ("help\r", "write :help"),
            ("x\r", "nil"), (":help\r", ":reload  read"),
            (" 'secret'\r", #""secret""#),
        ] {
            try terminal.type(keys)
            #expect(terminal.wait(for: answer), "\(keys)")
        }
        try terminal.type("\u{4}")
        #expect(terminal.finish() == 0)
        #expect(!terminal.isRaw)
        #expect(historyText?.contains("for i = 1, 2 do\\nprint('nr', i)\\nend\n") == true)
        #expect(historyText?.contains("secret") == false && historyText?.hasSuffix("x\n:help\n") == true)
    }

    @Test func `an interrupt ends what runs or drops what is typed, and the state stays`() throws {
        // It answers no request.
        let server = try CannedServer([:])
        let terminal = try start()
        for (keys, answer) in [
            ("x = 'ke' .. 'pt'\r", "> "),
            ("require('http').get('http://127.0.0.1:\(server.port)/')\r\u{3}", "interrupted"),
            ("while true do end\r\u{3}", "interrupted"),
            ("require('task').sleep(1000)\r\u{3}", "interrupted"),
            ("string.find(('a'):rep(300000), '.-.-.-.-b')\r\u{3}", "interrupted"),
            ("x\r", #""kept""#), ("for i = 1, 2 do\r", ">> "), ("\u{3}", "> "), ("nonsense (\u{3}", "> "),
            ("x\r", #""kept""#),
        ] {
            try terminal.type(keys)
            #expect(terminal.wait(for: answer), "\(keys)")
        }
        terminal.send(signal: SIGINT)
        try terminal.type("os.exit(3)\r")
        #expect(terminal.finish() == 3)
        #expect(!terminal.isRaw)
    }

    @Test func `an interrupt at an empty prompt ends the tasks`() throws {
        let terminal = try start()
        for (keys, answer) in [
            (
                "do local task = require 'task'\rfor i = 1, 2 do task.spawn(function() task.sleep(1000) end) end\r",
                ">> "
            ),
            ("print('spaw' .. 'ned') end\r", "spawned"), ("", "> "), ("typed", "> typed"), ("\u{3}", "> "),
            ("\u{3}", "2 tasks were ended\n"), ("", "> "), ("'al' .. 'ive'\r", #""alive""#), ("", "> "),
        ] {
            try terminal.type(keys)
            #expect(terminal.wait(for: answer), "\(keys)")
        }
        try terminal.type("\u{3}\u{4}")
        #expect(terminal.finish() == 0)
        #expect(terminal.shown.components(separatedBy: "ended").count == 2)
    }

    @Test func `a terminal that another program has made non-blocking is read all the same`() throws {
        let terminal = try start(isBlocking: false)
        try terminal.type("'al' .. 'ive'\r")
        #expect(terminal.wait(for: #""alive""#))
        try terminal.type("\u{4}")
        #expect(terminal.finish() == 0)
    }

    @Test func `a task goes on while a line is typed, and prints above it`() throws {
        let terminal = try start()
        try terminal.type(
            "task = require 'task'; t = task.spawn(function() task.sleep(0.2) print('from' .. 'task') end)\r")
        #expect(terminal.wait(for: "> "))
        try terminal.type("typed")
        #expect(terminal.wait(for: "fromtask"))
        #expect(terminal.wait(for: "> typed"))
        try terminal.type("\u{15}\u{4}")
        #expect(terminal.finish() == 0)
    }

    @Test func `a narrow window wraps the line, and a wider one draws it again`() throws {
        let terminal = try start()
        terminal.resize(columns: 20, rows: 10)
        // The system sends the signal only to programs that the terminal controls.
        terminal.send(signal: SIGWINCH)
        try terminal.type("'\(String(repeating: "a", count: 30))")
        #expect(terminal.wait(for: "> '\(String(repeating: "a", count: 17))\n"))
        terminal.resize(columns: 60, rows: 10)
        terminal.send(signal: SIGWINCH)
        #expect(terminal.wait(for: "> '\(String(repeating: "a", count: 30))"))
        try terminal.type("\u{3}\u{4}")
        #expect(terminal.finish() == 0)
    }

    @Test(arguments: [SIGTERM, SIGHUP])
    func `a signal ends it, and the terminal is as before`(signal: Int32) throws {
        let terminal = try start()
        try terminal.type("typed")
        #expect(terminal.wait(for: "typed") && terminal.isRaw)
        terminal.send(signal: signal)
        #expect(terminal.finish() == 0)
        #expect(!terminal.isRaw)
    }

    @Test func `a terminal without cursor keys sends whole lines`() throws {
        let terminal = try start([], ["TERM": "dumb"])
        #expect(!terminal.isRaw)
        try terminal.type("'a' .. 'b'\nwhile true do end\n")
        #expect(terminal.wait(for: #""ab""#))
        terminal.send(signal: SIGINT)
        try terminal.type("'c' .. 'd'\n")
        #expect(terminal.wait(for: #""cd""#))
        try terminal.type("\u{4}")
        #expect(terminal.finish() == 0)
        #expect(!terminal.shown.contains("\u{1b}") && historyText == nil)
    }

    @Test func `a history that cannot be kept is one warning`() throws {
        let terminal = try start([], ["HOME": "/dev/null"])
        try terminal.type("'a' .. 'b'\r'c' .. 'd'\r\u{4}")
        #expect(terminal.finish() == 0)
        #expect(terminal.shown.contains(#""cd""#))
        #expect(terminal.shown.split(separator: "the history is not kept").count == 2)
    }

    @Test func `escape sequences in values, prints and errors do not reach the terminal`() throws {
        let terminal = try start()
        for input in [
            #""\27]0;title\7""#, #"print "\27]0;title\7""#, #"error "\27]0;title\7""#, #"{ ["\27]0;title\7"] = 1 }"#,
        ] {
            try terminal.type("\(input)\r")
            #expect(terminal.wait(for: "]0;title") && terminal.wait(for: "]0;title"))
        }
        try terminal.type("\u{4}")
        #expect(terminal.finish() == 0)
        #expect(!terminal.shown.contains("\u{1b}]") && !terminal.shown.contains("\u{7}"))
    }

    // MARK: Piped

    private func pipe(
        _ input: String, _ words: [String] = [], folder: URL? = nil
    ) throws -> (code: Int32, output: String, errors: String) {
        let (output, errors) = (Pipe(), Pipe())
        let process = Process()
        process.executableURL = Repository.luafunc
        process.arguments = ["repl"] + words
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": home.path]
        process.currentDirectoryURL = folder ?? app.folder
        try home.write(input, to: "input")
        process.standardInput = try FileHandle(forReadingFrom: URL(filePath: home("input")))
        process.standardOutput = output
        process.standardError = errors
        try process.start()
        let texts = [output, errors].map {
            String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }
        process.waitUntilExit()
        return (process.terminationStatus, texts[0], texts[1])
    }

    @Test(arguments: [
        ("return 1 + 1", 0, "2\n", ""), ("1 + 1\n", 0, "2\n", ""), ("=1, 'a'", 0, "1\t\"a\"\n", ""), ("", 0, "", ""),
        ("local x = 1\nx = x + 1\nprint(x)\nreturn x + 1", 0, "2\n3\n", ""),
        ("return require('own').answer()", 0, "\"forty-two\"\n", ""), ("#!/usr/bin/lua\nreturn 1", 0, "1\n", ""),
        ("print('before')\nlocal x = nil\nreturn x.y", 1, "before\n", ">    3 | return x.y"),
        ("for i = 1, 2 do", 1, "", "stdin:1: 'end' expected near <eof>"),
        ("x = 1\nreturn 1,\n", 1, "", "stdin:2: unexpected symbol near <eof>"),
        ("x = 'a", 1, "", "stdin:1: unfinished string"),
        ("os.exit(7)", 7, "", ""),
        ("local task = require 'task' task.spawn(function() task.sleep(0.01) print('late') end)", 0, "late\n", ""),
        ("x = require('task').spawn(function() error('bad') end)", 1, "", "a task has failed: stdin:1: bad"),
    ])
    func `standard input is one chunk`(input: String, code: Int32, output: String, errors: String) throws {
        let end = try pipe(input)
        #expect(end.code == code && end.output == output, "\(end)")
        #expect(errors.isEmpty ? end.errors.isEmpty : end.errors.contains(errors), "\(end)")
        #expect(historyText == nil)
    }

    @Test func `settings come from .env too, and a mistake in a file of an app ends the prompt`() throws {
        try app.write([".env": "SHAPE=round\nCOLOUR=red"])
        #expect(try pipe("return os.getenv 'SHAPE', os.getenv 'COLOUR'").output == "\"round\"\t\"blue\"\n")
        for (file, text, reason) in [
            ("local.settings.json", "{", "local.settings.json"),
            (".env", "A=\"secret", ".env:1: the quote that begins here is not closed"),
        ] {
            let mistaken = try TemporaryApp([file: text])
            let end = try pipe("return 1", folder: mistaken.folder)
            #expect(end.code == 65 && end.output.isEmpty && end.errors.contains(reason), "\(end)")
            #expect(!end.errors.contains("secret"))
            let other = try TemporaryFolder()
            try other.write(text, to: file)
            #expect(try pipe("return 1", folder: URL(filePath: other.path)) == (0, "1\n", ""))
        }
    }

    @Test func `it works without an app, and says what is wrong with one that was named`() throws {
        let bad = try TemporaryApp(["host.json": "{"])
        let empty = try TemporaryFolder()
        let alone = try pipe("return (require 'json'.encode { 1 })", folder: URL(filePath: empty.path))
        #expect(alone.code == 0 && alone.output == "\"[1]\"\n")
        for (words, reason) in [
            (["--app", bad.folder.path], "host.json"),
            (["--app", empty("missing")], "is not a folder that can be read"),
            (["--app", "/dev/null/x"], "is not a folder that can be read"),
        ] {
            let end = try pipe("return 1", words)
            #expect(end.code == 65 && end.output.isEmpty && end.errors.contains(reason), "\(end)")
        }
        #expect(try pipe("", ["--ap", "x"]).code == 64)
    }
}
