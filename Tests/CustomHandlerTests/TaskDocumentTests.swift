import Foundation
import JSON
import TestSupport
import Testing

@testable import CustomHandler

/// Runs the examples of docs/tasks.md.
@Suite struct TaskDocumentTests {
    @Test(arguments: [
        ("return { within(10, function(a, b) return a + b, 'x' end, 1, 2) }", #"[3,"x"]"#),
        (
            "return { within(0.02, task.sleep, 60) or 'none', select(3, within(0, task.sleep, 60)) }",
            #"["none","cancelled"]"#
        ),
        ("return { pcall(within, 10, error, 'x', 0) }", #"[false,"x"]"#),
        (
            """
            local most, now = 0, 0
            local results = map({ 1, 2, 3, 4, 5, 6, 7 }, 3, function(n)
                now = now + 1
                most = math.max(most, now)
                task.sleep(0)
                now = now - 1
                return n * n
            end)
            results[#results + 1] = most
            return results
            """, "[1,4,9,16,25,36,49,3]"
        ),
    ])
    func `the examples of the page do what it says`(_ code: String, _ answer: String) async throws {
        let page = try String(contentsOf: Repository.root.appending(path: "docs/tasks.md"), encoding: .utf8)
        let examples = page.split(separator: "```lua\n").dropFirst().compactMap { $0.split(separator: "```").first }
        let functions = examples.filter { $0.contains("local function") }
        #expect(functions.count == 2)
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua":
                "local task = require 'task'\n\(functions.joined())\nreturn function() local r = "
                + "(function() \(code) end)() return { body = r } end",
        ])
        let handler = try await InProcessHandler(root: app.folder.path)
        let reply = try await handler.invoke("f")
        let body = try JSONTree.parse(Array(reply.utf8).span.bytes)["Outputs"]?["res"]?["body"]?.string
        #expect(body == answer, "\(reply)")
    }
}
