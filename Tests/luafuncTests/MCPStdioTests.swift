import Foundation
import JSON
import TestSupport
import Testing

/// `luafunc mcp stdio`, as a client that starts programs uses it.
@Suite struct MCPStdioTests {
    private static let handler = #"""
        local mcp, task = require "mcp", require "task"
        print "loading"
        return mcp.server {
          name = "local", version = "1.0",
          tools = {
            echo = {
              input = { text = mcp.string() },
              run = function(arguments) print "called" io.stderr:write "aside" return arguments.text end,
            },
            waits = {
              run = function(_, call)
                call:progress(1)
                while not call.cancelled do task.sleep(0.01) end
                print "waits has ended"
              end,
            },
          },
        }
        """#

    private let app: TemporaryApp

    init() throws { app = try TemporaryApp(MCPCommandTests.files) }

    private func server(_ words: [String] = [], _ handler: String = handler) throws -> LuafuncProcess {
        try app.write(["functions/mcp/handler.lua": handler])
        return try LuafuncProcess(["mcp", "stdio", "--app", app.folder.path] + words, waits: false)
    }

    private static let meta = #"""
        "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"p","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}
        """#.trimmingCharacters(in: .whitespacesAndNewlines)

    private func call(_ id: Int, _ tool: String, _ arguments: String = "{}", more: String = "") -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"\#(tool)","arguments":\#(arguments)\#(more)}}"#
    }

    @Test func `the answers are whole lines, and nothing else is on standard output`() async throws {
        let server = try server()
        // DEL and C1 are allowed in JSON, and must arrive as they are.
        let text = "a\u{7f}\u{9b}é\u{2028}"
        server.write(call(1, "echo", #"{"text":"\#(text)"}"#, more: "," + Self.meta) + "\n")
        let first = try #require(server.line())
        let answer = try JSONTree.parse(first.utf8Span.span.bytes)
        #expect(answer["id"]?.integer == 1, "\(first)")
        #expect(answer["result"]?["content"]?.elements?.first?["text"]?.string == text, "\(first)")
        // A bad line, a blank one, one that is too long, and one in two pieces.
        server.write("{\"jsonrpc\":\n\n\r\n")
        server.write(String(repeating: "x", count: 5 << 20) + "\n")
        #expect(try #require(server.line()).contains(#""id":null,"error":{"code":-32600"#))
        let second = call(2, "echo", #"{"text":"two"}"#, more: "," + Self.meta)
        server.write(String(second.prefix(40)))
        server.write(second.dropFirst(40) + "\r\n")
        #expect(try #require(server.line()).contains(#""id":2"#))
        // The last line needs no end, and is answered although the input has ended.
        server.write(call(3, "echo", #"{"text":"three"}"#, more: "," + Self.meta))
        server.endInput()
        let end = await server.end()
        #expect(
            end.code == 0 && end.output.contains(#""id":3"#) && end.output.split(separator: "\n").count == 1, "\(end)")
        #expect(end.errors.contains("loading") && end.errors.contains("called"), "\(end)")
    }

    @Test(arguments: [true, false])
    func `requests run in parallel, and a client cancels one of them`(isModern: Bool) async throws {
        let server = try server()
        let meta = isModern ? Self.meta.dropLast() + #","progressToken":7}"# : #""_meta":{"progressToken":7}"#
        if !isModern {
            server.write(
                #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"p","version":"1"}}}"#
                    + "\n")
            #expect(try #require(server.line()).contains(#""protocolVersion":"2025-11-25""#))
        }
        server.write(call(1, "waits", more: ",\(meta)") + "\n")
        #expect(try #require(server.line()).contains("notifications/progress"))
        server.write(call(2, "echo", #"{"text":"meanwhile"}"#, more: ",\(meta)") + "\n")
        #expect(try #require(server.line()).contains("meanwhile"))
        server.write(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"# + "\n")
        server.endInput()
        let end = await server.end()
        #expect(end.code == 0 && end.output.isEmpty, "\(end)")
    }

    @Test func `the server ends when nobody reads its answers`() async throws {
        let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
        let line = """
            (while echo '\(ping)'; do :; done) | '\(Repository.luafunc.path)' mcp stdio | head -n 1
            """
        let end = try await LuafuncProcess(
            ["-c", line], folder: app.folder, program: URL(filePath: "/bin/bash"), waits: false
        ).end()
        #expect(end.code == 0 && end.output == #"{"jsonrpc":"2.0","id":1,"result":{}}"# + "\n", "\(end)")
    }

    @Test(arguments: [
        ("return nowhere.at.all", [], "handler.lua:1"),
        ("return function() return 'page' end", [], "does not answer as"),
        (handler, ["other"], "there is no HTTP function 'other'"),
    ])
    func `an app without a server has code 65 and a reason`(
        handler: String, words: [String], reason: String
    ) async throws {
        let end = try await server(words, handler).end()
        #expect(end.code == 65 && end.errors.contains(reason) && end.output.isEmpty, "\(end)")
    }

    /// The recorded exchanges that need no feature of the recorded server: their answers have these members.
    @Test func `the recorded exchanges have the same ids and codes`() async throws {
        let file = Repository.root.appending(path: "Tests/Golden/mcp/stdio.jsonl")
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().map {
            try JSONTree.parse(String($0).utf8Span.span.bytes)
        }
        var server: LuafuncProcess?
        var compared = 0
        for row in rows {
            if row["request"]?["eof"] != nil {
                server?.endInput()
                #expect(await server?.end().code == 0)
                server = nil
                continue
            }
            let lines = row["request"]?["lines"]?.elements ?? []
            let answers = row["response"]?["lines"]?.elements ?? []
            let method = lines.first?["method"]?.string
            // Tools and lists are those of the recorded server.
            if method == "tools/call" || method == "subscriptions/listen" || lines.count > 1 { continue }
            if method == "notifications/cancelled" { continue }
            // The recorded server serves an unknown revision, which the protocol refuses (mcp-contract §12).
            if row["step"]?.string == "4 bad-version" { continue }
            let running = try server ?? self.server()
            server = running
            running.write(lines.map { ($0.string ?? $0.text) + "\n" }.joined())
            for answer in answers {
                let line = try #require(running.line(), "\(row["step"]?.string ?? "")")
                let ours = try JSONTree.parse(line.utf8Span.span.bytes)
                let step = "\(row["scenario"]?.string ?? "") \(row["step"]?.string ?? ""): \(line)"
                #expect(ours["id"] == answer["id"], "\(step)")
                // A server without prompts does not know their list.
                if method == "prompts/list" { continue }
                #expect(ours["error"]?["code"] == answer["error"]?["code"], "\(step)")
                #expect((ours["result"] == nil) == (answer["result"] == nil), "\(step)")
                compared += 1
            }
        }
        #expect(compared >= 15, "\(compared)")
    }
}
