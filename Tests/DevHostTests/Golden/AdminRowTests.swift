import EventLoop
import Foundation
import JSON
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// The recorded calls of the admin API and of Event Grid's webhook (Tests/Golden/host/e7, e8, e16).
@Suite struct AdminRowTests {
    init() { MainLoopThread.start() }

    private static let page =
        "the home page lists the app's functions, which helps a developer more than Azure's page without any content"

    @Test func `the admin API answers as the real host's, and sends the handler the same`() async throws {
        var tally = GoldenTally("host/e7", exceptions: ["E7-root": Self.page, "E7-root-head": Self.page])
        let functions = try await RecordedHost(app: "rec", options: { $0.checksKeys = true }) { files in
            // An existing blob would fire its function at once.
            files["local.settings.json"] = #"{ "Values": { "AzureWebJobs.bt.Disabled": "true" } }"#
            files[".luafunc/blobs/btin/a.json"] = #"{"id":5,"name":"shadow","Uri":"u","obj":{"x":1}}"#
            files[".luafunc/blobs/qeblob/n1.txt"] = "texté"
        }
        let binary = functions.host.app.folder.appending(path: ".luafunc/blobs/qeblob/n1.bin")
        try Data([0, 0xff, 0xfe]).write(to: binary)
        let timers = try await RecordedHost(app: "tm", functions: ["tmout"], options: { $0.checksKeys = true })
        for row in try HostRow.all("e7") {
            guard let call = Self.calls[row.name] else {
                tally.count(row.name, difference: "the test has no request for this row")
                continue
            }
            let host = row.name.hasPrefix("E7-timer") ? timers : functions
            tally.count(row.name, difference: try await difference(row, call, host, file: row.name))
        }
        tally.report()
        try await functions.stop()
        try await timers.stop()
    }

    @Test func `the sample app's admin API is that of the real host`() async throws {
        var tally = GoldenTally("host/e8, admin")
        let sample = ["cleanup", "copyblob", "hello", "MyQueueFunction", "order", "ship", "todo"]
        let host = try await RecordedHost(
            app: "lua", functions: Set(sample), options: { $0.checksKeys = true }
        ) { files in
            for name in sample { files["\(name)/handler.lua"] = "" }
        }
        for row in try HostRow.all("e8") {
            guard let call = Self.sampleCalls[row.name] else { continue }
            tally.count(row.name, difference: try await difference(row, call, host, file: row.name))
        }
        tally.report()
        try await host.stop()
    }

    @Test func `Event Grid's events reach the handler as they do in the real host`() async throws {
        var tally = GoldenTally("host/e16")
        let host = try await RecordedHost(app: "eg", options: { $0.checksKeys = true }) { files in
            files["egbin/function.json"] = """
                { "bindings": [ { "name": "event", "type": "eventGridTrigger", "dataType": "binary" } ] }
                """
        }
        for row in try HostRow.all("e16") {
            let call = try Self.eventCall(row)
            tally.count(row.name, difference: try await difference(row, call, host, file: row.name))
        }
        tally.report()
        try await host.stop()
    }

    /// How our host's effects differ from the recorded ones; nil if they do not.
    private func difference(
        _ row: HostRow, _ call: AdminCall, _ recorded: RecordedHost, file: String
    ) async throws -> String? {
        let folder = recorded.host.app.folder.path
        let keys = try Keys(file: "\(folder)/.luafunc/keys.json")
        // A recording may go on after the call, while timers fire.
        let exchanges = row.exchanges.filter { exchange in
            !file.hasPrefix("E7-timer") || exchange.sent.starts(with: Array("POST /tmout ".utf8))
        }
        recorded.handler.prepare(exchanges.map { $0.answer.map { .bytes($0) } ?? .close })
        let response = try await recorded.call(call.bytes(keys, port: await recorded.host.port))
        var found: [String] = []
        if let expected = row.response {
            found += AdminMasks.differences(response, expected, folder: folder)
        }
        // The recorded samples ran Lua; here the handler is only played.
        guard !row.name.hasPrefix("E8") else { return found.isEmpty ? nil : found.joined(separator: "\n") }
        let received = exchanges.isEmpty ? recorded.handler.received : await recorded.handler.received(exchanges.count)
        if received.count != exchanges.count {
            found.append("the handler got \(received.count) requests, recorded \(exchanges.count)")
        }
        // Events of one request run at the same time, so they come in any order.
        func texts(_ requests: [[UInt8]]) -> [String] {
            requests.compactMap { RawMessage($0) }
                .map { "\($0.startLine) \(AdminMasks.mask(Masks.text($0.body)))" }.sorted()
        }
        for (own, sent) in zip(texts(received), texts(exchanges.map(\.sent))) where own != sent {
            found.append("to the handler: \(own)\n   recorded: \(sent)")
        }
        return found.isEmpty ? nil : found.joined(separator: "\n")
    }

    // MARK: Requests

    private static let calls: [String: AdminCall] = [
        "E7-admin-unknown": .get("/admin/nothing"), "E7-badkey": .get("/admin/functions", key: .wrong),
        "E7-nokey": .get("/admin/functions", key: nil), "E7-status-nokey": .get("/admin/host/status", key: nil),
        "E7-status-hostkey": .get("/admin/host/status", key: .right(.host)),
        "E7-blob": .run("bt", #""btin/a.json""#), "E7-blob-bad": .run("bt", #""nonsense""#),
        "E7-blob-missing": .run("bt", #""btin/none.json""#),
        "E7-drain-status": .get("/admin/host/drain/status"), "E7-extensions": .get("/admin/host/extensions"),
        "E7-fail": .run("qt1", #""x""#), "E7-fn-keys": .get("/admin/functions/hfn/keys"),
        "E7-function": .get("/admin/functions/hq"), "E7-function-404": .get("/admin/functions/none"),
        "E7-function-status": .get("/admin/functions/hq/status"), "E7-functions": .get("/admin/functions"),
        "E7-hfn-bad": .get("/api/hfn", key: .wrong), "E7-hfn-both": .get("/api/hfn?code=KEY", key: .wrong),
        "E7-hfn-code": .get("/api/hfn?code=KEY", key: nil),
        "E7-hfn-code2": .get("/api/hfn?code=wrong&code=KEY", key: nil),
        "E7-hfn-host": .get("/api/hfn", key: .right(.host)), "E7-hfn-master": .get("/api/hfn"),
        "E7-hfn-nokey": .get("/api/hfn", key: nil), "E7-host-keys": .get("/admin/host/keys"),
        "E7-host-ping": .get("/admin/host/ping", key: nil),
        "E7-host-ping-post": .post("/admin/host/ping", type: nil, key: nil),
        "E7-host-status": .get("/admin/host/status"), "E7-http": .run("h1", #""x""#), "E7-http-q": .run("hq", #""x""#),
        "E7-int-constraint": .get("/api/items/abc", key: nil), "E7-log": .post("/admin/host/log", "[]"),
        "E7-method-405": .post("/api/items/7", "x", type: "text/plain", key: nil),
        "E7-notfound": .get("/api/nothing", key: nil), "E7-notfound2": .get("/nothing", key: nil),
        "E7-q-array": .run("qt1", #"["a"]"#), "E7-q-badjson": .send("qt1", #"{"input""#),
        "E7-q-bool": .run("qt1", "true"),
        "E7-q-case": .run("QT1", #""hello""#), "E7-q-date": .run("qt1", #""2026-03-01T10:20:30Z""#),
        "E7-q-emptybody": .send("qt1", ""), "E7-q-inputcase": .send("qt1", #"{"INPUT": "x"}"#),
        "E7-q-json": .run("qt1", #""{\"id\":7,\"a\":1}""#), "E7-q-jsonarray": .send("qt1", #"["a"]"#),
        "E7-q-missing": .send("qt1", "{}"), "E7-q-nobody": .send("qt1", "", type: nil),
        "E7-q-noct": .send("qt1", #"{"input": "x"}"#, type: nil), "E7-q-null": .run("qt1", "null"),
        "E7-q-number": .run("qt1", "5"), "E7-q-object": .run("qt1", #"{"a": 1}"#),
        "E7-q-text": .run("qt1", #""hello""#),
        "E7-q-textct": .send("qt1", #"{"input": "x"}"#, type: "text/plain"), "E7-qbin": .run("qbin", #""hello""#),
        "E7-qbin-b64": .run("qbin", #""AAEC""#),
        "E7-qe": .run("qe", #""{\"name\":\"n1\",\"dest\":\"d1\",\"sub\":{\"x\":\"deep\"}}""#),
        "E7-root": .get("/", key: nil), "E7-root-head": AdminCall(method: "HEAD", path: "/", key: nil),
        "E7-runtime": .get("/runtime/webhooks/eventgrid", key: nil),
        "E7-synctriggers": .post("/admin/host/synctriggers", type: nil), "E7-timer": .run("tmout", #""x""#),
        "E7-timer-empty": .run("tmout", #""""#), "E7-timer-json": .run("tmout", #""{\"a\":1}""#),
        "E7-timer-none": .send("tmout", "{}"), "E7-unknown": .run("none", #""x""#), "E7-vfs": .get("/admin/vfs/"),
        "E7-warmup": .get("/admin/warmup", key: nil),
    ]

    private static let sampleCalls: [String: AdminCall] = [
        "E8-admin-404": .get("/admin/functions/none"), "E8-admin-fstatus": .get("/admin/functions/hello/status"),
        "E8-admin-inv-404": .run("none", #""x""#), "E8-admin-inv-empty": .send("hello", ""),
        "E8-admin-inv-obj": .run("MyQueueFunction", "{}"), "E8-admin-list": .get("/admin/functions"),
        "E8-admin-noct": .send("MyQueueFunction", #"{"input": "x"}"#, type: nil),
        "E8-admin-one": .get("/admin/functions/hello"), "E8-admin-ping": .get("/admin/host/ping", key: nil),
        "E8-admin-queue": .run("MyQueueFunction", #""x""#), "E8-admin-status": .get("/admin/host/status"),
        "E8-drain": .get("/admin/host/drain/status"), "E8-keys": .get("/admin/host/keys"),
        "E8-timer": .send("cleanup", "{}"), "E8-warmup": .get("/admin/warmup", key: nil),
    ]

    private static func eventCall(_ row: HostRow) throws -> AdminCall {
        let kind = row.name.dropFirst(4)
        let function = kind == "many" ? "egmany" : kind == "binary" ? "egbin" : "eg"
        let payloads = try row.exchanges.compactMap { RawMessage($0.sent)?.body }.map { try json(Masks.text($0)) }
        let events = payloads.compactMap { $0["Data"]?["event"] }
        if kind == "admin" {
            return .run("eg", try json(try #require(payloads.first?["Metadata"]?["event"]?.string)).text)
        }
        var call = AdminCall(method: "POST", path: "/runtime/webhooks/eventgrid?functionName=\(function)")
        let type = kind == "validation" ? "SubscriptionValidation" : "Notification"
        call.contentType = "application/json\r\naeg-event-type: \(type)"
        call.body =
            switch kind {
            case "validation": #"[{"data":{"validationCode":"512d38b6"}}]"#
            case "many": try #require(events.first?.string)
            case "cloudevent": try #require(events.first).text
            default: "[\(events.map(\.text).joined(separator: ","))]"
            }
        return call
    }
}
