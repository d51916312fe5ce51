import CustomHandler
import EventLoop
import Foundation
import FunctionsModel
import JSON
import LoopTesting
import TestSupport
import Testing

@testable import Toolbox

@Suite struct AppCheckTests {
    init() { MainLoopThread.start() }

    private static let host =
        #"{ "version": "2.0", "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" } }"#

    @MainLoop private func check(
        _ files: [String: String], loadLimit: Duration = .seconds(5)
    ) async throws -> AppCheck {
        let files = try TemporaryApp(["host.json": Self.host].merging(files) { $1 })
        let app = try AppLoader(.folder(files.folder.path), settings: [:]).load(earlier: HostJSON())
        return await AppCheck(app, on: .main, settings: [:], version: "0", loadLimit: loadLimit)
    }

    private static func function(_ binding: String) -> String {
        "{ \"bindings\": [ { \"name\": \"b\", \(binding) } ] }"
    }

    @Test @MainLoop func `a script that never ends loading is an error that says so`() async throws {
        let check = try await check(
            [
                "f/function.json": Self.function(#""type": "queueTrigger", "queueName": "orders""#),
                "f/handler.lua": "while true do end",
                "g/function.json": Self.function(#""type": "queueTrigger", "queueName": "orders""#),
                "g/handler.lua": "return function() end",
            ], loadLimit: .milliseconds(500))
        let finding = try #require(check.findings.first { $0.file == "f/handler.lua" })
        #expect(finding.severity == .error && finding.rule == .scriptLoad && finding.function == "f")
        #expect(finding.message.contains("the script did not load within 0.5 seconds; move slow work into the handler"))
        #expect(finding.line == 1 && FindingsReport(check).excerpt(of: finding) == ">    1 | while true do end")
        #expect(!finding.message.contains("traceback"), "\(finding)")
        #expect(!check.findings.contains { $0.function == "g" })
    }

    @Test(arguments: [
        ("local function fill(t)\nfor i = 1, 1e9 do t[i] = i end end\nfill {}", 2, "not enough memory"),
        ("local x = 1\nerror({ code = 1 })", 2, "code"),
    ])
    @MainLoop func `a script that fails without naming a line has the line of the innermost call`(
        _ script: String, _ line: Int, _ part: String
    ) async throws {
        let check = try await check([
            "f/function.json":
                #"{ "bindings": [ { "name": "b", "type": "queueTrigger", "queueName": "orders" } ], "lua": { "memoryLimit": "4MB" } }"#,
            "f/handler.lua": script,
        ])
        let finding = try #require(check.findings.first { $0.rule == .scriptLoad })
        #expect(finding.file == "f/handler.lua" && finding.line == line, "\(finding)")
        #expect(finding.message.contains(part) && !finding.message.contains("traceback"), "\(finding)")
        // `check` has no such option.
        #expect(!finding.message.contains("--memory-limit"), "\(finding)")
    }

    @Test(arguments: [
        ("0 0 0 30 2 *", "error", "the schedule never comes"), ("0 0 0 31 4,6 *", "error", "the schedule never comes"),
        ("0 0 0 29 2 *", "", ""), ("* */5 * * * *", "warning", "fires every second"), ("0 */5 * * *", "", ""),
        ("0 0 0 * *", "error", "must be from 1 to 31"), ("0 0 12 * * * *", "error", "has 7 fields"),
        ("24:00:00", "warning", "means 24 days"), ("0 */0 * * * *", "warning", "step below 1"),
    ])
    @MainLoop func `a schedule that never comes, or too often, is reported`(
        _ schedule: String, _ severity: String, _ part: String
    ) async throws {
        let check = try await check([
            "f/function.json": Self.function("\"type\": \"timerTrigger\", \"schedule\": \"\(schedule)\""),
            "f/handler.lua": "return function() end",
        ])
        let found = check.findings.filter { $0.severity != .note }
        #expect(found.map(\.severity.rawValue) == (severity.isEmpty ? [] : [severity]), "\(found)")
        #expect(found.allSatisfy { $0.rule == .schedule && $0.message.contains(part) && $0.column != nil }, "\(found)")
    }

    @Test @MainLoop func `a refused host.json is one finding among others`() async throws {
        let check = try await check([
            "host.json": #"{ "version": "3.0" }"#, "f/function.json": "{",
            "g/function.json": Self.function(#""type": "blobTrigger""#),
            "g/handler.lua": "x = nil .. 1",
        ])
        #expect(
            check.findings.map { "\($0.file):\($0.line ?? 0) \($0.rule.rawValue)" } == [
                "f/function.json:1 json-syntax", "g/function.json:1 missing-property", "g/handler.lua:1 script-load",
                "host.json:1 host-json",
            ], "\(check.findings)")
    }

    // MARK: Formats

    private static let broken = [
        "a,b/function.json": "{}", "f/function.json": "{ \"bindings\": [\n] }", "f/handler.lua": "",
    ]

    @Test @MainLoop func `JSON has all findings and their numbers`() async throws {
        let check = try await check(Self.broken)
        let tree = try JSONTree.parse(FindingsReport(check).json.utf8Span.span.bytes)
        #expect(tree["functions"]?.integer == 2 && tree["errors"]?.integer == Int64(check.count(of: .error)))
        let last = try #require(tree["findings"]?.elements?.last)
        #expect(
            last["file"]?.string == "f/function.json" && last["line"]?.integer == 1 && last["column"]?.integer == 15)
        #expect(last["rule"]?.string == "function-json" && last["severity"]?.string == "error")
        #expect(last["function"]?.string == "f" && last["message"]?.string == "at least one binding must be declared")
    }

    @Test @MainLoop func `GitHub's commands are escaped`() async throws {
        let check = try await check(Self.broken)
        let lines = FindingsReport(check).github(in: "my: app").split(separator: "\n")
        #expect(lines.count == check.findings.count)
        #expect(lines.allSatisfy { $0.hasPrefix("::error file=my%3A app/") })
        #expect(
            lines.contains { $0.contains("file=my%3A app/a%2Cb/function.json") || $0.contains("file=my%3A app/a%2Cb,") }
        )
        #expect(
            lines.contains { $0.contains("f/function.json,line=1,col=15,title=luafunc%3A function-json::at least one") }
        )
    }

    @Test @MainLoop func `GitHub's commands hold no control characters`() async throws {
        let check = try await check([
            "f/function.json": Self.function(#""type": "queueTrigger", "queueName": "orders""#),
            "f/handler.lua": #"error("red\27[31m\n::error file=x::y")"#,
        ])
        let text = FindingsReport(check).github(in: "an\u{1b}[31mapp")
        #expect(text.contains("file=an\\u001b[31mapp/f/handler.lua,line=1"), "\(text)")
        #expect(text.contains("red\\u001b[31m%0A::error file=x::y"), "\(text)")
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 32 || $0 == "\n" }, "\(text)")
    }

    @Test func `every rule is explained in docs/check.md, and no other`() throws {
        let text = try String(contentsOf: Repository.root.appending(path: "docs/check.md"), encoding: .utf8)
        let explained = text.matches(of: #/(?m)^\| `([a-z-]+)` \|/#).map { String($0.1) }
        // A rule may be explained for several kinds of files.
        #expect(Set(explained) == Set(Rule.allCases.map(\.rawValue)))
    }
}
