import Foundation
import FoundationXML
import JSON
import Testing

@testable import Toolbox

@Suite struct TestReportTests {
    private static let files = [
        TestFileResult(
            file: "functions/order/order_test.lua",
            results: [
                TestResult(
                    file: "functions/order/order_test.lua", name: "takes an order", outcome: .passed,
                    duration: .milliseconds(3)),
                TestResult(
                    file: "functions/order/order_test.lua", name: "refuses #2 \"<&>\" ]]>",
                    outcome: .failed(
                        TestFailure(
                            message: "the tables differ:\n  .a: expected 1, got 2 ]]> \u{1b}[31m",
                            file: "functions/order/order_test.lua", line: 7,
                            traceback: [
                                "functions/order/order_test.lua:7: in function <line 5>", "lib/x.lua:1: in main chunk",
                            ],
                            excerpt: ["      6 | local r = invoke 'order'", ">     7 | expect(r):equals(1)"])),
                    duration: .milliseconds(123), logs: ["  got \u{7} it", "two\nlines"]),
                TestResult(
                    file: "functions/order/order_test.lua", name: "later", outcome: .skipped(reason: "not yet")),
            ], duration: .milliseconds(200), filtered: 2),
        TestFileResult(
            file: "lib/price_test.lua",
            failure: TestFailure(message: "unexpected symbol near 'x'", file: "lib/price_test.lua", line: 1),
            logs: ["before"], duration: .milliseconds(10)),
        TestFileResult(file: "lib/empty_test.lua"),
    ]

    private static func text(_ format: TestFormat, _ files: [TestFileResult] = files) -> String {
        var summary = TestSummary()
        for file in files { summary.add(file) }
        summary.duration = .milliseconds(314)
        var report = format.report { emphasis, text in emphasis == .bad ? "<\(text)>" : text }
        let parts = [report.begin()] + files.map { report.add($0) } + [report.end(summary)]
        return parts.compactMap(\.self).joined(separator: "\n")
    }

    @Test func `text shows files, tests, failures and numbers`() {
        #expect(
            Self.text(.text) == #"""
                functions/order/order_test.lua
                  ✓ takes an order
                  <✗ refuses #2 "<&>" ]]>> (123 ms)
                  - later (skipped: not yet)
                lib/price_test.lua
                  <✗ the file did not run to its end>
                lib/empty_test.lua
                  no tests

                <1) refuses #2 "<&>" ]]>>  functions/order/order_test.lua:7
                   the tables differ:
                     .a: expected 1, got 2 ]]> \u001b[31m

                         6 | local r = invoke 'order'
                   >     7 | expect(r):equals(1)
                   at functions/order/order_test.lua:7: in function <line 5>
                   at lib/x.lua:1: in main chunk

                   printed:
                       got \u0007 it
                     two
                     lines

                <2) lib/price_test.lua>  lib/price_test.lua:1
                   unexpected symbol near 'x'

                   printed:
                     before

                <4 tests in 3 files, 1 passed, 2 failed, 1 skipped, 2 filtered out (0.31 s)>
                """#)
    }

    @Test func `TAP has a diagnostic for each failure, and the plan at its end`() {
        #expect(
            Self.text(.tap) == ##"""
                TAP version 14
                ok 1 - functions/order/order_test.lua: takes an order
                not ok 2 - functions/order/order_test.lua: refuses \#2 "<&>" ]]>
                  ---
                  message: |2-
                    the tables differ:
                      .a: expected 1, got 2 ]]> \u001b[31m
                  file: |2-
                    functions/order/order_test.lua
                  line: 7
                  duration_ms: 123
                  traceback: |2-
                    functions/order/order_test.lua:7: in function <line 5>
                    lib/x.lua:1: in main chunk
                  logs: |2-
                      got \u0007 it
                    two
                    lines
                  ...
                ok 3 - functions/order/order_test.lua: later # SKIP not yet
                not ok 4 - lib/price_test.lua: the file did not run to its end
                  ---
                  message: |2-
                    unexpected symbol near 'x'
                  file: |2-
                    lib/price_test.lua
                  line: 1
                  duration_ms: 10
                  logs: |2-
                    before
                  ...
                1..4
                """##)
        #expect(Self.text(.tap, []) == "TAP version 14\n1..0")
    }

    /// Collects the elements of an XML text.
    private final class Elements: NSObject, XMLParserDelegate {
        var all: [(name: String, attributes: [String: String], text: String)] = []
        private var open: [Int] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            open.append(all.count)
            all.append((name, attributes, ""))
        }

        func parser(_ parser: XMLParser, foundCharacters text: String) {
            if let last = open.last { all[last].text += text }
        }

        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
        ) { open.removeLast() }
    }

    @Test func `JUnit is valid XML with the same content`() throws {
        let text = Self.text(.junit)
        let parser = XMLParser(data: Data(text.utf8))
        let elements = Elements()
        parser.delegate = elements
        try #require(parser.parse(), "\(String(describing: parser.parserError)): \(text)")
        #expect(
            elements.all.map(\.name) == [
                "testsuites", "testsuite", "testcase", "testcase", "failure", "system-out", "testcase", "skipped",
                "testsuite", "testcase", "error", "system-out", "testsuite",
            ])
        #expect(
            elements.all[0].attributes == [
                "name": "luafunc", "tests": "4", "failures": "1", "errors": "1", "skipped": "1", "time": "0.314",
            ])
        #expect(
            elements.all[1].attributes == [
                "name": "functions/order/order_test.lua", "tests": "3", "failures": "1", "errors": "0",
                "skipped": "1", "time": "0.200",
            ])
        #expect(
            elements.all[3].attributes == [
                "name": "refuses #2 \"<&>\" ]]>", "classname": "functions.order.order_test",
                "file": "functions/order/order_test.lua", "time": "0.123",
            ])
        #expect(elements.all[4].attributes == ["message": "the tables differ:", "type": "failure"])
        #expect(elements.all[4].text.hasPrefix("the tables differ:\n  .a: expected 1, got 2 ]]> \\u001b[31m\n"))
        #expect(elements.all[4].text.contains("\nfunctions/order/order_test.lua:7\n"))
        #expect(elements.all[5].text == "  got \\u0007 it\ntwo\nlines")
        #expect(elements.all[7].attributes == ["message": "not yet"])
        #expect(!text.contains("]]>"))
    }

    @Test func `JSON is one object for each test, and one for the numbers`() throws {
        let lines = Self.text(.json).split(separator: "\n").map(String.init)
        #expect(lines.count == 5)
        #expect(
            lines[0]
                == #"{"type":"test","file":"functions/order/order_test.lua","name":"takes an order","outcome":"passed","milliseconds":3}"#
        )
        let failed = try JSONTree.parse(Array(lines[1].utf8).span.bytes)
        #expect(failed["outcome"]?.string == "failed")
        #expect(failed["message"]?.string == "the tables differ:\n  .a: expected 1, got 2 ]]> \u{1b}[31m")
        #expect(failed["failedLine"]?.integer == 7)
        #expect(failed["logs"]?.elements?.count == 2)
        #expect(
            lines[3]
                == #"{"type":"file","file":"lib/price_test.lua","message":"unexpected symbol near 'x'","failedFile":"lib/price_test.lua","failedLine":1,"milliseconds":10,"logs":["before"]}"#
        )
        #expect(
            lines[4]
                == #"{"type":"summary","files":3,"passed":1,"failed":2,"skipped":1,"filtered":2,"milliseconds":314}"#)
    }

    @Test func `files are shown in their order, each as soon as possible`() {
        var order = TestOrder(["a", "b", "c"])
        func add(_ file: String) -> [String] { order.add(TestFileResult(file: file)).map(\.file) }
        #expect(add("b") == [])
        #expect(add("a") == ["a", "b"])
        #expect(add("c") == ["c"])
    }

    @Test func `one test is not a plural`() {
        var summary = TestSummary()
        summary.files = 1
        summary.passed = 1
        #expect(summary.text == "1 test in 1 file, 1 passed (0.00 s)")
    }
}
