import CustomHandler
import DevHost
import EventLoop
import Foundation
import FunctionsModel
import Log
import LoopTesting
import Synchronization
import TestSupport
import Testing

@testable import Toolbox

/// What `luafunc invoke` shows of one run.
struct SingleInvocationTests {
    init() { MainLoopThread.start() }

    private static let http = """
        { "name": "req", "type": "httpTrigger", "methods": ["get", "post"] }, { "name": "res", "type": "http", "direction": "out" }
        """
    private static let queue = """
        { "name": "message", "type": "queueTrigger", "queueName": "q" },
        { "name": "$return", "type": "queue", "direction": "out", "queueName": "r" },
        { "name": "copy", "type": "blob", "direction": "out", "path": "c/{rand-guid}" },
        { "name": "bus", "type": "serviceBus", "direction": "out", "queueName": "b" }
        """

    private func report(
        _ bindings: String, _ handler: String, host: String = "{}", wire: HTTPWire? = nil,
        entries: (@Sendable (LogEntry) -> Void)? = nil,
        given change: (inout FunctionEvent.Parts) throws -> Void = { _ in }
    ) async throws -> RunReport {
        let files = try TemporaryApp([
            "host.json": #"{ "version": "2.0", "customHandler": \#(host) }"#,
            "functions/f/function.json": #"{ "bindings": [ \#(bindings) ] }"#, "functions/f/handler.lua": handler,
        ])
        let app = try AppLoader(.folder(files.folder.path), settings: [:]).load()
        var parts = FunctionEvent.Parts()
        try change(&parts)
        let invocation = try SingleInvocation("f", in: app, parts, recording: nil, wire: wire)
        return await invocation.run(
            on: .main, settings: [:], version: "0", log: entries.map { Logger(receive: $0) } ?? .silent)
    }

    @Test @MainLoop func `the JSON has the outputs as the host decodes them`() async throws {
        let report = try await report(
            Self.queue,
            """
            return function(data)
                print("got", data.message)
                return { ["$return"] = "text", copy = { a = 1 }, bus = "dGVzdA==" }
            end
            """, given: { $0.input = Array("hi".utf8) })
        #expect(
            report.json
                == #"{"Outputs":{"copy":{"a":1},"bus":["dGVzdA=="]},"Logs":["got\thi"],"ReturnValue":"text"}"#
                || report.json
                    == #"{"Outputs":{"copy":{"a":1},"bus":"dGVzdA=="},"Logs":["got\thi"],"ReturnValue":"text"}"#,
            "\(report.json)")
        #expect(!report.failed && report.effectsJSON.hasPrefix(#"{"status":"succeeded","outputs":{"$return":"#))
    }

    @Test(arguments: [
        (HTTPWire.payload, #"{"Outputs":{"res":{"statusCode":201,"#), (.forwarded, #"{"statusCode":201,"#),
        (.proxied, #"{"statusCode":201,"#),
    ])
    @MainLoop func `a response is the same on every wire`(_ wire: HTTPWire, _ beginning: String) async throws {
        let report = try await report(
            Self.http,
            """
            return function(data)
                return { statusCode = 201, headers = { ["x-a"] = "1" }, body = data.req.Method .. "\\0" }
            end
            """, wire: wire, given: { $0.body = Array("x".utf8) })
        #expect(report.json.hasPrefix(beginning), "\(report.json)")
        #expect(report.json.contains(#""body":"POST\u0000""#), "\(report.json)")
        #expect(report.http?.status == 201 && report.http?.body == Array("POST\0".utf8))
    }

    @Test @MainLoop func `a header that comes more than once is a list`() async throws {
        let report = try await report(
            Self.http, #"return function() return { headers = { ["set-cookie"] = { "a=1", "b=2" } } } end"#,
            wire: .forwarded)
        #expect(report.json.contains(#""set-cookie":["a=1","b=2"]"#), "\(report.json)")
    }

    @Test(arguments: [HTTPWire.payload, .forwarded, .proxied])
    @MainLoop func `a failure has its message, its traceback and the lines of the script`(_ wire: HTTPWire) async throws
    {
        let seen = Mutex<[String]>([])
        let report = try await report(
            Self.http,
            """
            local function inner(x)
                return x.a.b
            end
            return function(data)
                print "before"
                return (inner(data.req))
            end
            """, wire: wire,
            entries: { entry in seen.withLock { $0.append("\(entry.level) \(entry.isFailure) \(entry.message)") } })
        let failure = try #require(report.result.failure)
        #expect(failure.message.hasPrefix("functions/f/handler.lua:2: "), "\(failure)")
        #expect(failure.traceback.contains { $0.hasPrefix("functions/f/handler.lua:6:") }, "\(failure)")
        #expect(report.excerpt?.contains(">    2 |     return x.a.b") == true)
        #expect(report.caller?.status == 500 && report.http.map { $0.status } != 200)
        #expect(report.logs == ["before"])
        let all = seen.withLock { $0 }
        try #require(all.count == 2)
        #expect(all[0] == "info false before" && all[1].hasPrefix("error true functions/f/handler.lua:2: "))
    }

    @Test @MainLoop func `a stream that breaks off is a failure`() async throws {
        let report = try await report(
            Self.http,
            #"return function() return { body = function(write) write "one" error "broken" end } end"#, wire: .forwarded
        )
        #expect(report.result.failure?.message.contains("broken") == true)
        #expect(report.result.answer?.isComplete == false && report.http?.body == Array("one".utf8))
    }

    @Test @MainLoop func `functions of several apps run at the same time`() async throws {
        let handler = """
            local task = require "task"
            return function(data) task.sleep(0.01) print(data.message) return data.message end
            """
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let report = try await report(
                        Self.queue, handler, given: { $0.input = Array("m\(number)".utf8) })
                    return report.logs == ["m\(number)"]
                        && report.result.outputs.map(\.messages) == [[Array("m\(number)".utf8)]]
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test @MainLoop func `an unknown function is refused with the nearest name`() async throws {
        let files = try TemporaryApp([
            "functions/order/function.json": TemporaryApp.queueFunction, "functions/order/handler.lua": "return print",
            "functions/bad/function.json": "{",
        ])
        let app = try AppLoader(.folder(files.folder.path), settings: [:]).load()
        func refusal(_ name: String) -> String {
            let error = #expect(throws: SingleInvocation.Refusal.self) {
                try SingleInvocation(name, in: app, .init(), recording: nil, wire: nil)
            }
            return error?.description ?? ""
        }
        #expect(refusal("oder") == "there is no function 'oder' (did you mean 'order'?); there are bad, order")
        #expect(refusal("bad").hasPrefix("functions/bad/function.json"))
    }

    @Test(arguments: [
        ("a\tb\n", "a\tb\n"), (#"{"a":1}"#, "{\n  \"a\": 1\n}"), ("{no", "{no"),
        ("a\0b", "00000000  61 00 62                                        a.b"), ("", ""),
    ])
    func `bytes are shown as text, as indented JSON or in hexadecimal`(_ text: String, _ shown: String) {
        #expect(RunReport.readable(Array(text.utf8)) == shown)
    }
}
