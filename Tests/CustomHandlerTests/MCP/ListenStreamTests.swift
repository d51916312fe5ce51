import EventLoop
import Foundation
import FunctionsModel
import TestSupport
import Testing

@testable import CustomHandler

/// Listen streams, and the asks that wait for clients' answers.
@Suite struct ListenStreamTests {
    private static let filter = "{ tools = true, uris = { 'a:1', 'b' } }"
    private static func listen(_ id: String = "1", _ filter: String = filter) -> String {
        "kept.ok, kept.why = stream.listen('first ', 'last', '\(id)', \(filter)) "
    }

    private static func event(_ method: String, _ id: String, uri: String? = nil) -> String {
        "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/\(method)\",\"params\":{"
            + (uri.map { "\"uri\":\"\($0)\"," } ?? "")
            + "\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":\(id)}}}\n\n"
    }

    /// A call whose stream has begun.
    private func listener(_ app: StreamApp, _ code: String = listen(), to function: String = "eval") async -> StreamCall
    {
        let call = app.call(code, to: function)
        #expect(await call.next() == "200 text/event-stream")
        #expect(await call.next() == "first ")
        return call
    }

    @Test func `a listen stream reports what it asked for, with its id, from any loop, and ends with its last message`()
        async throws
    {
        let app = try await StreamApp(loops: 2)
        let call = await listener(app)
        let text = await listener(app, Self.listen(#""x""#, "{ prompts = true, resources = true }"))
        let none = await listener(app, Self.listen("3", "{}"))
        // The other function has its own streams.
        let other = await listener(app, Self.listen("2"), to: "other")
        try await app.run("stream.publish 'tools'", in: "other")
        #expect(await other.next() == Self.event("tools/list_changed", "2"))
        try await app.run("stream.publish 'prompts'")
        #expect(await text.next() == Self.event("prompts/list_changed", #""x""#))
        try await app.run("stream.publish 'tools'")
        #expect(await call.next() == Self.event("tools/list_changed", "1"))
        try await app.runOnSecondLoop(
            "stream.publish('updated', 'c') stream.publish('updated', 'b') stream.publish 'resources'")
        #expect(await call.next() == Self.event("resources/updated", "1", uri: "b"))
        #expect(await text.next() == Self.event("resources/list_changed", #""x""#))
        app.workers.endStreams()
        for call in [call, text, none, other] { #expect(await call.rest() == ["last", "end"]) }
        #expect(try await app.run("return tostring(stream.listen('', '', '1', {}))") == "false")
    }

    @Test func `changes between the call of listen and the handler's end are not lost`() async throws {
        let app = try await StreamApp()
        let call = await listener(app, Self.listen() + "stream.publish 'tools' task.sleep(0.001)")
        #expect(await call.next() == Self.event("tools/list_changed", "1"))
        call.leave()
    }

    @Test func `a stream holds no invocation, no VM and no place after its caller has left`() async throws {
        let app = try await StreamApp()
        let call = await listener(app)
        let active = await app.workers.ask(app.workers.loop) { worker, end in end(worker.scheduler?.active ?? -1) }
        #expect(active == 0)
        #expect(await app.streams(\.isTicking))
        await app.streams { $0.tick() }
        #expect(await call.next() == ": keep-alive\n\n")
        call.leave()
        await call.ended()
        while await app.streams(\.all.count) > 0 {}
        try await app.run("stream.publish 'tools'")
    }

    @Test(arguments: [
        "error 'x'", "stream.conclude(200, 'text/x', 'over')", "stream.fallback('text/x', 'over') error 'x'",
    ])
    func `a handler that does not return has no stream`(_ end: String) async throws {
        let app = try await StreamApp()
        let events = await app.call(Self.listen() + end).rest()
        #expect(!events.contains("first ") && events.last == "end")
        #expect(await app.streams(\.all.count) == 0)
    }

    @Test func `a stream goes on after pieces that the handler has sent`() async throws {
        let app = try await StreamApp()
        let call = app.call("stream.begin() stream.send 'piece ' " + Self.listen())
        #expect(await call.next() == "200 text/event-stream")
        #expect(await call.next() == "piece ")
        #expect(await call.next() == "first ")
        app.workers.endStreams()
        #expect(await call.rest() == ["last", "end"])
    }

    @Test func `a stream ends before the host would end the process`() async throws {
        let app = try await StreamApp(limits: #""timeLimit": "60s""#, timeout: "00:00:01")
        #expect(await app.call(Self.listen()).rest() == ["200 text/event-stream", "first ", "last", "end"])
    }

    @Test func `a changed function ends its streams`() async throws {
        let app = try await StreamApp()
        let call = await listener(app)
        let other = await listener(app, to: "other")
        try app.files.write(["functions/eval/handler.lua": "return function() return 'new' end"])
        let newer = try AppLoader(.folder(app.files.folder.path), settings: StreamApp.proxying).load()
        await app.workers.replace(with: newer, changed: ["eval"])
        #expect(await call.rest() == ["last", "end"])
        #expect(try await app.run("") == "new")
        app.workers.endStreams()
        #expect(await other.rest() == ["last", "end"])
    }

    @Test func `a caller who does not read gets each change once`() async throws {
        let app = try await StreamApp()
        // The first message alone fills the room.
        let call = StreamCall(
            app.workers, "/api/eval", "stream.begin() stream.send(('x'):rep(100000)) " + Self.listen(), reads: false)
        while await app.streams(\.all.count) == 0 {}
        try await app.run(
            "for i = 1, 1000 do stream.publish 'tools' stream.publish('updated', 'b') stream.publish('updated', 'a:1') end"
        )
        call.read()
        var text = ""
        while !text.contains("a:1"), let piece = await call.next() { text += piece }
        let parts = text.split(separator: "first ")
        #expect(
            parts.last.map(String.init)
                == Self.event("tools/list_changed", "1") + Self.event("resources/updated", "1", uri: "b")
                + Self.event("resources/updated", "1", uri: "a:1"))
        call.leave()
    }

    @Test func `there are at most 1024 streams and asks, and each place is free again`() async throws {
        let app = try await StreamApp()
        let code = "for i = 1, 1025 do kept.last = stream.ask('id' .. i) if not kept.last then kept.at = i end end "
        #expect(try await app.run(code + "return kept.at") == "1025")
        // The invocation has ended, and its asks with it.
        #expect(await app.streams(\.all.count) == 0)
        let call = app.call(
            "for i = 1, 1023 do stream.ask('id' .. i) end stream.begin() stream.send 'x' stream.await('id1', 60)")
        _ = await call.next()
        #expect(await call.next() == "x")
        let listening = await listener(app)
        let refused = try await app.run(Self.listen() + "return kept.why")
        #expect(refused == "there are too many open streams; at most 1024 are served at once")
        try await app.run("stream.deliver('id1', false, '')")
        #expect(await call.rest() == ["end"])
        listening.leave()
        while await app.streams(\.all.count) > 0 {}
    }

    @Test(arguments: [
        ("('x'):rep(70000)", "'last'", "{}"), ("''", "''", "{ uris = { ('x'):rep(70000) } }"),
        ("''", "''", "{ uris = (function() local t = {} for i = 1, 10000 do t[i] = 'u' .. i end return t end)() }"),
    ])
    func `what a stream keeps is bounded`(first: String, last: String, filter: String) async throws {
        let app = try await StreamApp()
        let text = try await app.run("return select(2, stream.listen(\(first), \(last), '1', \(filter)))")
        #expect(text.contains("at most 64 KB"), "\(text)")
        #expect(await app.streams(\.all.count) == 0)
    }

    @Test func `a stream needs a caller that gets pieces`() async throws {
        let app = try await StreamApp(settings: InProcessHandler.forwarding)
        let text = try await app.run("return select(2, stream.listen('', '', '1', {}))")
        #expect(text == "the response cannot be sent in pieces here")
    }

    // MARK: Asks

    @Test(arguments: [false, true])
    func `an answer reaches the task that waits, from any loop`(isSecond: Bool) async throws {
        let app = try await StreamApp(loops: 2)
        let call = app.call(
            """
            local id, other = stream.newID(), stream.newID()
            kept.id = id assert(#id == 24 and id ~= other and stream.ask(id) and not stream.ask(id) and stream.ask(other))
            stream.begin() stream.send(id)
            local text, isError = stream.await(id, 60)
            stream.send(text .. tostring(isError) .. tostring(stream.await(other, 0)))
            """)
        _ = await call.next()
        let id = try #require(await call.next())
        let code = "return tostring(stream.deliver('\(id)', true, '{\"a\":1}'))"
        #expect(try await (isSecond ? app.runOnSecondLoop(code) : app.run(code)) == "true")
        #expect(await call.rest() == [#"{"a":1}truenil"#, "end"])
        #expect(try await app.run(code) == "false")
    }

    @Test func `an answer that comes before the wait is kept`() async throws {
        let app = try await StreamApp()
        let code = """
            stream.ask 'a' stream.deliver('a', false, 'early') task.sleep(0.001)
            return stream.await('a', 60) .. tostring(pcall(stream.await, 'a', 1))
            """
        #expect(await app.call(code).rest().dropFirst() == ["earlyfalse", "end"])
    }

    @Test(arguments: [
        // The time limit leaves a second for the response.
        ("return tostring(stream.await('a', 60))", "nil"),
        ("return tostring(stream.await('a', 0.001))", "nil"),
        // A task that is cancelled no longer waits, so that another may.
        (
            "local t = task.spawn(stream.await, 'a', 60) task.sleep(0.001) t:cancel() return tostring(stream.await('a', 0.001))",
            "nil"
        ),
        (
            "local t = task.spawn(stream.await, 'a', 0.5) task.sleep(0.001) local _, e = pcall(stream.await, 'a', 60) t:join() return e",
            "another task waits for this answer"
        ),
        (
            "local x = ('x'):rep(1e7) for id in ('bcda'):gmatch '.' do stream.ask(id) stream.deliver(id, false, x) end "
                + "x = nil local text, isError = stream.await('a', 60) return text",
            #"{"code":-32603,"message":"the answer is larger than the function's memory allows"}"#
        ),
    ])
    func `a wait for an answer ends in time`(_ code: String, _ text: String) async throws {
        let app = try await StreamApp(limits: #""timeLimit": "1.5s", "memoryLimit": "32MB""#)
        let events = await app.call("stream.ask 'a' " + code).rest()
        #expect(events.count == 3 && events[1].hasSuffix(text), "\(events)")
        #expect(await app.streams(\.all.count) == 0)
    }

    @Test func `a stop ends waits without an answer`() async throws {
        let app = try await StreamApp()
        let call = app.call(
            "stream.begin() stream.ask 'a' stream.send 'x' stream.send(tostring(stream.await('a', 60)))")
        _ = await call.next()
        #expect(await call.next() == "x")
        app.workers.endStreams()
        #expect(await call.rest() == ["nil", "end"])
    }
}
