import Foundation
import TestSupport
import Testing

/// `luafunc test` as a user runs it.
@Suite struct TestCommandTests {
    private static let files = [
        "host.json": #"{ "version": "2.0" }"#,
        "functions/hello/function.json": TemporaryApp.httpFunction,
        "functions/hello/handler.lua": "return function() return os.getenv 'GREETING' end",
        "local.settings.json": #"{ "Values": { "GREETING": "good day" } }"#,
    ]

    private func run(_ arguments: [String]) async throws -> (code: Int32, output: String, errors: String) {
        try await LuafuncProcess(["test"] + arguments, waits: false).end()
    }

    @Test func `tests that pass end with 0 and tests that fail with 1`() async throws {
        let app = try TemporaryApp(
            Self.files.merging([
                "functions/hello/hello_test.lua": #"""
                test("greets", function() expect(invoke("hello").response.body):equals("good day") end)
                test("fails", function() error "on purpose" end)
                """#
            ]) { $1 })
        let folder = app.folder.path
        let good = try await run(["--app", folder, "--filter", "greets"])
        #expect(good.code == 0 && good.output.contains("1 passed"))
        let bad = try await run(["--app", folder, "hello"])
        #expect(bad.code == 1 && bad.output.contains("on purpose"))
    }

    @Test func `an app without tests is told how to write one`() async throws {
        let app = try TemporaryApp(Self.files)
        let end = try await run(["--app", app.folder.path])
        #expect(end.code == 0 && end.output.isEmpty)
        #expect(end.errors.contains("has no tests; write test("))
        let chosen = try await run(["--app", app.folder.path, "hello"])
        #expect(chosen.code == 64)
        #expect(chosen.errors.contains("'hello' has no tests; write one, such as functions/hello/hello_test.lua"))
    }

    @Test func `what cannot be tested has the exit code of its reason`() async throws {
        let app = try TemporaryApp(Self.files)
        #expect(try await run(["--app", "/nowhere"]).code == 65)
        let unknown = try await run(["--app", app.folder.path, "helo"])
        #expect(unknown.code == 64 && unknown.errors.contains("did you mean 'hello'?"))
        try app.write(["local.settings.json": "{"])
        let broken = try await run(["--app", app.folder.path])
        #expect(broken.code == 65 && broken.errors.contains("local.settings.json"))
    }
}
