import EventLoop
import Foundation
import FunctionsModel
import LoopTesting
import Synchronization
import TestSupport
import Testing

@testable import Toolbox

/// Runs Lua test files in temporary apps.
struct TestRunTests {
    init() { MainLoopThread.start() }

    /// A test file beside the function `order`, and what must come of it.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let code: String
        /// The tests with `ok`, or with a part of the failure's message.
        var results: [(name: String, message: String?)] = [("t", nil)]
        /// A part of the failure of the file itself.
        var failure: String?
        var settings: [String: String] = [:]
        /// Files beside or in place of the usual ones.
        var files: [String: String] = [:]
        var limit = Duration.seconds(20)

        var testDescription: String { name }
    }

    @Test(arguments: cases + misuse + world) @MainLoop func `a test file runs`(_ item: Case) async throws {
        let results = try await Self.run(
            item.files.merging(["functions/order/order_test.lua": item.code]) { $1 }, settings: item.settings,
            limit: item.limit)
        let result = try #require(results.first)
        if let part = item.failure {
            #expect(result.failure?.message.contains(part) == true, "\(String(describing: result.failure))")
        } else {
            #expect(result.failure == nil)
        }
        #expect(result.results.map(\.name) == item.results.map(\.name))
        for (result, wanted) in zip(result.results, item.results) {
            let text: String? =
                switch result.outcome {
                case .passed: nil
                case .failed(let failure): failure.message
                case .skipped(let reason): "skipped: \(reason)"
                }
            if let part = wanted.message {
                #expect(text?.contains(part) == true, "\(result.name): \(text ?? "passed")")
            } else {
                #expect(text == nil, "\(result.name)")
            }
        }
    }

    /// Runs the tests of an app with these files beside the usual ones.
    @MainLoop static func run(
        _ tests: [String: String], settings: [String: String] = [:], limit: Duration = .seconds(20),
        _ change: (inout TestRun.Options) -> Void = { _ in }
    ) async throws -> [TestFileResult] {
        let files = try TemporaryApp(Self.files.merging(tests) { $1 })
        let app = try AppLoader(.folder(files.folder.path), settings: settings).load()
        var options = TestRun.Options()
        options.settings = settings
        options.timeLimit = limit
        options.parallel = 2
        change(&options)
        let found = Mutex<[TestFileResult]>([])
        _ = await TestRun(app, files: try TestFiles.find(in: app, []), options: options).run { result in
            found.withLock { $0.append(result) }
        }
        return found.withLock { $0 }
    }

    @Test @MainLoop func `a stub that fails has the place where it was made, also in a task`() async throws {
        let code = #"""
            local http, task = require "http", require "task"
            test("t", function()
                task.spawn(function()
                    stub.http("https://a.example/", function() end)
                end):join()
                http.get "https://a.example/"
            end)
            """#
        let results = try await Self.run(["functions/order/order_test.lua": code])
        let failure = results.first?.results.first?.failure
        #expect(failure?.message.hasPrefix("the stub's function returned nothing") == true)
        #expect(
            failure?.file == "functions/order/order_test.lua" && failure?.line == 4, "\(String(describing: failure))")
    }

    @Test @MainLoop func `an endless loop fails its test at its line, and the others go on`() async throws {
        let results = try await Self.run(
            [
                "functions/order/order_test.lua": #"""
                test("own", function()
                    while true do end
                end)
                test("handler", function()
                    local r = invoke("order", { body = { what = "loop" } })
                    assert(r.traceback[1]:find("handler.lua"), r.traceback[1])
                    error(r.error)
                end)
                test("stub", function()
                    stub.http("https://a.example/", function() while true do end end)
                    require("http").get("https://a.example/")
                end)
                test("pcall", function()
                    while true do pcall(function() while true do end end) end
                end)
                test("fine", function() end)
                """#
            ], limit: .milliseconds(300))
        let outcomes = try #require(results.first).results
        #expect(outcomes.map(\.name) == ["own", "handler", "stub", "pcall", "fine"])
        for result in outcomes.dropLast() {
            #expect(result.failure?.message.contains("did not end within 0.3 seconds") == true, "\(result)")
        }
        #expect(outcomes[0].failure?.line == 2)
        #expect(outcomes[0].failure?.excerpt.contains { $0.contains("while true do end") } == true)
        #expect(outcomes[4].failure == nil)
    }

    @Test @MainLoop func `files run beside each other in VMs of their own`() async throws {
        var tests: [String: String] = [:]
        for number in 1...30 {
            tests["lib/many/n\(number)_test.lua"] =
                "shared = (shared or 0) + 1\n"
                + #"test("t", function() assert(shared == 1 and invoke("order", { body = { what = "count" } }).response:json().count == 1) require("task").sleep(1000) end)"#
        }
        let results = try await Self.run(tests)
        #expect(results.count == 30)
        #expect(results.allSatisfy { !$0.hasFailed && $0.results.count == 1 })
    }

    @Test @MainLoop func `a filter chooses tests by their names`() async throws {
        let results = try await Self.run(
            ["functions/order/order_test.lua": #"test("one", function() end) test("two", function() error "x" end)"#]
        ) { $0.filter = "one" }
        #expect(results.first?.results.map(\.name) == ["one"])
    }

    @Test(arguments: ["enableForwardingHttpRequest", "enableProxyingHttpRequest"])
    @MainLoop func `an HTTP function gets the caller's own request if host.json says so`(_ wire: String) async throws {
        let results = try await Self.run([
            "host.json": #"{ "version": "2.0", "customHandler": { "\#(wire)": true } }"#,
            "functions/order/order_test.lua": #"""
            test("t", function()
                local r = invoke("order", { body = { what = "hat" }, params = { id = "7" } })
                assert(r.error == nil, r.error)
                assert(r.response.statusCode == 201 and r.response.headers["x-id"] == "7")
                assert(r.response:json().what == "hat")
                r = invoke("order", { body = { what = "log" } })
                assert(#r.logs == 3, #r.logs)
                r = invoke("order", { body = { what = "fail" } })
                assert(r.error:find "no such order" and r.response.statusCode == 500, r.error)
                assert(not r.response.body:find "no such order", r.response.body)
            end)
            """#,
        ])
        #expect(results.first?.results.first?.failure == nil)
        #expect(results.first?.results.count == 1)
    }

    private static let luaunit = "/usr/share/lua/5.4/luaunit.lua"

    @Test(.enabled(if: FileManager.default.fileExists(atPath: luaunit)))
    @MainLoop func `a file of luaunit is one result`() async throws {
        let library = try String(contentsOfFile: Self.luaunit, encoding: .utf8)
        func code(_ total: Int) -> String {
            """
            local lu = require "luaunit"
            TestPrice = {}
            function TestPrice:testTotal() lu.assertEquals(require("price").total(2), \(total)) end
            function TestPrice:testInvoke() lu.assertEquals(invoke("ship", "x").outputs.out, "x!") end
            os.exit(lu.LuaUnit.run())
            """
        }
        let results = try await Self.run([
            "lib/luaunit.lua": library, "lib/a_test.lua": code(4), "lib/b_test.lua": code(5),
        ]).sorted { $0.file < $1.file }
        #expect(results.map { $0.results.map(\.failure?.message) } == [[nil], ["the file ended with os.exit(1)"]])
        #expect(results[1].results[0].logs.contains { $0.contains("expected: 5, actual: 4") })
    }
}
