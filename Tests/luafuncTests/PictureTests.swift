import Foundation
import TestSupport
import Testing

/// README's picture of a terminal.
@Suite struct PictureTests {
    /// The rows of docs/terminal.svg, each with single spaces.
    private static func rows() throws -> Set<String> {
        let svg = try String(contentsOf: Repository.root.appending(path: "docs/terminal.svg"), encoding: .utf8)
        var rows: [String: [String]] = [:]
        for match in svg.matches(of: #/<text x="[^"]*" y="(\d+)"[^>]*>([^<]*)</text>/#) {
            rows[String(match.1), default: []].append(
                String(match.2).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&"))
        }
        return Set(rows.values.map { plain($0.joined(separator: " ")) })
    }

    private static func plain(_ line: String) -> String {
        line.replacing(#/localhost:\d+/#, with: "localhost:7071").split(separator: " ").joined(separator: " ")
    }

    @Test func `the picture shows what init and start print now`() async throws {
        let home = try TemporaryApp([:])
        let rows = try Self.rows()
        func compare(_ output: String) {
            let lines = output.replacing(home.folder.path, with: "/home/ada").split(separator: "\n")
                .map { Self.plain(String($0)) }
            for line in lines where !line.isEmpty && !line.contains(#/^\d\d:\d\d:\d\d/#) {
                #expect(rows.contains(line), "run scripts/picture: the picture lacks the line '\(line)'")
            }
        }
        let made = try await LuafuncProcess(["init", "myapp"], folder: home.folder, waits: false).end()
        #expect(made.code == 0)
        compare(made.output)
        let app = home.folder.appending(path: "myapp")
        let start = try LuafuncProcess(["start", "--port", "0"], folder: app, waits: false)
        var output = ""
        while let line = start.line() {
            output += "\(line)\n"
            if line.contains("Ctrl-C stops") { break }
        }
        start.send(signal: SIGTERM)
        #expect(await start.end().code == 0)
        compare(output)
    }
}
