import EventLoop
import Foundation
import FunctionsModel
import HTTP
import HTTP1
import JSON
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// Runs without a server are the host's: the same payloads, the same requests, the same judgement.
@Suite struct FunctionRunTests {
    init() { MainLoopThread.start() }

    private static let functions = [
        "http": """
        { "name": "req", "type": "httpTrigger", "methods": ["put"], "route": "items/{id:int}/{note?}" },
        { "name": "res", "type": "http", "direction": "out" }, { "name": "q", "type": "queue", "direction": "out", "queueName": "out" }
        """,
        "queue": #"{ "name": "v", "type": "queueTrigger", "queueName": "work" }"#,
        "bus": #"{ "name": "v", "type": "serviceBusTrigger", "queueName": "bus" }"#,
        "buses": #"{ "name": "v", "type": "serviceBusTrigger", "queueName": "buses", "cardinality": "many" }"#,
        "hub": #"{ "name": "v", "type": "eventHubTrigger", "eventHubName": "hub" }"#,
        "hubs":
            #"{ "name": "v", "type": "eventHubTrigger", "eventHubName": "hubs", "cardinality": "many", "dataType": "binary" }"#,
        "blob": #"{ "name": "v", "type": "blobTrigger", "path": "inbox/{name}.{ext}" }"#,
        "timer": #"{ "name": "v", "type": "timerTrigger", "schedule": "0 0 0 1 1 *", "runOnStartup": true }"#,
        "docs": #"{ "name": "v", "type": "cosmosDBTrigger", "databaseName": "d", "containerName": "c" }"#,
        "grid": #"{ "name": "v", "type": "eventGridTrigger" }"#,
        "grids": #"{ "name": "v", "type": "eventGridTrigger", "cardinality": "many" }"#,
        "kafka": #"{ "name": "v", "type": "kafkaTrigger" }"#,
        "warmup": #"{ "name": "v", "type": "warmupTrigger" }"#,
    ]

    private static let event = """
        { "id": "a", "topic": "t", "subject": "s", "eventType": "T", "eventTime": "2026-03-01T10:20:30Z", \
        "data": { "id": "sample" }, "dataVersion": "1", "metadataVersion": "1" }
        """
    private static let document =
        #"[{"id":"a","_rid":"a","_self":"s","_etag":"\"e\"","_attachments":"a","_ts":1700000000,"_lsn":1}]"#

    @Test func `a sample has everything that a real event has, for every trigger`() async throws {
        let handler = try await PlayedHandler(PlayedHandler.answer("{}"))
        var files: [String: String] = [".luafunc/blobs/inbox/a.txt": "sample"]
        for (name, bindings) in Self.functions { files["\(name)/function.json"] = #"{ "bindings": [ \#(bindings) ] }"# }
        let host = try await HostInProcess(files, handlerPort: await handler.port)
        let port = await host.port
        let message = Array(#"{"id":"sample"}"#.utf8)
        try await EventLoop.main.task { @MainLoop in
            let storage = try host.storage
            _ = try storage.queues.send(message, to: "work")
            for queue in ["bus", "buses"] { _ = try storage.serviceBus.send(message, to: queue) }
            for hub in ["hub", "hubs"] { _ = try storage.eventHubs.send(message, to: hub) }
            storage.wake()
        }.value
        let json = ["Content-Type": "application/json"]
        _ = try RawConnection.request("/api/items/7/x", method: "PUT", port: port, headers: json, body: message)
        for (name, input) in [("docs", Self.document), ("kafka", #"{"id":"sample"}"#)] {
            let body = JSONText.object([("input", .text(input))])
            _ = try RawConnection.request(
                "/admin/functions/\(name)", method: "POST", port: port, headers: json, body: Array(body.utf8))
        }
        for name in ["grid", "grids"] {
            _ = try RawConnection.request(
                "/runtime/webhooks/eventgrid?functionName=\(name)", method: "POST", port: port,
                headers: ["aeg-event-type": "Notification"], body: Array(Self.event.utf8))
        }
        try await host.wait(forEnds: Self.functions.count)
        let app = try RunApp(Self.functions)
        let received = await handler.received
        for name in Self.functions.keys.sorted() {
            let real = try #require(received.first { $0.target == "/\(name)" }, "\(name)")
            var expected = try JSONTree.parse(real.body.span.bytes)
            // A run by hand has the text once more, as the trigger's own name.
            if ["docs", "kafka"].contains(name) { expected = expected.without("v") }
            let sample = try await app.payload(name).shape
            #expect(sample == expected.shape, "\(name)")
        }
        try await host.stop()
        await handler.stop()
    }

    @Test(arguments: [HTTPWire.forwarded, .proxied, .named])
    func `a caller's own request arrives as the host passes it on`(_ wire: HTTPWire) async throws {
        let options =
            switch wire {
            case .proxied: #", "enableProxyingHttpRequest": true"#
            default: #", "enableForwardingHttpRequest": true"#
            }
        let bindings =
            #"{ "name": "req", "type": "httpTrigger", "route": "items/{id}" }, { "name": "res", "type": "http", "direction": "out" }"#
        let handler = try await PlayedHandler(PlayedHandler.answer(#"{"ok":true}"#))
        let target = "/api/items/%41%20b?a=1&a=2&code=x"
        let headers = ["X-A": "1", "Content-Type": "text/plain", "Content-Language": "de"]
        var real: PlayedHandler.Received?
        if wire != .named {
            let host = try await HostInProcess(
                ["f/function.json": #"{ "bindings": [ \#(bindings) ] }"#], handlerPort: await handler.port,
                options: options)
            _ = try RawConnection.request(
                target, method: "POST", port: await host.port, headers: headers, body: Array("body".utf8))
            real = await handler.received.first
            #expect(real != nil)
            try await host.stop()
        }
        let app = try RunApp(["f": bindings])
        var run = FunctionRun(of: try app.function("f"), in: app.app.serving(wire))
        run.storage = nil
        let event = FunctionEvent.request(
            CallerRequest(
                method: .post, target: target, fields: HTTPFields(headers.map { ($0.key, $0.value) }),
                body: Array("body".utf8)))
        let result = await run.run(event, through: SameAnswer(#"{"ok":true}"#))
        let sent = try #require(result.sent)
        #expect(result.http?.status == 200 && result.http?.body == Array(#"{"ok":true}"#.utf8))
        if let real {
            func lines(_ fields: HTTPFields) -> [String] {
                let own = [
                    "x-azure-functions-invocationid", "x-ms-invocation-id", "host", "x-forwarded-host", "connection",
                ]
                return fields.map { ("\($0.name.lowercased())", $0.value) }.filter { !own.contains($0.0) }
                    .map { "\($0.0): \($0.1)" }.sorted()
            }
            #expect(sent.target == real.target && sent.method.text == real.method && sent.body == real.body)
            #expect(lines(sent.fields) == lines(real.fields))
        } else {
            #expect(sent.target == "/f?a=1,2&code=x")
        }
        await handler.stop()
    }

    @Test func `inputs are those that are given, else those in the folder of start, else nothing`() async throws {
        let app = try RunApp([
            "f": """
            { "name": "v", "type": "queueTrigger", "queueName": "work" },
            { "name": "b", "type": "blob", "direction": "in", "path": "docs/{id}.txt" },
            { "name": "c", "type": "cosmosDB", "direction": "in", "sqlQuery": "select" }
            """
        ])
        func data(_ change: (inout FunctionRun) -> Void) async throws -> String {
            let result = try await app.run("f", nil, SameAnswer(), change)
            let body = result.sent?.body ?? []
            let payload = try JSONTree.parse(body.span.bytes)
            return ["b", "c"].map { payload["Data"]?[$0]?.string ?? "" }.joined(separator: " ")
        }
        try app.files.write([".luafunc/blobs/docs/sample.txt": "stored"])
        let storage = app.files.folder.appending(path: ".luafunc").path
        // The lock of a running `start` does not matter, and its unfinished files stay.
        let lock = try FolderLock(storage)
        try app.files.write([".luafunc/blobs/.unfinished/x": "half"])
        #expect(try await data { _ in } == "null []")
        #expect(try await data { $0.storage = storage } == #""stored" []"#)
        #expect(
            try await data { run in
                run.storage = storage
                run.inputs = [
                    "b": .bytes(Array("given".utf8)), "c": .json(.array([.record([("id", .string("1"))])])),
                ]
            } == #""given" [{"id":"1"}]"#)
        #expect(FileManager.default.fileExists(atPath: "\(storage)/blobs/.unfinished/x"))
        withExtendedLifetime(lock) {}
    }

    @Test func `an answer is judged as the host judges it`() async throws {
        let app = try RunApp([
            "f": """
            { "name": "v", "type": "queueTrigger", "queueName": "work" },
            { "name": "$return", "type": "queue", "direction": "out", "queueName": "results" }
            """
        ])
        let fine = try await app.run("f", nil, SameAnswer(#"{"Logs":["one"],"ReturnValue":"aGk="}"#))
        #expect(fine.failure == nil && fine.logs == ["one"] && fine.outputs.map(\.messages) == [[Array("hi".utf8)]])
        let accident = try await app.run("f", nil, SameAnswer(#"{"ReturnValue":"test"}"#))
        #expect(accident.warnings.first?.contains("base64") == true, "\(accident.warnings)")
        let text = try await app.run("f", nil, SameAnswer("no JSON"))
        #expect(text.failure?.message.hasPrefix("Invalid HttpResponseMessage: the answer is not JSON") == true)
        let empty = try await app.run("f", nil, SameAnswer(""))
        #expect(empty.failure?.message.contains("empty") == true)
    }

    @Test(arguments: [
        ("items/{id}", "/api/items/sample"), ("items/{id:int}", "/api/items/1"),
        ("{a:guid}/{b:bool}", "/api/11111111-1111-1111-1111-111111111111/true"),
        ("{n:range(5,9)}", "/api/5"), ("{n:length(3)}", "/api/aaa"), ("{n:int:length(3)}", "/api/111"),
        ("{d:datetime}/{e:double}", "/api/2026-01-01/1"), ("{name}.{ext}", "/api/sample.sample"),
        ("a b/{x?}", "/api/a%20b/sample"), ("files/{*rest}", "/api/files/sample"),
        ("{x:regex(^[0-9]{{3}}$)}", "/api/123"), ("{f:file}", "/api/sample.txt"), ("v={v:alpha}", "/api/v=sample"),
    ])
    func `the path of a sample meets the constraints of the route`(_ route: String, _ path: String) async throws {
        let app = try RunApp([
            "f": #"""
            { "name": "req", "type": "httpTrigger", "route": "\#(route)" }, { "name": "res", "type": "http", "direction": "out" }
            """#
        ])
        let payload = try await app.payload("f")
        #expect(payload["Data"]?["req"]?["Url"]?.string == "http://localhost:7071" + path)
        #expect(payload["Data"]?["req"]?["Method"]?.string == "GET")
    }

    @Test func `parts of a sample may be given`() async throws {
        let http = """
            { "name": "req", "type": "httpTrigger", "methods": ["delete", "post", "get"], "route": "i/{id:int}" },
            { "name": "res", "type": "http", "direction": "out" }
            """
        let app = try RunApp([
            "f": http,
            "other": #"{ "name": "v", "type": "queueTrigger", "queueName": "work" }, "# + """
                { "name": "o", "type": "blob", "direction": "out", "path": "docs/{order}/{customer.name}.txt" }
                """,
        ])
        let given = try await app.payload("f") { parts in
            parts.parameters = ["id": "7"]
            parts.query = "a=1"
            try parts.addHeader("X-A: b c")
            parts.body = Array("text".utf8)
        }["Data"]?["req"]
        #expect(given?["Url"]?.string == "http://localhost:7071/api/i/7?a=1" && given?["Method"]?.string == "POST")
        #expect(given?["Headers"]?["X-A"]?.text == #"["b c"]"# && given?["Body"]?.string == "text")
        #expect(try await app.payload("f")["Data"]?["req"]?["Method"]?.string == "GET")
        // A message has the members that expressions of outputs need.
        #expect(
            try await app.payload("other")["Data"]?["v"]?.string
                == #""{\"order\":\"sample\",\"customer\":{\"name\":\"sample\"}}""#)
        #expect(try await app.payload("other") { $0.input = Array("hi".utf8) }["Data"]?["v"]?.string == #""hi""#)
        for (name, change, reason) in [
            ("f", { $0.parameters = ["id": "x"] }, "'x' does not meet the constraints of the route parameter 'id'"),
            ("f", { $0.parameters = ["ip": "1"] }, "has no parameter 'ip' (did you mean 'id'?)"),
            (
                "f", { $0.path = "/api/j/7" },
                "no function takes GET /api/j/7; this one is at DELETE,GET,POST /api/i/{id:int}"
            ),
            ("f", { $0.method = .put }, "no function takes PUT /api/i/1"),
            ("other", { $0.query = "a" }, "'other' has no caller: it has a queueTrigger, whose text is its input"),
        ] as [(String, (inout FunctionEvent.Parts) -> Void, String)] {
            let error = await #expect(throws: (any Error).self) { try await app.payload(name, change) }
            #expect("\(error.map { "\($0)" } ?? "")".contains(reason), "\(error.map { "\($0)" } ?? "")")
        }
    }
}

extension JSONTree {
    /// This payload without one member of its `Metadata`.
    fileprivate func without(_ name: String) -> JSONTree {
        JSONTree(
            .object(
                (members ?? []).map { member in
                    guard member.name == "Metadata" else { return member }
                    let rest = (member.tree.members ?? []).filter { $0.name != name }
                    return Member(name: "Metadata", tree: JSONTree(.object(rest), line: 1))
                }), line: 1)
    }
}
