import EventLoop
import Foundation
import HTTP
import HTTP1
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// Tests the payloads that the host sends and how it treats the answers.
@Suite struct PayloadTests {
    init() { MainLoopThread.start() }

    private static func function(_ more: String = "") -> String {
        """
        { "bindings": [ { "name": "req", "type": "httpTrigger", "route": "f/{id?}" },
                        { "name": "res", "type": "http", "direction": "out" } \(more) ] }
        """
    }

    private static let answer = #"{ "Outputs": { "res": { "statusCode": 201, "body": "made" } } }"#

    @Test func `a payload comes with the host's own headers, in chunks, and its answer reaches the caller`()
        async throws
    {
        let handler = try await PlayedHandler(PlayedHandler.answer(Self.answer))
        let host = try await HostInProcess(["f/function.json": Self.function()], handlerPort: await handler.port)
        let reply = try await RawConnection.request("/api/f/7?q=1", port: host.port, body: Array("{}".utf8))
        #expect(reply.status == 201 && reply.text == "made")
        let received = try #require(await handler.received.first)
        #expect(received.method == "POST" && received.target == "/f")
        let names = received.fields.map { $0.name.lowercased() }.sorted()
        #expect(
            names == [
                "content-type", "host", "transfer-encoding", "user-agent",
                "x-azure-functions-hostversion", "x-azure-functions-invocationid",
            ])
        #expect(received.fields.first("host") == "127.0.0.1:\(await handler.port)")
        #expect(received.fields.first("transfer-encoding") == "chunked")
        #expect(UUID(uuidString: received.fields.first("x-azure-functions-invocationid") ?? "") != nil)
        #expect(String(decoding: received.body, as: UTF8.self).hasPrefix(#"{"Data":{"req":{"Url":"http://127.0.0.1:"#))
        try await host.stop()
        await handler.stop()
    }

    @Test(arguments: [(302, "GET"), (307, "POST")])
    func `redirects in an answer are followed, even in a loop`(status: Int, method: String) async throws {
        let handler = try await PlayedHandler { request, connection in
            if request.first("x-azure-functions-invocationid") != nil, request.query != "2" {
                let next = request.query == nil ? "?1" : "?2"
                return connection.respond(HTTPResponse(status: status, fields: ["Location": next]))
            }
            PlayedHandler.answer(Self.answer)(request, connection)
        }
        let host = try await HostInProcess(["f/function.json": Self.function()], handlerPort: await handler.port)
        #expect(try await RawConnection.request("/api/f", port: host.port).status == 201)
        #expect(await handler.received.map(\.method) == ["POST", method, method])
        try await host.stop()
        await handler.stop()
    }

    @Test func `an output that cannot be written does not stop the others`() async throws {
        let message = String(repeating: "x", count: 49_153)
        let handler = try await PlayedHandler(
            PlayedHandler.answer(##"{ "Outputs": { "q": ["\##(message)"], "b": "hello", "res": {} } }"##))
        let outputs = """
            , { "name": "q", "type": "queue", "direction": "out", "queueName": "out" }
            , { "name": "b", "type": "blob", "direction": "out", "path": "out/b.txt" }
            """
        let host = try await HostInProcess(["f/function.json": Self.function(outputs)], handlerPort: await handler.port)
        #expect(try await RawConnection.request("/api/f", port: host.port).status == 500)
        let end = try await host.end(of: "f")
        #expect(end.failure?.contains("49153 bytes") == true && end.outputs == ["blob out/b.txt"])
        try await host.stop()
        await handler.stop()
    }

    @Test func `a caller can change only the path and query of Url`() async throws {
        let handler = try await PlayedHandler(PlayedHandler.answer(Self.answer))
        let host = try await HostInProcess(["f/function.json": Self.function()], handlerPort: await handler.port)
        for name in ["x/?admin=1&z=", "x?y", "user@x", "x y", "x:99999", ""] {
            let connection = try await RawConnection(port: host.port)
            connection.send("GET /api/f HTTP/1.1\r\nHost: \(name)\r\n\r\n")
            let status = connection.response()?.status
            if name.isEmpty { #expect(status == 201) } else { #expect(status == 400, "\(name)") }
        }
        let connection = try await RawConnection(port: host.port)
        connection.send("GET http://proxied.example/api/f?q=1 HTTP/1.1\r\nHost: other.example\r\n\r\n")
        #expect(connection.response()?.status == 201)
        let urls = await handler.received.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(urls.count == 2 && urls[1].contains(#""Url":"http://proxied.example/api/f?q=1","#))
        try await host.stop()
        await handler.stop()
    }

    @Test func `a body that is too large gets the real host's answer and never reaches the handler`() async throws {
        let handler = try await PlayedHandler(PlayedHandler.answer(Self.answer))
        for limit in [nil, 10] {
            let host = try await HostInProcess(["f/function.json": Self.function()], handlerPort: await handler.port) {
                if let limit { $0.environment["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"] = "\(limit)" }
            }
            let connection = try await RawConnection(port: host.port)
            connection.send(
                "POST /api/f HTTP/1.1\r\nHost: x\r\nContent-Length: \((limit ?? 104_857_600) + 1)\r\n\r\n")
            let reply = try #require(connection.response())
            #expect(reply.status == 500 && reply.body.isEmpty && reply.headers["connection"] == "close")
            try await host.waitForLine(containing: "the app setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT can allow more")
            try await host.stop()
        }
        #expect(await handler.received.isEmpty)
        await handler.stop()
    }

    @Test func `a message goes through a queue to another function, and to the poison queue when that fails`()
        async throws
    {
        let handler = try await PlayedHandler { request, connection in
            switch request.target {
            case "/f": PlayedHandler.answer(#"{ "Outputs": { "o": "hello", "res": {} } }"#)(request, connection)
            case "/poison": PlayedHandler.answer("{}")(request, connection)
            default: connection.respond(HTTPResponse(status: 500))
            }
        }
        let output = #", { "name": "o", "type": "queue", "queueName": "work", "direction": "out" }"#
        func trigger(_ queue: String) -> String {
            #"{ "bindings": [ { "name": "msg", "type": "queueTrigger", "queueName": "\#(queue)" } ] }"#
        }
        let host = try await HostInProcess(
            [
                "f/function.json": Self.function(output), "take/function.json": trigger("work"),
                "poison/function.json": trigger("work-poison"),
            ], handlerPort: await handler.port)
        #expect(try await RawConnection.request("/api/f", port: host.port).status == 200)
        try await host.waitForLine(
            containing: "Message has reached MaxDequeueCount of 5. Moving message to queue 'work-poison'. Its id is ")
        #expect(try await host.end(of: "poison").failure == nil)
        #expect(await handler.received.map(\.target) == ["/f"] + [String](repeating: "/take", count: 5) + ["/poison"])
        try await host.stop()
        await handler.stop()
    }

    @Test func `a written blob triggers its function with its content`() async throws {
        let handler = try await PlayedHandler(PlayedHandler.answer("{}"))
        let host = try await HostInProcess(
            [
                "b/function.json":
                    #"{ "bindings": [ { "name": "b", "type": "blobTrigger", "path": "inbox/{name}" } ] }"#,
                ".luafunc/blobs/inbox/first.txt": "1",
            ], handlerPort: await handler.port)
        #expect(try await host.end(of: "b").cause == "blob inbox/first.txt")
        try host.app.write([".luafunc/blobs/inbox/second.txt": "2"])
        try await host.wait(for: "the second blob") { event in
            if case .invocationEnded(let end) = event { end.cause == "blob inbox/second.txt" } else { false }
        }
        let payloads = await handler.received.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(payloads.map { $0.prefix { $0 != "}" } } == [#"{"Data":{"b":"MQ==""#, #"{"Data":{"b":"Mg==""#])
        let modified = try #require(payloads[0].firstMatch(of: /"LastModified":"([^"]*)"/))
        #expect(modified.1.count == 25 && modified.1.hasSuffix("+00:00"), "\(modified.1)")
        try await host.stop()
        await handler.stop()
    }
}
