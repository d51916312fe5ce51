import Foundation
import JSON
import TestSupport
import Testing

/// Compares the results of 48 command lines with those of an earlier luafunc (Tests/Golden/cli): exit codes and facts
/// must be the same.
@Suite struct GoldenCommandTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        /// nil where the program runs until SIGTERM and then ends with 0.
        let code: Int32?
        let output: String
        let errors: String

        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let rows: [Row] = {
        let file = Repository.root.appending(path: "Tests/Golden/cli/commands.jsonl")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line -> Row? in
            guard let tree = try? JSONTree.parse(String(line).utf8Span.span.bytes),
                let words = tree["arguments"]?.elements, let output = tree["stdout"]?.string,
                let errors = tree["stderr"]?.string
            else { return nil }
            return Row(
                arguments: words.compactMap(\.string), code: tree["exit"]?.integer.map { Int32($0) }, output: output,
                errors: errors)
        }
    }()

    /// The sample app as it was then.
    private let sample: TemporaryApp
    private let empty: TemporaryApp
    private let bad: TemporaryApp
    private let out: TemporaryApp

    init() throws {
        sample = try TemporaryApp.sample()
        for newer in ["functions/mcp", "functions/site", "public"] {
            try FileManager.default.removeItem(at: sample.folder.appending(path: newer))
        }
        empty = try TemporaryApp([:])
        try FileManager.default.removeItem(at: empty.folder.appending(path: "host.json"))
        bad = try TemporaryApp([
            "functions/f/function.json": #"{ "bindings": [ { "name": "req", "type": "httpTriger" } ] }"#,
            "functions/f/handler.lua": "return function() end",
        ])
        out = try TemporaryApp([:])
    }

    /// The names of folders in the rows, and the folders for which they stand here.
    private var folders: [(name: String, path: String)] {
        [
            ("APP", sample.folder.path), ("EMPTY", empty.folder.path), ("BAD", bad.folder.path),
            ("OUT", out.folder.path),
        ]
    }

    private func here(_ word: String) -> String {
        folders.reduce(word) { $0.hasPrefix($1.name) ? $1.path + $0.dropFirst($1.name.count) : $0 }
    }

    /// The output of the program in the form of the rows.
    private func there(_ text: String, port: Int) -> String {
        folders.reduce(text) { $0.replacing($1.path, with: $1.name) }
            .replacing(":\(port)", with: ":PORT").replacing(
                #/(?m)^\d{4}-\d\d-\d\dT[\d:.]+Z |^\d\d:\d\d:\d\d  /#, with: ""
                    // Newer: an app's first start shows how to call a function.
            ).replacing(#/(?m)^try  .*\n/#, with: "")
    }

    @Test func `every row is read`() {
        #expect(Self.rows.count == 48)
    }

    @Test(arguments: rows)
    func `a command line has the same result as in an earlier version`(row: Row) async throws {
        // Tests do not use fixed ports.
        var words = row.arguments.map { here($0) }.map { $0 == "7099" ? "0" : $0 }
        let isStarted =
            words.first == "start" && row.errors.first != "E" && !words.contains { $0.hasSuffix("elp") || $0 == "-h" }
        if isStarted { words.insert(contentsOf: ["--port", "0"], at: 1) }
        let process = try LuafuncProcess(words, folder: sample.folder, waits: false)
        var output = ""
        var port = 0
        if row.code == nil || isStarted && !row.output.isEmpty {
            while let line = process.line() {
                output += "\(line)\n"
                guard let match = line.firstMatch(of: #/http://[\w.]+:(\d+)( |$)/#) else { continue }
                port = Int(match.1) ?? 0
                break
            }
        }
        if row.code == nil {
            // This is the last output of the start.
            if words.first == "serve" {
                for text in row.errors.split(separator: "\n").map({ $0.dropFirst(30) }) {
                    #expect(process.waitForErrorLine(containing: here(String(text))))
                }
            } else {
                while let line = process.line() {
                    output += "\(line)\n"
                    if line.contains("host.json: is missing") { break }
                }
            }
            process.send(signal: SIGTERM)
        }
        let end = await process.end()
        let said = (output: there(output + end.output, port: port), errors: there(end.errors, port: port))
        switch row.arguments.first {
        // There is such a format by now.
        case "check" where row.arguments.contains("json"): #expect(end.code == 1 && said.output.hasPrefix("{"))
        case "check" where row.code == 1:
            #expect(end.code == 1 && CheckOutput.sentences(said.output) == row.errors && said.errors.isEmpty)
        default:
            #expect(end.code == row.code ?? 0)
            compare(row, said)
        }
    }

    private func compare(_ row: Row, _ said: (output: String, errors: String)) {
        let told = there(row.output, port: 0).replacing(#/:70(71|99)/#, with: ":PORT")
        switch row.arguments.first {
        case "--generate-completion-script" where row.code == 0:
            #expect(said.output.contains("complete -F _luafunc luafunc"))
        case "pack" where row.code == 0 && !row.output.hasPrefix("OVERVIEW"):
            // The sizes of the programs differ.
            let names = { (text: String) in text.replacing(#/ +\d+$|\d+ bytes|, \d+/#, with: "") }
            for line in told.split(separator: "\n") where !line.contains("luafunc  ") {
                #expect(names(said.output).contains(names(String(line)).trimmingCharacters(in: .whitespaces)))
            }
        case _ where told.contains("SUBCOMMANDS:"):
            // There may be more commands by now.
            for line in told.split(separator: "\n") { #expect(said.output.contains("\(line)\n")) }
        case _ where told.hasPrefix("OVERVIEW:"):
            // There may be more options by now, and the line of usage has them all; the whole help is a snapshot.
            for line in told.split(separator: "\n") where !line.hasPrefix("USAGE:") {
                // Newer: the letter of --port.
                let newer = line.replacing("  --port <port>     ", with: "  -p, --port <port> ")
                #expect(said.output.contains("\(line)\n") || said.output.contains("\(newer)\n"))
            }
        case _ where row.arguments == ["--version"]:
            #expect(said.output.hasPrefix("luafunc 0.1.0 (") && said.output.contains(", Lua 5.4."))
        default:
            #expect(said.output == told)
        }
        if row.errors.hasPrefix("Error: ") {
            // Names and values in the sentence must be the same; the words may differ.
            let sentence = row.errors.split(separator: "\n")[0].split(separator: ". Please ")[0].replacing(
                "Can't", with: "")
            for match in sentence.matches(of: #/'(-?[^'<]+?)( <[^']*)?'|--[a-z-]+/#) {
                #expect(said.errors.contains(match.1 ?? match.0), "\(said.errors)")
            }
            #expect(said.errors.hasPrefix("Error: ") && said.output.isEmpty)
        } else if let reason = row.errors.firstMatch(of: #/^luafunc: .*(cannot listen on [\d.]+|cannot be started)/#) {
            // The rest is text of the system.
            #expect(said.errors.contains(reason.1), "\(said.errors)")
        } else if row.code != nil {
            let errors = CheckOutput.sentences(said.errors)
            #expect(errors == row.errors)
        }
    }
}
