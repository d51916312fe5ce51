import Foundation
import FunctionsModel
import TestSupport
import Testing

@testable import DevHost

/// Tests how the host makes a command line from host.json (host-contract §1).
@Suite struct HandlerCommandTests {
    private static let environment = ["httpkey1": "httpvalue1", "httpkey2": "httpvalue2", "TestEnv": "TestVal"]

    private func command(_ section: String, _ files: [String: String] = [:]) throws -> HandlerCommand {
        let app = try TemporaryApp(
            ["host.json": #"{ "version": "2.0", "customHandler": \#(section) }"#].merging(files) { own, _ in own })
        let root = app.folder.path
        let host = try AppLoader(.folder(root), settings: [:]).load().host
        var command = try HandlerCommand(.described, host: host, root: root, environment: Self.environment)
        command.executable = command.executable.replacing(root, with: "ROOT")
        command.workingDirectory = command.workingDirectory.replacing(root, with: "ROOT")
        return command
    }

    @Test(arguments: [
        (#""%httpkey1%", "%TestEnv%""#, ["httpvalue1", "TestVal"]),
        (#""%TestEnv2%%duh%""#, []),
        (#""--min=50%", "--max=90%""#, ["--min=50"]),
        (#""two words""#, ["two", "words"]),
        (#""\"two words\"""#, ["two words"]),
        (#""a\\b", "\\\"q\\\"", "c\\\\\" d\"""#, ["a\\b", "\"q\"", #"c\ d"#]),
        (#""""#, []),
        (#""--empty=\"\"""#, ["--empty="]),
    ])
    func `arguments are joined, expanded and split as the host does`(_ written: String, _ expected: [String]) throws {
        let command = try command(
            #"{ "description": { "defaultExecutablePath": "run", "arguments": [\#(written)] } }"#)
        #expect(command.arguments == expected)
    }

    @Test func `worker path and worker arguments come last, and the path is quoted`() throws {
        let command = try command(
            """
            { "description": { "defaultExecutablePath": "node", "arguments": ["--inspect"],
              "defaultWorkerPath": "my app.js", "workerArguments": ["%httpkey2%"] } }
            """)
        #expect(command.executable == "node")
        #expect(command.arguments == ["--inspect", "my app.js", "httpvalue2"])
    }

    @Test func `a program below the app's root is started by its whole path, any other is looked for on PATH`() throws {
        let section = #"{ "description": { "defaultExecutablePath": "bin/server", "workingDirectory": "data" } }"#
        #expect(try command(section).executable == "bin/server")
        let found = try command(section, ["bin/server": ""])
        #expect(found.executable == "ROOT/bin/server" && found.workingDirectory == "ROOT/data")
    }

    @Test func `arguments may be one text with a list, as an app setting has them`() throws {
        let command = try command(
            #"{ "description": { "defaultExecutablePath": "run", "arguments": "[\"--a\",\"--b\"]" } }"#)
        #expect(command.arguments == ["--a", "--b"])
    }

    @Test(arguments: [
        ("{}", "Missing worker Description"),
        (#"{ "description": {} }"#, "DefaultExecutablePath cannot be empty"),
        (#"{ "description": { "defaultExecutablePath": "run", "arguments": [1] } }"#, "must be a list of strings"),
        (#"{ "description": { "defaultExecutablePath": "run" }, "port": 0 }"#, "must be a port from 1 to 65535"),
        (
            #"{ "description": { "defaultExecutablePath": "run" }, "initializationTimeout": "soon" }"#,
            "must be a time such as"
        ),
    ])
    func `a description that cannot be used says why`(_ section: String, _ sentence: String) {
        let error = #expect(throws: Problem.self) { try command(section) }
        #expect(error?.description.contains(sentence) == true)
    }

    @Test func `a program given by hand keeps its words, and its variables are expanded`() throws {
        let command = try HandlerCommand(
            .program(["./server", "--name", "two words", "--key=%httpkey1%", "%gone%"]), host: HostJSON(),
            root: "/app", environment: Self.environment)
        #expect(command.executable == "./server")
        #expect(command.arguments == ["--name", "two words", "--key=httpvalue1", ""])
    }
}
