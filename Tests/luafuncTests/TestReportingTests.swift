import Foundation
import TestSupport
import Testing

/// The results of `luafunc test`, as a developer sees them.
@Suite struct TestReportingTests {
    private static let files = [
        "functions/order/function.json": TemporaryApp.httpFunction,
        "functions/order/handler.lua": """
        local M = require "price"
        return function(data)
          if data.req.Query.free then
            return { body = "0" }
          end
          print("priced")
          return { body = M.of(6) }
        end
        """,
        "functions/order/order_test.lua": """
        test("has a price", function()
          expect(invoke("order").response.body):equals "12"
        end)
        """,
        "lib/price.lua":
            "local M = {}\nfunction M.of(n) return tostring(n * 2) end\nfunction M.never()\n  return 1\nend\nreturn M",
        "lib/unused.lua": "local a = 1\nreturn a",
        "lib/bad_test.lua": """
        test("fails", function()
          print "about to fail"
          expect({ a = 1 }):equals { a = 2 }
        end)
        test("later", function() skip "not yet" end)
        """,
    ]

    private func run(
        _ arguments: [String], in files: [String: String] = files, folder: String? = nil
    ) async throws -> (code: Int32, output: String, errors: String) {
        let app = try TemporaryApp(files)
        let process = try LuafuncProcess(
            ["test", "--app", folder ?? app.folder.path] + arguments, folder: app.folder, waits: false)
        let end = await process.end()
        let time = #/\(\d+\.\d\d s\)/#
        return (
            end.code, end.output.replacing(time, with: "(T s)"),
            end.errors.replacing(app.folder.path, with: "APP")
        )
    }

    @Test func `text shows a tree, the failures and the numbers`() async throws {
        let end = try await run([])
        #expect(end.errors == "")
        #expect(
            end.output == """
                functions/order/order_test.lua
                  ✓ has a price
                lib/bad_test.lua
                  ✗ fails
                  - later (skipped: not yet)

                1) fails  lib/bad_test.lua:3
                   the tables differ:
                     .a: expected 2, got 1
                   expected { a = 2 }
                   got      { a = 1 }

                        1 | test("fails", function()
                        2 |   print "about to fail"
                   >    3 |   expect({ a = 1 }):equals { a = 2 }
                        4 | end)
                        5 | test("later", function() skip "not yet" end)

                   printed:
                     about to fail

                3 tests in 2 files, 1 passed, 1 failed, 1 skipped (T s)

                """)
        #expect(end.code == 1)
    }

    @Test func `a terminal has colours`() throws {
        let app = try TemporaryApp(Self.files)
        let terminal = try PseudoTerminal(["test", "order"], folder: app.folder)
        #expect(terminal.finish() == 0)
        #expect(
            terminal.shown.contains(
                "\u{1b}[1mfunctions/order/order_test.lua\u{1b}[0m\n  \u{1b}[32m✓\u{1b}[0m has a price\n"))
    }

    @Test func `other formats have nothing else on stdout`() async throws {
        let tap = try await run(["--format", "tap", "--coverage"])
        #expect(tap.output.hasPrefix("TAP version 14\nok 1 - functions/order/order_test.lua: has a price\nnot ok 2 - "))
        #expect(tap.output.hasSuffix("\nok 3 - lib/bad_test.lua: later # SKIP not yet\n1..3\n"))
        #expect(tap.errors.contains("all files"))
        let junit = try await run(["--format", "junit"])
        #expect(junit.output.hasPrefix("<?xml"))
        #expect(junit.output.hasSuffix("</testsuites>\n"))
        let json = try await run(["--format", "json", "order"])
        #expect(json.output.split(separator: "\n").allSatisfy { $0.hasPrefix(#"{"type":""#) && $0.hasSuffix("}") })
        #expect(json.code == 0)
    }

    @Test func `coverage counts files that no test loads, and functions that were never made`() async throws {
        let app = try TemporaryApp([:])
        let file = app.folder.appending(path: "coverage.info").path
        let end = try await run(["order", "--coverage", "--lcov", file, "--coverage-min", "64"])
        let table = end.output.split(separator: "\n").drop { !$0.hasPrefix("file ") }.joined(separator: "\n")
        #expect(
            table == """
                file                          lines  covered       %  missing
                functions/order/handler.lua       6        5    83.3  4
                lib/price.lua                     6        5    83.3  4
                lib/unused.lua                    2        0     0.0  1-2
                all files                        14       10    71.4
                """)
        #expect(end.code == 0)
        let lcov = try String(contentsOfFile: file, encoding: .utf8)
        #expect(lcov.contains("SF:lib/unused.lua\nDA:1,0\nDA:2,0\nLF:2\nLH:0\nend_of_record\n"))
        let less = try await run(["order", "--coverage-min", "72"])
        #expect(less.code == 1)
        #expect(less.errors == "luafunc: 71.4 % of the lines have run, less than 72 %\n")
        let unwritable = try await run(["order", "--lcov", "/proc/none/coverage.info"])
        #expect(unwritable.code == 1)
        #expect(unwritable.errors.hasPrefix("luafunc: /proc/none/coverage.info cannot be written"))
    }

    @Test func `a filter chooses tests by their names`() async throws {
        let one = try await run(["--filter", "price"])
        #expect(one.output.hasSuffix("1 test in 2 files, 1 passed, 2 filtered out (T s)\n"))
        #expect(!one.output.contains("bad_test"))
        #expect(one.code == 0)
        let none = try await run(["--filter", "prize"])
        #expect(none.errors == "luafunc: none of the 3 tests has 'prize' in its name\n")
        #expect(none.code == 1)
    }

    @Test func `what cannot be tested is explained`() async throws {
        let missing = try await run([], folder: "/nowhere")
        #expect(missing.code == 65)
        #expect(missing.errors.hasPrefix("luafunc: "))
        let bad = try await run([], in: ["host.json": "{"])
        #expect(bad.code == 65)
        let empty = try await run([], in: ["functions/f/function.json": TemporaryApp.queueFunction])
        #expect(empty.errors.contains("has no tests; write test("))
        let word = try await run(["ordr"])
        #expect(word.code == 64)
        #expect(word.errors.contains("order"))
    }

    @Test func `watch runs the tests at each save, until a signal`() async throws {
        let app = try TemporaryApp(Self.files)
        let process = try LuafuncProcess(["test", "--watch", "order", "--app", app.folder.path], waits: false)
        #expect(process.waitForLine(containing: "1 test in 1 file, 1 passed"))
        #expect(process.waitForLine(containing: "waiting for a save"))
        try app.write(["lib/price.lua": "return { of = function(n) return tostring(n * 3) end }"])
        #expect(process.waitForLine(containing: #"expected "12", got "18""#))
        #expect(process.waitForLine(containing: "1 test in 1 file, 0 passed, 1 failed"))
        #expect(process.waitForLine(containing: "waiting for a save"))
        try app.write(["host.json": "{"])
        #expect(process.waitForErrorLine(containing: "host.json"))
        #expect(process.waitForLine(containing: "waiting for a save"))
        try app.write([
            "host.json": #"{ "version": "2.0" }"#,
            "functions/order/order_test.lua":
                "test('new', function() expect(invoke('order').response.body):equals '18' end)",
        ])
        #expect(process.waitForLine(containing: "✓ new"))
        process.send(signal: SIGINT)
        #expect(await process.end().code == 0)
    }
}
