import Foundation
import TestSupport
import Testing

/// What the sample app and some functions that log their inputs did under the real host (Tests/Golden/host/e8), here
/// under `luafunc start`. The rows of the admin API are compared in DevHostTests.
@Suite struct RecordedSampleTests {
    /// Logs what arrives: each value of the bindings in base64, and the texts of the metadata.
    private static let dump = """
        local base64, json, log = require "base64", require "json", require "log"
        return function(data, metadata)
          local values, texts = {}, {}
          for name, value in pairs(data) do
            local text = type(value) == "string" and base64.encode(value)
            if name ~= "req" then values[name] = { type = math.type(value) or type(value), value = text or value } end
          end
          for name, value in pairs(metadata) do
            texts[name] = type(value) == "string" and value or math.type(value) or type(value)
          end
          log.info("DUMP " .. json.encode(json.object(values)))
          log.info("META " .. json.encode(texts))
        end
        """

    private static let send = """
        local base64 = require "base64"
        return function(data)
          local name, text = data.req.Query.to, base64.decode(data.req:bytes())
          return { Outputs = { [name] = text, res = { statusCode = 202 } } }
        end
        """

    private static func app() throws -> TemporaryApp {
        let app = try TemporaryApp.sample()
        func trigger(_ rest: String) -> String { #"{ "bindings": [ { "direction": "in", \#(rest) } ] }"# }
        let blobs = #"{ "type": "blob", "direction": "in", "connection": "", "path": "hexin/{f}", "name": "#
        let http = #"{ "name": "req", "type": "httpTrigger", "authLevel": "anonymous" }"#
        let queue = #"{ "type": "queue", "direction": "out", "connection": "", "queueName": "#
        let functions = [
            "qany": trigger(#""name": "msg", "type": "queueTrigger", "queueName": "qanyin", "connection": """#),
            "qanyb": trigger(
                #""name": "msg", "type": "queueTrigger", "queueName": "qanybin", "connection": "", "dataType": "binary""#
            ),
            "bnone": trigger(#""name": "source", "type": "blobTrigger", "path": "bnone/{name}", "connection": """#),
            "bstring": trigger(
                #""name": "source", "type": "blobTrigger", "path": "bstring/{name}", "connection": "", "dataType": "string""#
            ),
            "bbinary": trigger(
                #""name": "source", "type": "blobTrigger", "path": "bbinary/{name}", "connection": "", "dataType": "binary""#
            ),
            "tmfive": trigger(#""name": "tick", "type": "timerTrigger", "schedule": "* * * * * *""#),
            "hin": """
            { "bindings": [ \(http), { "name": "res", "type": "http", "direction": "out" }, \(blobs) "inone" },
              \(blobs) "istring", "dataType": "string" }, \(blobs) "ibinary", "dataType": "binary" },
              \(blobs) "istream", "dataType": "stream" } ] }
            """,
            "send": """
            { "bindings": [ \(http), { "name": "res", "type": "http", "direction": "out" },
              \(queue) "qanyin", "name": "qany" }, \(queue) "qanybin", "name": "qanyb" },
              \(queue) "messages-incoming", "name": "mine" } ] }
            """,
        ]
        for (name, json) in functions {
            let script = name == "send" ? send : dump
            try app.write(["functions/\(name)/function.json": json, "functions/\(name)/handler.lua": script])
        }
        return app
    }

    // MARK: Requests

    private static let item = #"{"id":1,"done":false,"title":"a"}"#

    /// The request of a row, by its name.
    private static func request(_ name: String) -> (target: String, method: String, type: String?, body: String)? {
        let json = "application/json"
        return switch name {
        case "hello": ("/api/hello?name=Ada", "GET", nil, "")
        case "hello-badjson": ("/api/hello", "POST", json, "{bad")
        case "hello-case": ("/API/Hello?name=x", "GET", nil, "")
        case "hello-head": ("/api/hello", "HEAD", nil, "")
        case "hello-options": ("/api/hello", "OPTIONS", nil, "")
        case "hello-post": ("/api/hello", "POST", json, #"{"name":"Bö"}"#)
        case "hello-put": ("/api/hello", "PUT", json, "{}")
        case "hello-slash": ("/api/hello/", "GET", nil, "")
        case "notfound": ("/api/nothing", "GET", nil, "")
        case "notfound2": ("/nothing", "GET", nil, "")
        case "order": ("/api/order", "POST", json, #"{"id":1005}"#)
        case "order-bad": ("/api/order", "POST", json, "{bad")
        case "order-get": ("/api/order", "GET", nil, "")
        case "order-text": ("/api/order", "POST", "text/plain", #"{"id":7}"#)
        case "todo-404": ("/api/todo/9", "GET", nil, "")
        case "todo-abc": ("/api/todo/abc", "GET", nil, "")
        case "todo-bad": ("/api/todo", "POST", json, "{}")
        case "todo-del": ("/api/todo/1", "DELETE", nil, "")
        case "todo-get": ("/api/todo", "GET", nil, "")
        case "todo-get1": ("/api/todo/1", "GET", nil, "")
        case "todo-patch": ("/api/todo/1", "PATCH", json, "{}")
        case "todo-post": ("/api/todo", "POST", json, #"{"title":"a"}"#)
        case "todo-put": ("/api/todo/1", "PUT", json, #"{"title":"b","done":true}"#)
        default: nil
        }
    }

    private static func bytes(_ name: String) -> [UInt8]? {
        guard let request = request(name) else { return nil }
        var head = "\(request.method) \(request.target) HTTP/1.1\r\nHost: 127.0.0.1:7100\r\n"
        if let type = request.type { head += "Content-Type: \(type)\r\nContent-Length: \(request.body.utf8.count)\r\n" }
        // The list begins with one item, except for the row that makes the first.
        if name.hasPrefix("todo"), name != "todo-post" {
            head += "Cookie: todo=\(Data("[\(item)]".utf8).base64EncodedString())\r\n"
        }
        return Array((head + "\r\n" + request.body).utf8)
    }

    // MARK: Events

    /// The lines that the function logged in the recording, without their order.
    private static func logged(_ row: HostRow) -> [String] {
        row.effect.split(separator: "\n").compactMap { line in
            line.firstMatch(of: #/^info Function\.\w+\.User\[0\] (.*)$/#).map { comparable(String($0.1)) }
        }
    }

    /// A logged line with sorted members and without what differs in each run.
    private static func comparable(_ line: String) -> String {
        var line = Masks.mask(line)
        if line.hasPrefix("DUMP ") || line.hasPrefix("META ") {
            line = line.prefix(5) + ComparableMessage.json(Data(line.dropFirst(5).utf8))
        }
        // The names of storage accounts, and the time of the run, for which the sample has other words since.
        line.replace(#/"Uri":"[^"]*/#, with: #""Uri":"URI"#)
        line.replace(#/(next run:|scheduled for) .*/#, with: "the time of the run")
        return line
    }

    /// The value of a binding in the recorded DUMP line.
    private static func dumped(_ row: HostRow, _ binding: String) -> Data? {
        let line = logged(row).first { $0.hasPrefix("DUMP ") }?.dropFirst(5) ?? ""
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: [String: Any]]
        return (object?[binding]?["value"] as? String).flatMap { Data(base64Encoded: $0) }
    }

    /// Brings about the event of a row; false if its name does not tell how.
    private static func cause(_ row: HostRow, _ name: String, _ host: StartedApp) throws -> Bool {
        func send(_ text: Data, to queue: String) throws {
            let body = text.base64EncodedString()
            #expect(try host.request("/api/send?to=\(queue)", method: "POST", body: body).status == 202)
        }
        let blobs = host.app.folder.appending(path: ".luafunc/blobs")
        func put(_ content: Data, as path: String) throws {
            let file = blobs.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try content.write(to: file)
        }
        let parts = name.split(separator: "-", maxSplits: 1).map(String.init)
        switch parts.first {
        case "blob": try put(Data([0, 255, 1, 2]), as: "uploads/pic.bin")
        case "queue": try send(Data("it".utf8), to: "mine")
        case "timer": try host.fire("cleanup")
        case "tmfive": break
        case "qany", "qanyb":
            guard let text = dumped(row, "msg") else { return false }
            try send(text, to: name.hasPrefix("qanyb") ? "qanyb" : "qany")
        case "bnone", "bstring", "bbinary":
            guard let text = dumped(row, "source") else { return false }
            // luafunc showed the base64 that the host sends where it shows the content now.
            let content = name == "bbinary" ? text : Data(base64Encoded: text) ?? text
            try put(content, as: "\(name)/t.txt")
        case "hin":
            let blob = parts[1]
            if let content = dumped(row, "ibinary") { try put(content, as: "hexin/\(blob)") }
            _ = try host.request("/api/hin?f=\(blob == "missing" ? "nope" : blob)")
        default: return false
        }
        return true
    }

    private static let exceptions = [
        "E8-bnone": "the script now gets the blob's text, where it got the base64 that the host sends",
        "E8-bstring": "the script now gets the blob's text, where it got the base64 that the host sends",
    ]

    @Test func `callers get what they got from the real host`() throws {
        let app = try TemporaryApp.sample()
        try app.write(["host.json": Self.forwarding])
        let host = try StartedApp(app)
        var tally = GoldenTally("host/e8, requests")
        for row in try HostRow.all("e8") {
            let name = String(row.name.dropFirst(3))
            guard let request = Self.bytes(name), let recorded = row.bytes("callerGot-real") else { continue }
            let hasNoBody = name == "hello-head"
            let ours = try #require(try RawMessage.response(to: request, port: host.port))
            let theirs = try #require(RawMessage(recorded, isEnd: true, hasNoBody: hasNoBody))
            let (own, real) = (ComparableMessage.lines(ours), ComparableMessage.lines(theirs))
            tally.count(row.name, difference: own == real ? nil : "ours \(own), recorded \(real)")
        }
        tally.report()
    }

    private static let forwarding = """
        { "version": "2.0", "extensionBundle": {}, "customHandler": { "enableForwardingHttpRequest": true } }
        """

    @Test func `functions get what they got from the real host`() throws {
        let host = try StartedApp(try Self.app())
        var tally = GoldenTally("host/e8, events", exceptions: Self.exceptions)
        for row in try HostRow.all("e8") {
            let name = String(row.name.dropFirst(3))
            let recorded = Self.logged(row)
            guard !recorded.isEmpty || name == "tmfive", Self.request(name) == nil, !name.hasPrefix("admin") else {
                continue
            }
            guard try Self.cause(row, name, host) else {
                tally.skip(row.name)
                continue
            }
            var missing = recorded
            var seen: [String] = []
            let isExcepted = Self.exceptions[row.name] != nil
            while !missing.isEmpty, seen.count < 40, let line = host.process.line() {
                // The second of the two lines that the function logs.
                if isExcepted, line.contains("META ") { break }
                let text = Self.comparable(String(line.drop { $0 == " " }))
                seen.append(text)
                missing.removeAll { $0 == text }
            }
            tally.count(row.name, difference: missing.isEmpty ? nil : "missing \(missing) in \(seen)")
        }
        tally.report()
    }
}
