import EventLoop
import Foundation
import HTTP
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// Event Grid on this machine: its webhook, and outputs that fire triggers (golden/host/e16).
@Suite struct EventGridTests {
    init() { MainLoopThread.start() }

    private static let event =
        #"{"id":"1","subject":"s","eventType":"T","eventTime":"2026-03-01T10:20:30Z","data":{"a":1},"dataVersion":"1"}"#
    private static let cloudEvent = #"{"specversion":"1.0","id":"2","source":"/s","type":"t","data":{"a":2}}"#

    private static func trigger(_ more: String = "") -> String {
        #"{ "bindings": [ { "name": "event", "type": "eventGridTrigger" \#(more) } ] }"#
    }

    private static func publisher(_ topic: String = "Topic") -> String {
        """
        { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" },
            { "name": "e", "type": "eventGrid", "direction": "out", "topicEndpointUri": "\(topic)" } ] }
        """
    }

    private static let files = [
        "eg/function.json": trigger(), "many/function.json": trigger(#", "cardinality": "many""#),
    ]

    private func withHost(
        _ files: [String: String], auth: Bool = false, _ play: PlayedHandler.Play? = nil,
        _ body: @concurrent (HostInProcess, PlayedHandler, _ port: Int) async throws -> Void
    ) async throws {
        let succeed = await PlayedHandler.answer("{}")
        let handler = try await PlayedHandler(play ?? succeed)
        let host = try await HostInProcess(files, handlerPort: await handler.port) { $0.checksKeys = auth }
        try await host.wait(for: "the handler") { if case .handlerReady = $0 { true } else { false } }
        try await body(host, handler, await host.port)
        try await host.stop()
        await handler.stop()
    }

    private func send(
        _ body: String, to function: String? = "eg", type: String? = "Notification", method: String = "POST",
        port: Int, headers: [String: String] = [:]
    ) throws -> HTTPReply {
        var headers = headers
        headers["aeg-event-type"] = type
        let path = "/runtime/webhooks/eventgrid" + (function.map { "?functionName=\($0)" } ?? "")
        return try RawConnection.request(path, method: method, port: port, headers: headers, body: Array(body.utf8))
    }

    @Test func `each event runs the function once, with the event as an object`() async throws {
        try await withHost(Self.files) { host, handler, port async throws in
            let reply = try send("[\(Self.event),\(Self.cloudEvent)]", port: port)
            #expect(reply.status == 202 && reply.body.isEmpty)
            let bodies = await handler.received.map(\.text).sorted()
            try #require(bodies.count == 2)
            #expect(bodies[0].hasPrefix(#"{"Data":{"event":\#(Self.event)},"Metadata":{"data":{"a":1},"sys":{"#))
            #expect(bodies[1].hasPrefix(#"{"Data":{"event":\#(Self.cloudEvent)},"Metadata":{"data":{"a":2},"sys":{"#))
            #expect(try send(Self.cloudEvent, port: port).status == 202)
            #expect(await handler.received.count == 3)
            #expect(try await host.end(of: "eg").cause == "Event Grid")
        }
    }

    @Test func `a function for many events gets them as one list`() async throws {
        try await withHost(Self.files) { host, handler, port async throws in
            #expect(try send("[\(Self.event),\(Self.event)]", to: "many", port: port).status == 202)
            let body = try #require(await handler.received.first?.text)
            #expect(body.hasPrefix(#"{"Data":{"event":"[{\"id\":\"1\",\"subject\":\"s\","#))
            #expect(body.contains(#""Metadata":{"data":"[{\"a\":1},{\"a\":1}]","sys":{"#))
            #expect(await handler.received.count == 1)
        }
    }

    @Test func `a failed invocation tells Event Grid to send the events again`() async throws {
        let play: PlayedHandler.Play = { _, connection in connection.respond(HTTPResponse(status: 500)) }
        try await withHost(Self.files, play) { host, handler, port async throws in
            let reply = try send("[\(Self.event),\(Self.event)]", port: port)
            #expect(reply.status == 500 && reply.text == "Exception while executing function: Functions.eg")
            #expect(await handler.received.count == 2)
        }
    }

    @Test func `Event Grid's handshakes are answered`() async throws {
        try await withHost(Self.files) { host, handler, port async throws in
            let data = #"{"validationCode":"512d38b6","validationUrl":"https://x"}"#
            for body in [#"[{"id":"1","data":\#(data)}]"#, #"{"data":"{\"validationCode\":\"512d38b6\"}"}"#] {
                let reply = try send(body, type: "SubscriptionValidation", port: port)
                #expect(reply.status == 200 && reply.text == #"{"validationResponse":"512d38b6"}"#)
                #expect(reply.headers["content-type"] == "text/plain; charset=utf-8")
            }
            for (origin, allowed) in [
                ("eventgrid.azure.net", "eventgrid.azure.net"), ("eventgrid.azure.cn", "eventgrid.azure.cn"),
                ("evil.example", "eventgrid.azure.net"),
            ] {
                let reply = try send(
                    "", type: nil, method: "OPTIONS", port: port, headers: ["WebHook-Request-Origin": origin])
                #expect(reply.status == 200 && reply.headers["webhook-allowed-origin"] == allowed)
            }
            #expect(try send("", type: "Unsubscribe", port: port).status == 202)
            #expect(await handler.received.isEmpty)
        }
    }

    @Test(
        arguments: [
            (nil, "Notification", "POST", event, 404, "cannot find function: ''"),
            ("none", "Notification", "POST", event, 404, "cannot find function: 'none'"),
            ("q", "Notification", "POST", event, 404, "cannot find function: 'q'"),
            ("eg", nil, "POST", event, 400, ""), ("eg", "Else", "POST", event, 400, ""),
            ("eg", nil, "GET", "", 400, ""),
            ("eg", "Notification", "PUT", event, 404, ""),
            ("eg", "Notification", "POST", "{", 400, "the body must be an event or a list of events, as JSON\n"),
            ("eg", "Notification", "POST", "5", 400, "the body must be an event or a list of events, as JSON\n"),
            ("eg", "SubscriptionValidation", "POST", "[]", 400, "the event has no data.validationCode\n"),
            ("eg", "Notification", "POST", "[5]", 500, "Exception while executing function: Functions.eg"),
        ] as [(String?, String?, String, String, Int, String)])
    func `other calls of the webhook are refused`(
        _ function: String?, _ type: String?, _ method: String, _ body: String, _ status: Int, _ text: String
    ) async throws {
        let queue = #"{ "bindings": [ { "name": "msg", "type": "queueTrigger", "queueName": "work" } ] }"#
        try await withHost(["eg/function.json": Self.trigger(), "q/function.json": queue]) {
            host, handler, port async throws in
            let reply = try send(body, to: function, type: type, method: method, port: port)
            #expect(reply.status == status && reply.text == text)
            #expect(await handler.received.isEmpty)
        }
    }

    @Test func `with keys the webhook needs its own key, and web pages get nowhere without`() async throws {
        try await withHost(Self.files, auth: true) { host, handler, port async throws in
            let keys = try Keys(file: host.app.folder.path + "/.luafunc/keys.json")
            let reply = try send(Self.event, port: port)
            #expect(reply.status == 401 && reply.headers["www-authenticate"] == "Bearer")
            for (key, status) in [(Keys.Kind.host, 403), (.eventGrid, 202), (.master, 202)] {
                #expect(
                    try send(Self.event, to: "eg&code=\(keys[key])", port: port).status == status, "\(key)")
            }
            #expect(await handler.received.count == 2)
        }
        try await withHost(Self.files) { host, handler, port async throws in
            for headers in [["Origin": "http://evil.example"], ["Sec-Fetch-Site": "cross-site"]] {
                #expect(try send(Self.event, port: port, headers: headers).status == 403)
                #expect(try send("", method: "OPTIONS", port: port, headers: headers).status == 403)
            }
            #expect(await handler.received.isEmpty)
        }
    }

    @Test func `a disabled function gets no events`() async throws {
        let settings = #"{ "Values": { "AzureWebJobs.eg.Disabled": "true" } }"#
        try await withHost(Self.files.merging(["local.settings.json": settings]) { $1 }) { host, _, port async throws in
            #expect(try send(Self.event, port: port).status == 404)
        }
    }

    @Test func `the command in the documentation works as written`() async throws {
        let page = Repository.root.appending(path: "docs/commands.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let start = try #require(text.firstRange(of: #"curl "localhost:7071/runtime"#)).lowerBound
        let end = try #require(text[start...].firstRange(of: "\n```")).lowerBound
        let command = String(text[start..<end]).replacing("localhost:7071", with: "localhost:$PORT")
        try await withHost(["onOrder/function.json": Self.trigger()]) { _, handler, port async throws in
            let process = Process()
            let output = Pipe()
            process.executableURL = Foundation.URL(filePath: "/bin/bash")
            process.arguments = ["-c", String(command.replacing("curl ", with: "curl -s -w '%{http_code}' "))]
            process.environment = ["PORT": "\(port)", "PATH": "/usr/bin:/bin"]
            process.standardOutput = output
            try process.run()
            let answer = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            #expect(String(decoding: answer, as: UTF8.self) == "202")
            let body = try #require(await handler.received.first?.text)
            #expect(body.hasPrefix(#"{"Data":{"event":{"id":"1","subject":"orders/7","#), "\(body)")
        }
    }

    // MARK: Outputs

    /// Answers the function `pub` with this event, and every other with success.
    private static func publishing(_ event: String) -> PlayedHandler.Play {
        { request, connection in
            let isPublisher = request.target == "/pub"
            PlayedHandler.answer(isPublisher ? #"{ "Outputs": { "e": \#(event), "res": {} } }"# : "{}")(
                request, connection)
        }
    }

    @Test func `an output fires every function with an Event Grid trigger`() async throws {
        let files = Self.files.merging(["pub/function.json": Self.publisher()]) { $1 }
        try await withHost(files, Self.publishing(Self.event)) { host, handler, port async throws in
            #expect(try RawConnection.request("/api/pub", port: port).status == 200)
            #expect(try await host.end(of: "pub").outputs == ["Event Grid Topic (eg, many)"])
            #expect(try await host.end(of: "eg").failure == nil)
            #expect(try await host.end(of: "many").failure == nil)
            let body = try #require(await handler.received.first { $0.target == "/eg" }?.text)
            let topic = "/subscriptions/local/providers/Microsoft.EventGrid/topics/Topic"
            let delivered = Self.event.dropLast() + #","topic":"\#(topic)","metadataVersion":"1"}"#
            #expect(body.hasPrefix(#"{"Data":{"event":\#(delivered)},"Metadata":{"data":{"a":1},"sys":{"#), "\(body)")
        }
    }

    @Test func `local settings say which functions a topic fires`() async throws {
        let settings = #"{ "EventGrid": { "Topic": ["many", "none"] } }"#
        let files = Self.files.merging(["pub/function.json": Self.publisher(), "local.settings.json": settings]) { $1 }
        try await withHost(files, Self.publishing("[\(Self.cloudEvent), \(Self.cloudEvent)]")) {
            host, handler, port async throws in
            #expect(try RawConnection.request("/api/pub", port: port).status == 200)
            #expect(try await host.end(of: "pub").outputs == ["Event Grid Topic (many) ×2"])
            try await host.wait(for: "two events") { _ in handler.received.count { $0.target == "/many" } == 2 }
            #expect(await !handler.received.contains { $0.target == "/eg" })
        }
    }

    @Test func `functions that fire one another are stopped`() async throws {
        let both = """
            { "bindings": [ { "name": "event", "type": "eventGridTrigger" },
                { "name": "e", "type": "eventGrid", "direction": "out", "connection": "Topic" } ] }
            """
        let answer = await PlayedHandler.answer(#"{ "Outputs": { "e": \#(Self.event) } }"#)
        let files = ["ping/function.json": both, "pong/function.json": both]
        try await withHost(files, answer) { host, handler, port async throws in
            #expect(try send(Self.event, to: "ping", port: port).status == 202)
            let last =
                "Event Grid Topic (not sent, as functions have fired one another 32 times; in Azure they would go on)"
            try await host.wait(for: "the last event") { event in
                if case .invocationEnded(let end) = event { end.outputs == [last] } else { false }
            }
            #expect(await handler.received.count == 33)
        }
    }

    @Test func `a function does not fire itself unless the settings say so`() async throws {
        let both = """
            { "bindings": [ { "name": "event", "type": "eventGridTrigger" },
                { "name": "e", "type": "eventGrid", "direction": "out", "connection": "Topic" } ] }
            """
        try await withHost(["pub/function.json": both], Self.publishing(Self.event)) { host, _, port async throws in
            #expect(try send(Self.event, to: "pub", port: port).status == 202)
            #expect(try await host.end(of: "pub").outputs == ["Event Grid Topic (no function)"])
        }
    }

    @Test(arguments: [
        (
            #"{"id":"1","subject":"s"}"#,
            #"event 1 has no "eventType": an event needs id, subject, eventType, eventTime"#
        ),
        (#"{"id":1}"#, #"event 1 has no "id""#),
        (
            #"{"specversion":"1.0","id":"1","source":"/s"}"#,
            #"event 1 has no "type": a CloudEvent needs specversion, id"#
        ),
        (#"[\#(event), \#(cloudEvent)]"#, #"event 2 has no "subject""#),
        (#"["x"]"#, "event 1 is not a JSON object"),
    ])
    func `an incomplete event fails the invocation`(_ event: String, _ reason: String) async throws {
        let files = Self.files.merging(["pub/function.json": Self.publisher()]) { $1 }
        try await withHost(files, Self.publishing(event)) { host, handler, port async throws in
            #expect(try RawConnection.request("/api/pub", port: port).status == 500)
            let failure = try #require(try await host.end(of: "pub").failure)
            #expect(failure.hasPrefix("output 'e': \(reason)"), "\(failure)")
            #expect(await handler.received.map(\.target) == ["/pub"])
        }
    }

    @Test func `a failure for an event of a topic is reported, as nobody sends it again`() async throws {
        let files = ["eg/function.json": Self.trigger(), "pub/function.json": Self.publisher()]
        let play: PlayedHandler.Play = { request, connection in
            guard request.target == "/pub" else { return connection.respond(HTTPResponse(status: 500)) }
            Self.publishing(Self.event)(request, connection)
        }
        try await withHost(files, play) { host, _, port async throws in
            _ = try RawConnection.request("/api/pub", port: port)
            try await host.waitForLine(
                containing: "eg failed for an event of Topic: Event Grid would send it again for up to 24 hours")
        }
    }
}
