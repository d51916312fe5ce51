import EventLoop
import Foundation
import FunctionsModel
import HTTP
import HTTP1
import JSON
import Log
import LoopTesting
import Lua
import TestSupport

@testable import CustomHandler

/// An app that runs the code it is sent, with the functions with which `mcp` controls a response.
final class StreamApp: Sendable {
    static let proxying = ["AzureFunctionsJobHost__customHandler__enableProxyingHttpRequest": "true"]

    let workers: WorkerGroup
    let files: TemporaryApp
    private let thread: LoopThread
    private let second: EventLoop?

    /// - Parameters:
    ///   - limits: members of `lua` in function.json.
    ///   - settings: app settings; by default the host proxies plain requests.
    ///   - loops: 1 or 2.
    init(
        limits: String = "", output: String = "res", timeout: String = "00:05:00",
        settings: [String: String] = StreamApp.proxying, loops: Int = 1
    ) async throws {
        files = try Self.folder(limits: limits, output: output, timeout: timeout)
        let app = try AppLoader(.folder(files.folder.path), settings: settings).load()
        thread = try LoopThread(named: "streams")
        workers = WorkerGroup(loop: thread.loop)
        workers.install(app, options: InvocationOptions(logger: .silent))
        second = try loops > 1 ? workers.add(1)[0].loop : nil
        for loop in [thread.loop, second].compactMap({ $0 }) { await Self.equip(workers, loop) }
    }

    /// The app's files.
    static func folder(limits: String = "", output: String = "res", timeout: String = "00:05:00") throws -> TemporaryApp
    {
        let function = """
            { "bindings": [ { "name": "req", "type": "httpTrigger" },
                            { "name": "\(output)", "type": "http", "direction": "out" } ], "lua": { \(limits) } }
            """
        let code = """
            local task, kept = require "task", {}
            return function(data)
                local code = "local stream, task, kept = ... " .. data.req.Body
                return assert(load(code))(require("luafunc.mcp").stream, task, kept)
            end
            """
        return try TemporaryApp([
            "host.json": #"{ "version": "2.0", "functionTimeout": "\#(timeout)" }"#,
            "functions/eval/function.json": function, "functions/eval/handler.lua": code,
            "functions/other/function.json": function, "functions/other/handler.lua": code,
        ])
    }

    deinit {
        thread.end { [workers] loop in
            workers.worker(on: loop).close()
            loop[resident: workers] = nil
        }
        second?.submit { [workers, second] in
            guard let second else { return }
            workers.worker(on: second).close()
            second[resident: workers] = nil
            second.stop()
        }
    }

    /// Loads all functions on the loop, and gives their VMs a module `mcp` that is only the functions under test.
    static func equip(_ workers: WorkerGroup, _ loop: EventLoop) async {
        let _: Bool = await workers.ask(loop) { worker, end in
            worker.load(["eval", "other"], limit: nil) { _ in
                for vm in worker.scheduler?.pools.flatMap(\.free) ?? [] {
                    let stack = vm.lua.stack
                    stack.pushTable()
                    StreamFunctions.push(onto: stack, vm.scope)
                    stack.setField("stream" as StaticString, of: -2)
                    vm.scope.modules["mcp"] = stack.reference()
                }
                end(true)
            }
        }
    }

    // MARK: Calls

    /// Sends code to the app, from a caller that gets pieces.
    func call(_ code: String, to function: String = "eval") -> StreamCall {
        StreamCall(workers, "/api/\(function)", code)
    }

    /// The body of the whole response to code.
    @discardableResult
    func run(_ code: String, in function: String = "eval") async throws -> String {
        let response = try await workers.answer(
            .post, "/api/\(function)", fields: [:], body: Array(code.utf8))
        return String(decoding: response.body, as: UTF8.self)
    }

    /// The same on the second loop.
    @discardableResult
    func runOnSecondLoop(_ code: String) async throws -> String {
        let second = second ?? thread.loop
        let reply = try await withCheckedThrowingContinuation { continuation in
            workers.perform(on: second) { worker in
                do throws(RequestError) {
                    let request = try HTTPRequest(method: .post, target: "/api/eval", body: Array(code.utf8))
                    worker.answer(request, to: TestCaller { continuation.resume(returning: $0) })
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
        return reply.text
    }

    /// The response to code that arrives in the host's payload.
    func invoke(_ code: String) async throws -> String {
        let request = JSONText.object([("Body", .text(code))])
        let response = try await workers.answer(
            .post, "/eval", fields: [:], body: Array("{\"Data\":{\"req\":\(request)}}".utf8))
        return String(decoding: response.body, as: UTF8.self)
    }

    /// Runs `body` with what the first loop keeps of streams.
    func streams<Value: Sendable>(_ body: @escaping @Sendable (LoopStreams) -> Value) async -> Value {
        await workers.ask(thread.loop) { worker, end in end(body(worker.streams)) }
    }
}

/// A request of a caller that gets pieces. Its task takes them one after another.
final class StreamCall: Sendable {
    private let task: Task<Void, any Error>
    private let events: AsyncStream<LocalEvent>
    private let gate: AsyncStream<Void>.Continuation

    /// - Parameter reads: whether the caller reads. If not, it begins to with `read`.
    init(_ workers: WorkerGroup, _ target: String, _ code: String, reads: Bool = true) {
        let (events, more) = AsyncStream<LocalEvent>.makeStream()
        let (waits, gate) = AsyncStream<Void>.makeStream()
        self.events = events
        self.gate = gate
        if reads { gate.finish() }
        task = Task {
            defer { more.finish() }
            try await workers.stream(.post, target, fields: [:], body: Array(code.utf8)) { event in
                for await _ in waits {}
                more.yield(event)
            }
        }
    }

    func read() { gate.finish() }

    func leave() { task.cancel() }

    /// Returns when the caller has left, or has got the last event.
    func ended() async { _ = await task.result }

    /// The next event as text: "200 text/event-stream" for the head, the text of a piece, and "end" or "cut" for the
    /// last; nil after that, and for a caller who has left.
    func next() async -> String? {
        var iterator = events.makeAsyncIterator()
        return await iterator.next().map(Self.text)
    }

    /// All further events.
    func rest() async -> [String] {
        var all: [String] = []
        for await event in events { all.append(Self.text(event)) }
        return all
    }

    private static func text(_ event: LocalEvent) -> String {
        switch event {
        case .head(let status, let fields): "\(status) \(fields.first("content-type") ?? "")"
        case .piece(let bytes): String(decoding: bytes, as: UTF8.self)
        case .end(let isComplete, _): isComplete ? "end" : "cut"
        }
    }
}
