import Foundation
import JSON
import TestSupport
import Testing

/// `luafunc check` as a user runs it.
@Suite struct CheckTests {
    /// One warning: an app setting that only Azure knows.
    private static let files = [
        "host.json": """
        { "version": "2.0", "extensionBundle":
          { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" } }
        """,
        "functions/f/function.json": """
        { "bindings": [
          { "name": "msg", "type": "queueTrigger", "queueName": "%ORDERS_QUEUE%" } ] }
        """,
        "functions/f/handler.lua": "assert(os.getenv 'ORDERS_KEY' ~= 'wrong') return function() end",
    ]

    private func run(_ arguments: String..., app: TemporaryApp) async throws -> (
        code: Int32, output: String, errors: String
    ) {
        try await LuafuncProcess(arguments + ["--app", app.folder.path], waits: false).end()
    }

    @Test func `a setting that only Azure knows is a warning, with which pack goes on`() async throws {
        let app = try TemporaryApp(Self.files)
        let lax = try await run("check", app: app)
        #expect(lax.code == 0 && lax.errors.isEmpty, "\(lax)")
        #expect(
            lax.output == """
                functions/f/function.json:2:57: warning: binding 'msg': "queueName" needs the app setting ORDERS_QUEUE, \
                which is not set here [unset-setting]
                    set it in Azure, and in local.settings.json for runs on this machine, or give it with --settings
                1 function, 1 warning

                """)
        let strict = try await run("check", "--strict", app: app)
        #expect(strict.code == 1 && strict.output == lax.output)
        let pack = try await run(
            "pack", "--output", app.folder.path + "/../\(app.folder.lastPathComponent)-out", app: app)
        #expect(pack.code == 0 && pack.errors.contains("warning: binding 'msg'"), "\(pack)")
        try? FileManager.default.removeItem(atPath: app.folder.path + "-out")
    }

    @Test func `settings come from local.settings.json, a file or the command line, and scripts see them`() async throws
    {
        let app = try TemporaryApp(Self.files)
        let given = try await run("check", "--settings", "ORDERS_QUEUE=orders", app: app)
        #expect(given.code == 0 && given.output == "1 function, no problems found\n", "\(given)")
        try app.write(["staging.json": #"{ "Values": { "ORDERS_QUEUE": "orders" } }"#])
        let staging = app.folder.appending(path: "staging.json").path
        let file = try await run("check", "--settings", staging, "--settings", "ORDERS_KEY=wrong", app: app)
        #expect(file.code == 1 && file.output.contains("functions/f/handler.lua:1: error: "), "\(file)")
        #expect(file.output.contains(">    1 | assert(os.getenv 'ORDERS_KEY'"), "\(file)")
        try app.write(["local.settings.json": #"{ "Values": { "ORDERS_QUEUE": "orders" } }"#])
        let local = try await run("check", app: app)
        #expect(local.code == 0 && local.output == given.output, "\(local)")
        let missing = try await run("check", "--settings", "/proc/none", app: app)
        #expect(missing.code == 64 && missing.errors.hasPrefix("luafunc: /proc/none: cannot be read"), "\(missing)")
    }

    @Test func `programs and GitHub read the findings`() async throws {
        let app = try TemporaryApp(Self.files.merging(["functions/g/function.json": "{"]) { $1 })
        let json = try await run("check", "--format", "json", app: app)
        let tree = try JSONTree.parse(json.output.utf8Span.span.bytes)
        #expect(json.code == 1 && json.errors.isEmpty)
        #expect(tree["functions"]?.integer == 2 && tree["errors"]?.integer == 1 && tree["warnings"]?.integer == 1)
        #expect(tree["findings"]?.elements?.compactMap { $0["rule"]?.string } == ["unset-setting", "json-syntax"])
        let github = try await run("check", "--format", "github", app: app)
        #expect(github.code == 1 && github.output.contains("::warning file="), "\(github)")
        #expect(
            github.output.contains(
                "/functions/g/function.json,line=1,col=2,title=luafunc%3A json-syntax::is not JSON: "))
    }

    @Test func `a refused host.json is an error, and no functions are no app`() async throws {
        let app = try TemporaryApp(Self.files.merging(["host.json": #"{ "version": 2 }"#]) { $1 })
        let refused = try await run("check", "--settings", "ORDERS_QUEUE=orders", app: app)
        #expect(refused.code == 1, "\(refused)")
        #expect(
            refused.output.hasPrefix("host.json:1:14: error: \"version\" must be the string \"2.0\" [host-json]\n"),
            "\(refused)")
        let pack = try await run("pack", "--zip", "/proc/none/a.zip", "--settings", "ORDERS_QUEUE=orders", app: app)
        #expect(pack.code == 65 && pack.errors.hasSuffix("luafunc: nothing was packed; fix this first\n"), "\(pack)")
        let empty = try await run("check", app: try TemporaryApp([:]))
        #expect(empty.code == 65 && empty.output.isEmpty && empty.errors.contains("has no functions"), "\(empty)")
        let bare = try TemporaryApp(["host.json": #"{ "version": 2 }"#])
        let json = try await run("check", "--format", "json", app: bare)
        let tree = try JSONTree.parse(json.output.utf8Span.span.bytes)
        #expect(json.code == 65 && tree["functions"]?.integer == 0 && tree["errors"]?.integer == 1, "\(json)")
        let github = try await run("check", "--format", "github", app: bare)
        #expect(github.code == 65 && github.output.hasPrefix("::error file="), "\(github)")
        let text = try await run("check", app: bare)
        #expect(text.code == 65 && text.output.isEmpty && text.errors.contains("host.json:1:14: error: "), "\(text)")
    }
}
