import Foundation
import TestSupport
import Testing

/// `luafunc init`.
@Suite struct NewAppTests {
    private let home: TemporaryFolder

    init() throws { home = try TemporaryFolder() }

    private static let files = [
        "host.json", "local.settings.json", ".gitignore", ".funcignore", "functions/hello/function.json",
        "functions/hello/handler.lua", "functions/hello/hello_test.lua",
    ]
    private static let editorFiles = [".luafunc/types", ".luarc.json", ".vscode/settings.json"]

    private func run(_ words: [String]) async throws -> (code: Int32, output: String, errors: String) {
        await (try LuafuncProcess(words, folder: URL(filePath: home.path), waits: false)).end()
    }

    private func text(_ file: String) -> String? { try? String(contentsOfFile: home(file), encoding: .utf8) }

    // MARK: The app

    @Test func `a new app starts at once, has no problems, and packs`() async throws {
        let made = try await run(["init", "below/my app"])
        let list = (Self.files + Self.editorFiles).map { "  \($0)\n" }.joined()
        #expect(made.code == 0 && made.errors.isEmpty)
        #expect(made.output.hasPrefix("Made in \(home("below/my app")):\n\(list)\nNext:\n  cd 'below/my app'\n"))
        let check = try await run(["check", "--app", "below/my app"])
        #expect(check == (0, "1 function, no problems found\n", ""))

        let first = try LuafuncProcess(["start", "--port", "0", "--app", home("below/my app")], waits: false)
        let call = try #require(first.line(containing: "try  "))
        #expect(call.wholeMatch(of: #/try  curl http://localhost:\d+/api/hello/#) != nil)
        let port = try #require(Int(call.firstMatch(of: #/:(\d+)/#)?.1 ?? ""))
        #expect(
            try RawConnection.request("/api/hello?name=Ada", method: "GET", port: port, headers: [:], body: []).text
                == "hello Ada")
        first.send(signal: SIGTERM)
        #expect(await first.end().code == 0)
        // By now, the author knows.
        let second = try LuafuncProcess(["start", "--port", "0", "--app", home("below/my app")], waits: false)
        let lines = Array(
            sequence(
                first: ""
            ) { _ in second.line() }.prefix { !$0.contains("Ctrl-C stops") })
        #expect(lines.contains { $0.contains("hello  [GET,POST]") } && !lines.contains { $0.hasPrefix("try") })
        second.send(signal: SIGTERM)
        _ = await second.end()

        #expect(try await run(["pack", "--app", "below/my app", "--executable", "app"]).code == 0)
        let packed = try await run(["pack", "--list", "app"]).output
        #expect(
            packed.matches(of: #/(?m)^  (\S+)/#).map(\.1) == ["hello/function.json", "hello/handler.lua", "host.json"])
    }

    @Test func `a new MCP server has no function json, no problems, and passes its tests`() async throws {
        let made = try await run(["init", "--mcp"])
        let files = [
            "host.json", "local.settings.json", ".gitignore", ".funcignore", "functions/mcp/handler.lua",
            "functions/mcp/mcp_test.lua",
        ]
        let list = (files + Self.editorFiles).map { "  \($0)\n" }.joined()
        #expect(made.code == 0 && made.errors.isEmpty)
        #expect(
            made.output == """
                Made in \(home.path):
                \(list)
                Next:
                  luafunc start  serves http://localhost:7071/mcp; every save takes effect
                  luafunc test   runs the tests

                """)
        #expect(try await run(["check", "--strict"]) == (0, "1 function, no problems found\n", ""))
        #expect(try await run(["test"]).output.contains("4 tests in 1 file, 4 passed"))
        let start = try LuafuncProcess(["start", "--port", "0", "--auth", "--app", home.path])
        let key = try #require(start.line(containing: "opens everything: ")?.split(separator: " ").last)
        let message = #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#
        var headers = ["Accept": "application/json, text/event-stream", "Content-Type": "application/json"]
        #expect(try start.request("/mcp", method: "POST", headers: headers, body: message.utf8).status == 401)
        headers["x-functions-key"] = String(key)
        let tools = try start.request("/mcp", method: "POST", headers: headers, body: message.utf8)
        #expect(tools.status == 200 && tools.text.contains("roll_dice") && tools.text.contains("find_lines"))
        // A page of another site, and one whose name leads to this machine.
        for (name, value) in [("Origin", "http://evil.example"), ("Host", "evil.example")] {
            let foreign = headers.merging([name: value]) { $1 }
            #expect(try start.request("/mcp", method: "POST", headers: foreign, body: message.utf8).status == 403)
        }
        start.send(signal: SIGTERM)
        _ = await start.end()
        #expect(try await run(["pack", "--output", "out"]).code == 0)
        let packed = try FileManager.default.subpathsOfDirectory(atPath: home("out")).sorted()
        #expect(packed == ["host.json", "luafunc", "mcp", "mcp/handler.lua"])
    }

    @Test func `an MCP server is not made beside functions`() async throws {
        try home.write(TemporaryApp.httpFunction, to: "old/function.json")
        let before = try FileManager.default.subpathsOfDirectory(atPath: home.path)
        let refused = try await run(["init", "--mcp", "--force"])
        #expect(
            refused.code == 1 && refused.errors.contains("old/function.json is in the way: the host refuses functions"))
        #expect(refused.errors.contains("luafunc new mcp --template mcp"))
        #expect(try FileManager.default.subpathsOfDirectory(atPath: home.path) == before)
    }

    @Test func `a first start with keys shows the key in the call`() async throws {
        #expect(try await run(["init"]).code == 0)
        let start = try LuafuncProcess(["start", "--port", "0", "--auth", "--app", home.path], waits: false)
        #expect(try #require(start.line(containing: "try  ")).contains(#/ -H 'x-functions-key: [^ ']+'$/#))
        start.send(signal: SIGTERM)
        _ = await start.end()
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/git")))
    func `git ignores settings, the data of start, and what pack makes`() async throws {
        #expect(try await run(["init"]).code == 0)
        for file in [".luafunc/queues/x", "dist/app/host.json", "app.zip", "functions/hello/kept.zip"] {
            try home.write("", to: file)
        }
        let git = Process()
        let output = Pipe()
        git.executableURL = URL(filePath: "/bin/sh")
        git.arguments = ["-c", "git init -q . && git add . && git ls-files"]
        git.currentDirectoryURL = URL(filePath: home.path)
        git.standardOutput = output
        try git.start()
        let listed = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        let expected =
            Self.files.filter { $0 != "local.settings.json" } + ["functions/hello/kept.zip"]
            + Self.editorFiles.dropFirst()
        #expect(Set(listed.split(separator: "\n").map(String.init)) == Set(expected))
    }

    @Test func `a folder whose functions are in its root keeps that layout`() async throws {
        try home.write(TemporaryApp.httpFunction, to: "old/function.json")
        try home.write(#"return function() return "old" end"#, to: "old/handler.lua")
        #expect(try await run(["init"]).output.contains("  hello/function.json\n"))
        #expect(try await run(["check"]).output == "2 functions, no problems found\n")
    }

    // MARK: What is in the way

    @Test func `nothing is written if a file is in the way, and every such file is named`() async throws {
        try home.write("mine", to: "host.json")
        try home.write("mine", to: "functions/hello/handler.lua")
        try home.write("other", to: "readme.txt")
        try FileManager.default.createSymbolicLink(atPath: home(".gitignore"), withDestinationPath: "nothing")
        let refused = try await run(["init"])
        #expect(refused.code == 1 && refused.output.isEmpty)
        #expect(
            refused.errors == """
                luafunc: \(home.path): nothing was written, because these files exist already; --force overwrites them
                  host.json
                  .gitignore
                  functions/hello/handler.lua

                """)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: home.path).count == 6)
        #expect(text("host.json") == "mine")

        try FileManager.default.removeItem(atPath: home(".gitignore"))
        #expect(try await run(["init", "--force"]).code == 0)
        #expect(text("host.json")?.contains("extensionBundle") == true && text("readme.txt") == "other")
        #expect(text("functions/hello/handler.lua")?.contains("return function(data)") == true)
    }

    @Test(arguments: [[], ["--force"]])
    func `lists of ignored files keep their lines and get those that they lack`(options: [String]) async throws {
        try home.write("# mine\r\n.luafunc\r\n!/.env\r\n*.zip  ", to: ".gitignore")
        try home.write("secret/\n", to: ".funcignore")
        let made = try await run(["init"] + options)
        #expect(made.code == 0 && made.output.contains("  .gitignore\n") && !made.output.contains(".funcignore"))
        #expect(
            text(".gitignore") == """
                # mine\r\n.luafunc\r\n!/.env\r\n*.zip  \r
                # Settings for this machine; they may hold secrets.\r
                local.settings.json\r
                # What luafunc pack makes.\r
                /dist/\r\n
                """)
        #expect(text(".funcignore") == "secret/\n")
    }

    @Test(arguments: [
        ("", "local.settings.json\n.env\n.luafunc/\n/dist/\n/*.zip\n"),
        (".env/\ndist", "local.settings.json\n.env\n.luafunc/\n/*.zip\n"),
        ("local.settings.json\n.env\n.luafunc/\n/dist/\n/*.zip", ""),
    ])
    func `a list gets each pattern that does not ignore the same`(old: String, added: String) async throws {
        try home.write(old, to: "a/list")
        try home.makeFolder("app")
        try FileManager.default.createSymbolicLink(atPath: home("app/.gitignore"), withDestinationPath: "list")
        try FileManager.default.moveItem(atPath: home("a/list"), toPath: home("app/list"))
        #expect(try await run(["init", "app"]).code == 0)
        let patterns = text("app/list")?.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { "\($0)\n" }
        #expect(patterns?.joined() == (added.isEmpty ? "\(old)\n" : old.isEmpty ? added : "\(old)\n\(added)"))
        let kind = try FileManager.default.attributesOfItem(atPath: home("app/.gitignore"))[.type] as? FileAttributeType
        #expect(kind == .typeSymbolicLink)
    }

    @Test(arguments: [
        (["init", "file"], "file is in the way: a folder is needed there"),
        (["init", "file/app"], "file/app cannot be written: Not a directory; nothing was written"),
        (["init", "/proc/self/app"], "nothing was written"),
        (["init", "taken", "--force"], "functions is in the way: a folder is needed there"),
        (["init", "odd", "--force"], "host.json is in the way: it is a folder"),
        (["init", "listed"], ".gitignore is behind a link that leads out of the app"),
        (["init", "piped", "--force"], ".gitignore is in the way: it is not a file"),
        (["init", "led", "--force"], "functions/hello/function.json is behind a link that leads out of the app"),
    ])
    func `an app that cannot be made is refused before anything is written`(_ words: [String], reason: String)
        async throws
    {
        try home.write("", to: "file")
        try home.write("", to: "taken/functions")
        try home.makeFolder("odd/host.json")
        try home.makeFolder("led")
        try home.makeFolder("elsewhere")
        try home.makeFolder("listed")
        try home.makeFolder("piped")
        #expect(mkfifo(home("piped/.gitignore"), 0o600) == 0)
        try FileManager.default.createSymbolicLink(atPath: home("listed/.gitignore"), withDestinationPath: "../file")
        try FileManager.default.createSymbolicLink(atPath: home("led/functions"), withDestinationPath: "../elsewhere")
        let before = try FileManager.default.subpathsOfDirectory(atPath: home.path)
        let end = try await run(words)
        #expect(end.code == 1 && end.output.isEmpty && end.errors.hasPrefix("luafunc: ") && end.errors.contains(reason))
        #expect(try FileManager.default.subpathsOfDirectory(atPath: home.path) == before)
    }

    @Test func `settings of an editor that cannot be merged are a warning`() async throws {
        try home.write("{", to: ".luarc.json")
        let made = try await run(["init"])
        #expect(
            made.code == 0 && made.errors.hasPrefix("warn  .luarc.json stays as it is, because it is not valid JSON"))
        #expect(text(".luarc.json") == "{" && !made.output.contains(".luarc.json"))
    }

    @Test func `a folder without a name is wrong usage`() async throws {
        #expect(try await run(["init", ""]).code == 64)
        #expect(try await run(["init", "a", "b"]).code == 64)
    }
}
