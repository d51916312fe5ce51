import HTTP
import HTTP1
import TestSupport
import Testing

@testable import CustomHandler

/// Responses that a script begins, ends and replaces while its handler runs.
@Suite struct LiveResponseTests {
    private static let stream = "200 text/event-stream"

    @Test func `a response begins with its head, and each piece arrives when it is sent`() async throws {
        let app = try await StreamApp()
        let call = app.call(
            "stream.begin() stream.ask 'go' stream.send 'a' stream.await('go', 60) stream.send 'b' return 'ignored'")
        #expect(await call.next() == Self.stream)
        #expect(await call.next() == "a")
        #expect(try await app.run("return tostring(stream.deliver('go', false, ''))") == "true")
        #expect(await call.rest() == ["b", "end"])
    }

    @Test func `pieces of spawned tasks arrive before the response ends`() async throws {
        let app = try await StreamApp()
        let call = app.call(
            "stream.begin() task.spawn(function() task.sleep(0.001) stream.send 'late' end) stream.send 'early'")
        #expect(await call.rest() == [Self.stream, "early", "late", "end"])
    }

    @Test(arguments: [
        ([String: String](), "false"), (StreamApp.proxying, "true"), (InProcessHandler.forwarding, "false"),
    ])
    func `pieces go out only where the host passes them on`(settings: [String: String], streams: String) async throws {
        let app = try await StreamApp(settings: settings)
        let code = "return { body = tostring(stream.streams()) .. tostring(stream.begin()) }"
        if settings.isEmpty {
            #expect(try await app.invoke(code) == #"{"Outputs":{"res":{"statusCode":200,"body":"falsefalse"}}}"#)
        } else {
            let text = try await app.run("kept.streams = stream.streams() stream.begin() return 'x'")
            #expect(text == (streams == "true" ? "" : "x"))
            #expect(try await app.run("return tostring(kept.streams)") == streams)
        }
        // A caller in this process gets pieces whatever host.json says.
        let call = StreamCallTo(app, "eval", "stream.begin() stream.send 'a'")
        #expect(try await call.events() == ["200", "a", "end"])
    }

    @Test(arguments: [
        "stream.conclude(418, 'text/x', 'over') kept.after = true",
        "pcall(stream.conclude, 418, 'text/x', 'over') kept.after = true",
        "while true do pcall(stream.conclude, 418, 'text/x', 'over') kept.after = true end",
        "coroutine.wrap(function() pcall(function() stream.conclude(418, 'text/x', 'over') end) end)() kept.after = true",
        "task.spawn(stream.conclude, 418, 'text/x', 'over') task.sleep(100) kept.after = true",
        "task.spawn(function() task.sleep(100) end) stream.conclude(418, 'text/x', 'over') kept.after = true",
        "stream.fallback('text/y', 'no') stream.conclude(418, 'text/x', 'over') kept.after = true",
        "local t <close> = setmetatable({}, { __close = function() error 'closing' end }) stream.conclude(418, 'text/x', 'over')",
        "setmetatable({}, { __lt = function() stream.conclude(418, 'text/x', 'over') end }) stream.conclude(418, 'text/x', 'over')",
    ])
    func `conclude ends the invocation wherever it is called`(_ code: String) async throws {
        let app = try await StreamApp()
        #expect(await app.call(code).rest() == ["418 text/x", "over", "end"])
        #expect(await app.call("stream.begin() stream.send 'a' \(code)").rest() == [Self.stream, "a", "over", "end"])
        #expect(try await app.run("return tostring(kept.after)") == "nil")
    }

    @Test(arguments: [
        (
            "res",
            #"{"Outputs":{"res":{"statusCode":418,"headers":{"content-type":"text/x"},"body":"a\"b"}},"Logs":["hi"]}"#
        ),
        (
            "$return",
            #"{"ReturnValue":{"statusCode":418,"headers":{"content-type":"text/x"},"body":"a\"b"},"Logs":["hi"]}"#
        ),
    ])
    func `in a payload, the conclusion is the http output`(output: String, payload: String) async throws {
        let app = try await StreamApp(output: output, settings: [:])
        #expect(try await app.invoke(#"print 'hi' stream.conclude(418, 'text/x', 'a"b')"#) == payload)
        let failed = try await app.invoke(#"print 'hi' stream.fallback('text/x', 'a"b') error 'x'"#)
        #expect(failed.contains(#"{"statusCode":200,"headers":{"content-type":"text/x"},"body":"a\"b"}"#), "\(failed)")
    }

    @Test(arguments: [
        "error 'broken'", "while true do end", "while true do pcall(function() while true do end end) end",
        "task.sleep(1000)", "local t = {} for i = 1, 1e9 do t[i] = { i } end", "task.spawn(error, 'x')", "return print",
        "return nil, 'a message'",
    ])
    func `a failure is answered by the fallback`(_ code: String) async throws {
        // A new app for each call, because a VM that is full is replaced.
        let events = { (code: String) async throws -> [String] in
            let app = try await StreamApp(limits: #""timeLimit": "0.3s", "memoryLimit": "16MB""#)
            defer { withExtendedLifetime(app) {} }
            return await app.call(code).rest()
        }
        let fallback = "stream.fallback('text/x', 'failed') "
        #expect(try await events(fallback + code) == ["200 text/x", "failed", "end"])
        // The returned value of a response that has begun is not sent.
        guard code != "return print" else { return }
        let begun = "stream.begin() stream.send 'a' "
        #expect(try await events(fallback + begun + code) == [Self.stream, "a", "failed", "end"])
        #expect(try await events(fallback + begun + "stream.fallback() " + code) == [Self.stream, "a", "cut"])
    }

    @Test func `a fallback is not sent after a success`() async throws {
        let app = try await StreamApp()
        #expect(await app.call("stream.fallback('text/x', 'failed') return 'ok'").rest().dropFirst() == ["ok", "end"])
    }

    // MARK: Callers

    @Test func `a caller who leaves ends the invocation, unless the script ignores it`() async throws {
        let app = try await StreamApp()
        let code = """
            stream.begin() stream.ask(kept.id) stream.send 'a' kept.ended = false
            local t <close> = setmetatable({}, { __close = function() kept.ended = true end })
            local text = stream.await(kept.id, 60)
            kept.text = text .. tostring(stream.send 'b') task.sleep(0) kept.text = kept.text .. '.'
            """
        for (prefix, id) in [("", "one"), ("stream.ignoreDisconnect() ", "two")] {
            let call = app.call("kept.id = '\(id)' " + prefix + code)
            _ = await call.next()
            #expect(await call.next() == "a")
            call.leave()
            await call.ended()
            if prefix.isEmpty { while try await app.run("return tostring(kept.ended)") == "false" {} }
            let isAwaited = try await app.run("return tostring(stream.deliver('\(id)', false, 'answer'))")
            #expect(isAwaited == (prefix.isEmpty ? "false" : "true"))
            while try await app.run("return tostring(kept.ended)") == "false" {}
        }
        #expect(try await app.run("return kept.text") == "answerfalse.")
    }

    @Test func `a task that waits for room goes on when the caller leaves and the script ignores that`() async throws {
        let app = try await StreamApp()
        let code = """
            stream.ignoreDisconnect() stream.begin()
            for i = 1, 100 do kept.sent = i if stream.send(('x'):rep(10000)) == false then kept.gone = true break end end
            """
        let call = StreamCall(app.workers, "/api/eval", code, reads: false)
        while try await app.run("return tostring(kept.sent)") == "nil" {}
        let sent = try #require(Int(try await app.run("return tostring(kept.sent)")))
        #expect(sent < 20)
        call.leave()
        while try await app.run("return tostring(kept.gone)") == "nil" {}
    }

    @Test func `a handler waits for a caller who does not read`() async throws {
        let app = try await StreamApp()
        let code = "stream.begin() for i = 1, 100 do kept.sent = i stream.send(('x'):rep(10000)) end kept.done = true"
        let call = StreamCall(app.workers, "/api/eval", code, reads: false)
        while try await app.run("return tostring(kept.sent)") == "nil" {}
        #expect(try await app.run("return tostring(kept.done)") == "nil")
        call.read()
        #expect(await call.rest().joined().count == Self.stream.count + 1_000_000 + 3)
    }

    @Test func `a call that is cancelled before it begins, and one to no function, end`() async throws {
        let app = try await StreamApp()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await app.workers.stream(.post, "/api/eval", fields: [:], body: []) { _ in }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        let call = StreamCallTo(app, "missing", "")
        #expect(try await call.events().first == "404")
        await #expect(throws: RequestError.self) {
            try await app.workers.stream(.post, "no target", fields: [:], body: []) { _ in }
        }
    }

    // MARK: Time

    @Test func `what is sent restarts the time, but not beyond the host's limit`() async throws {
        let app = try await StreamApp(limits: #""timeLimit": "0.4s""#, timeout: "00:00:02")
        let call = app.call(
            "stream.begin() for i = 1, 1000 do task.sleep(0.05) stream.send '.' kept.sent = i end kept.done = true")
        let events = await call.rest()
        #expect(events.last == "cut" && events.contains("."))
        #expect(try await app.run("return tostring(kept.done)") == "nil")
    }

    @Test func `a comment keeps a begun response alive`() async throws {
        let app = try await StreamApp()
        let call = app.call("stream.begin() stream.ask 'a' stream.send 'x' stream.await('a', 60)")
        _ = await call.next()
        #expect(await call.next() == "x")
        #expect(await app.streams(\.isTicking))
        await app.streams { $0.tick() }
        #expect(await call.next() == ": keep-alive\n\n")
        try await app.run("stream.deliver('a', false, '')")
        #expect(await call.rest() == ["end"])
        await app.streams { $0.tick() }
        // Nothing is left to keep alive, so no timer is set again.
        #expect(
            await app.streams { streams in
                streams.tick()
                return true
            })
    }

    @Test(arguments: [
        ("stream.send 'x'", "send works only after begin"),
        ("stream.begin() stream.send {}", "string expected, got table"),
        ("stream.conclude(99, 'a', 'b')", "a final HTTP status expected"),
        ("stream.conclude(1e300, 'a', 'b')", "a final HTTP status expected"),
        ("stream.publish 'tool'", "there is no change 'tool'"), ("stream.await('a', 1)", "for which ask was called"),
        ("stream.ask 'a' stream.await('a', 0/0)", "seconds of 0 or more"),
        ("stream.listen('', '', '1')", "table expected"),
    ])
    func `misuse raises`(_ code: String, _ message: String) async throws {
        let app = try await StreamApp()
        let text = try await app.run("kept.error = select(2, pcall(function() \(code) end)) return kept.error")
        let shown = text.isEmpty ? try await app.run("return kept.error") : text
        #expect(shown.contains(message), "\(shown)")
    }
}

/// A call to a function by its name, whatever the wire of host.json.
private struct StreamCallTo {
    let app: StreamApp
    let function: String
    let code: String

    init(_ app: StreamApp, _ function: String, _ code: String) {
        self.app = app
        self.function = function
        self.code = code
    }

    func events() async throws -> [String] {
        var all: [String] = []
        try await app.workers.stream(.post, "/mcp", fields: [:], body: Array(code.utf8), to: function) { event in
            switch event {
            case .head(let status, _): all.append("\(status)")
            case .piece(let bytes): all.append(String(decoding: bytes, as: UTF8.self))
            case .end(let isComplete, _): all.append(isComplete ? "end" : "cut")
            }
        }
        return all
    }
}
