import Foundation
import TestSupport
import Testing

/// `luafunc new`.
@Suite struct NewFunctionTests {
    private static let bundle = #"{ "version": "2.0", "extensionBundle": {} }"#
    private static let templates = [
        "http", "timer", "queue", "blob", "eventhub", "servicebus", "cosmosdb", "eventgrid", "table",
    ]

    private func run(_ words: [String], in app: TemporaryApp) async throws -> (
        code: Int32, output: String, errors: String
    ) {
        await (try LuafuncProcess(words, folder: app.folder, waits: false)).end()
    }

    private func text(_ file: String, in app: TemporaryApp) -> String? {
        try? String(contentsOf: app.folder.appending(path: file), encoding: .utf8)
    }

    private func names(in app: TemporaryApp) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: app.folder.path).sorted()
    }

    @Test func `every template makes a function without problems, which runs and passes its test`() async throws {
        let app = try TemporaryApp(["host.json": Self.bundle])
        for template in Self.templates {
            let name = "My_\(template)"
            let made = try await run(["new", name, "--template", template], in: app)
            #expect(made.code == 0 && made.errors.isEmpty)
            #expect(
                made.output == """
                    functions/\(name)/function.json
                    functions/\(name)/handler.lua
                    functions/\(name)/\(name)_test.lua

                    Next:
                      luafunc invoke \(name)
                      luafunc test

                    """)
            for file in ["function.json", "handler.lua", "\(name)_test.lua"] {
                let content = try #require(text("functions/\(name)/\(file)", in: app))
                #expect(!content.contains("NAME") && !content.contains("RESOURCE"))
            }
        }
        #expect(try await run(["check"], in: app) == (0, "9 functions, no problems found\n", ""))
        for template in Self.templates {
            let end = try await run(["invoke", "My_\(template)"], in: app)
            #expect(end.code == 0 && !end.output.isEmpty, "\(template): \(end.errors)")
        }
        let tests = try await run(["test"], in: app)
        #expect(tests.code == 0, "\(tests.output)\(tests.errors)")
    }

    @Test func `an MCP server is two functions, and what host json lacks for them is told`() async throws {
        let host = #"{ "version": "2.0" }"#
        let app = try TemporaryApp(["host.json": host])
        let made = try await run(["new", "tools", "--template", "mcp"], in: app)
        #expect(
            made.output == """
                functions/tools/function.json
                functions/tools/handler.lua
                functions/tools/tools_test.lua
                functions/tools-metadata/function.json
                functions/tools-metadata/handler.lua

                Next:
                  luafunc start
                  luafunc test

                """)
        #expect(made.code == 0 && made.errors.split(separator: "\n").count == 2)
        #expect(made.errors.contains(#"write "enableProxyingHttpRequest": true into "customHandler""#))
        #expect(made.errors.contains("so functions/tools-metadata is at /api/.well-known, where clients do not look"))
        #expect(text("host.json", in: app) == host)
        let check = try await run(["check"], in: app)
        #expect(check.code == 0 && check.output.hasSuffix("2 functions, 1 warning, 1 note\n"), "\(check)")
        #expect(check.output.contains("[mcp-streams]") && check.output.contains("[mcp-metadata]"))
        #expect(try await run(["test"], in: app).output.contains("4 tests in 1 file, 4 passed"))

        let proxied = #"""
            { "version": "2.0", "customHandler": { "enableProxyingHttpRequest": true },
              "extensions": { "http": { "routePrefix": "" } } }
            """#
        let other = try TemporaryApp(["host.json": proxied])
        #expect(try await run(["new", "mcp", "--template", "mcp"], in: other).errors.isEmpty)
        #expect(try await run(["check", "--strict"], in: other) == (0, "2 functions, no problems found\n", ""))
        #expect(text("functions/mcp/handler.lua", in: other)?.contains("http://localhost:7071/mcp.") == true)
    }

    @Test func `an app that is a server of its own gets no functions`() async throws {
        let app = try TemporaryApp(["host.json": #"{ "version": "2.0", "configurationProfile": "mcp-custom-handler" }"#]
        )
        let before = try names(in: app)
        let end = try await run(["new", "a", "--template", "http"], in: app)
        #expect(end.code == 65 && end.errors.contains("the host accepts no function.json beside that"))
        #expect(try names(in: app) == before)
    }

    @Test func `the list shows every template`() async throws {
        let app = try TemporaryApp([:])
        let list = try await run(["new", "--list"], in: app)
        #expect(list.code == 0)
        let names = list.output.split(separator: "\n").map { String($0.prefix { $0 != " " }) }
        #expect(names == Self.templates + ["mcp"])
    }

    @Test func `routes in comments have the app's prefix`() async throws {
        let app = try TemporaryApp([
            "host.json": #"{ "version": "2.0", "extensions": { "http": { "routePrefix": "v1" } } }"#
        ])
        #expect(try await run(["new", "NAME", "--template", "http"], in: app).code == 0)
        #expect(text("functions/NAME/handler.lua", in: app)?.hasPrefix("-- Answers GET /v1/NAME?name=Ada,") == true)
    }

    // MARK: Places and names

    @Test func `a function goes where the app has its functions`() async throws {
        let flat = try TemporaryApp([
            "old/function.json": TemporaryApp.httpFunction, "old/handler.lua": "return function() end",
        ])
        #expect(
            try await run(["new", "newer", "--template", "http"], in: flat).output.hasPrefix("newer/function.json\n"))
        #expect(try await run(["check"], in: flat).output == "2 functions, no problems found\n")
    }

    @Test(arguments: [
        "1a", "a b", "a/b", "../a", "é", "host", "LIB", "functions", "a.b", "$return",
        String(repeating: "a", count: 129),
    ])
    func `a name that the host or a deployed app cannot have is wrong usage`(_ name: String) async throws {
        let app = try TemporaryApp([:])
        let end = try await run(["new", "--template", "http", "--", name], in: app)
        #expect(end.code == 64 && end.output.isEmpty && end.errors.contains("is invalid for '<name>'"))
        #expect(try names(in: app) == ["host.json"])
    }

    @Test(arguments: [
        (["new", "order"], "functions/order exists already"),
        (["new", "Order"], "functions/order differs from 'Order' only in case"),
        (["new", "ORDER", "--force"], "functions/order differs from 'ORDER' only in case"),
        (["new", "Public"], "public differs from 'Public' only in case"),
        (["new", "public", "--force"], "public exists already"),
    ])
    func `a name that is taken is refused`(_ words: [String], reason: String) async throws {
        let app = try TemporaryApp(["functions/order/notes.txt": "mine", "public/index.html": ""])
        let before = try names(in: app)
        let end = try await run(words + ["--template", "http"], in: app)
        #expect(end.code == 1 && end.output.isEmpty && end.errors.hasPrefix("luafunc: \(reason)"))
        #expect(try names(in: app) == before)
    }

    @Test func `force overwrites the template's files and no others`() async throws {
        let app = try TemporaryApp([
            "functions/order/handler.lua": "mine", "functions/order/notes.txt": "mine",
        ])
        #expect(try await run(["new", "order", "--template", "http", "--force"], in: app).code == 0)
        #expect(text("functions/order/handler.lua", in: app) != "mine")
        #expect(text("functions/order/notes.txt", in: app) == "mine")
    }

    // MARK: host.json

    @Test func `what host.json lacks is told, and host.json stays as it is`() async throws {
        let host = #"{ "version": "2.0", "functions": ["other"] }"#
        let app = try TemporaryApp(["host.json": host])
        let http = try await run(["new", "a", "--template", "timer"], in: app)
        #expect(http.errors == "warn  \"functions\" in host.json names the functions that the host loads; add \"a\"\n")
        let queue = try await run(["new", "other", "--template", "queue"], in: app)
        #expect(
            queue.errors == """
                warn  host.json has no extension bundle, which the host needs for this function. Add to host.json:
                  "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" }

                """)
        #expect(queue.code == 0 && text("host.json", in: app) == host)
    }

    @Test(arguments: ["", "no/such", "file", "bad"])
    func `a folder that is no app is refused`(_ folder: String) async throws {
        let app = try TemporaryApp(["file": "", "bad/host.json": "x"])
        try FileManager.default.removeItem(at: app.folder.appending(path: "host.json"))
        let before = try names(in: app)
        let place = folder.isEmpty ? app.folder.path : app.folder.appending(path: folder).path
        let end = try await run(["new", "a", "--template", "http", "--app", place], in: app)
        #expect(end.code == 65 && end.output.isEmpty)
        #expect(
            folder == "bad"
                ? end.errors.hasPrefix("luafunc: host.json:1: is not JSON")
                : end.errors
                    == "luafunc: \(place): has no host.json, so it is not an app; make one with 'luafunc init', or name "
                    + "the app with --app\n")
        #expect(try names(in: app) == before)
    }

    // MARK: The template

    @Test(arguments: [
        (["new", "a"], "Error: say which template with --template; there are http, timer,"),
        (["new"], "Error: Missing argument '<name>'"),
        (["new", "a", "--template", "htp"], "(did you mean 'http'?)"),
    ])
    func `without a valid template and a terminal it is wrong usage`(_ words: [String], reason: String) async throws {
        let app = try TemporaryApp([:])
        let end = try await run(words, in: app)
        #expect(end.code == 64 && end.output.isEmpty && end.errors.contains(reason))
    }

    @Test func `on a terminal it asks until the answer is a template's name or number`() throws {
        let app = try TemporaryApp([:])
        for (name, answer, trigger) in [("a", "2", "timerTrigger"), ("b", " HTTP ", "httpTrigger")] {
            let terminal = try PseudoTerminal(["new", name], folder: app.folder)
            #expect(terminal.wait(for: "Template (number or name): "))
            #expect(terminal.shown.contains("  1  http        answers HTTP requests\n"))
            for (wrong, message) in [
                ("htpp", "there is no template 'htpp' (did you mean 'http'?)\n"), ("0", "there is no template '0'\n"),
                ("10\u{1b}[2J", "there is no template '10"),
            ] {
                try terminal.type("\(wrong)\n")
                #expect(terminal.wait(for: "Template (number or name): "))
                #expect(terminal.shown.contains(message))
            }
            try terminal.type("\(answer)\n")
            #expect(terminal.finish() == 0)
            #expect(terminal.shown.contains("functions/\(name)/handler.lua\n"))
            #expect(text("functions/\(name)/function.json", in: app)?.contains(trigger) == true)
        }
    }

    @Test(arguments: ["\n", "  \n", "\u{4}"])
    func `an empty answer or the end of the input ends it`(_ answer: String) throws {
        let app = try TemporaryApp([:])
        let terminal = try PseudoTerminal(["new", "a"], folder: app.folder)
        #expect(terminal.wait(for: "Template (number or name): "))
        try terminal.type(answer)
        #expect(terminal.finish() == 1)
        #expect(terminal.shown.hasSuffix("\nluafunc: no template was chosen, so nothing was written\n"))
        #expect(try names(in: app) == ["host.json"])
    }

    @Test func `an interrupt ends the question, and nothing is written`() throws {
        let app = try TemporaryApp([:])
        let terminal = try PseudoTerminal(["new", "a"], folder: app.folder)
        #expect(terminal.wait(for: "Template (number or name): "))
        terminal.send(signal: SIGINT)
        #expect(terminal.finish() == -SIGINT)
        #expect(try names(in: app) == ["host.json"])
    }

    @Test func `it does not ask for a function that cannot be made`() throws {
        let app = try TemporaryApp(["functions/a/handler.lua": ""])
        let terminal = try PseudoTerminal(["new", "a"], folder: app.folder)
        #expect(terminal.finish() == 1)
        #expect(terminal.shown.hasPrefix("luafunc: functions/a exists already"))
    }
}
