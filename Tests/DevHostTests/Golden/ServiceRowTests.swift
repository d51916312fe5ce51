import EventLoop
import Foundation
import JSON
import TestSupport
import Testing

@testable import DevHost

/// Recorded retries, traces, warm-up, throttles and app_offline.htm (Tests/Golden/host/e9, e4, e15).
@Suite(.serialized) struct ServiceRowTests {
    private static func request(_ path: String, _ fields: String = "") -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:7101\r\n\(fields)\r\n".utf8)
    }

    private func rows(_ files: [String], _ isMeant: (String) -> Bool) throws -> [HostRow] {
        try files.flatMap { try HostRow.all($0) }.filter { isMeant($0.name) }
    }

    /// The caller's request, as the recorded payload describes it.
    private static func request(of row: HostRow) throws -> [UInt8] {
        let body = try #require(row.exchanges.first.flatMap { RawMessage($0.sent) }?.body)
        let request = try #require(try JSONTree.parse(body.span.bytes)["Data"]?["req"])
        let fields = (request["Headers"]?.members ?? []).map { "\($0.name): \($0.tree.elements?.first?.string ?? "")" }
        let head = ["\(request["Method"]?.string ?? "") /api/hretry HTTP/1.1"] + fields
        return Array((head.joined(separator: "\r\n") + "\r\n\r\n" + (request["Body"]?.string ?? "")).utf8)
    }

    // MARK: Retries

    /// The traces name lines of the real host's sources.
    private static func hidingStacks(_ text: String) -> String {
        text.replacing(#/"(StackTrace(?:String)?)":"(?:[^"\\]|\\.)*"/#) { "\"\($0.1)\":\"…\"" }
    }

    @Test func `a retry tells the handler what failed, and has an id of its own`() async throws {
        let host = try await RecordedHost(
            app: "rec", functions: ["hretry"],
            change: {
                $0["hretry/function.json"] = $0["hretry/function.json"]?.replacing("00:00:01", with: "00:00:00.01")
            })
        var tally = GoldenTally("host/e4 e9 (retries)")
        for row in try rows(["e4", "e9"], { $0.contains("hretry") }) {
            host.handler.prepare(row.exchanges.map { $0.answer.map { .bytes($0) } ?? .close })
            let response = try await host.call(try Self.request(of: row))
            var found = host.differencesAtHandler(row, masking: Self.hidingStacks)
            let ids = host.handler.received.compactMap { Self.field("x-azure-functions-invocationid", $0) }
            if Set(ids).count != 3 { found.append("ids: \(ids)") }
            for (request, id) in zip(host.handler.received.dropFirst(), ids)
            where !Masks.text(RawMessage(request)?.body ?? []).contains(#""Exception":{"InstanceId":"\#(id)""#) {
                found.append("the exception is not that of the attempt before")
            }
            let recorded = row.effect.firstMatch(of: #/HTTP\/1\.1 \d+/#).map { String($0.0) } ?? ""
            if !response.startLine.hasPrefix(recorded) { found.append("the caller gets \(response.startLine)") }
            tally.count(row.name, difference: found.isEmpty ? nil : found.joined(separator: "\n"))
        }
        tally.report()
        try await host.stop()
    }

    private static func field(_ name: String, _ bytes: [UInt8]) -> String? {
        RawMessage(bytes)?.headers.first { $0.name.lowercased() == name }?.value
    }

    // MARK: Traces

    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    /// Hides new ids, and keeps those of the caller's trace.
    private static func hidingSpans(_ text: String) -> String {
        text.replacing(#/traceparent: 00-([0-9a-f]{32})-[0-9a-f]{16}-/#) {
            "traceparent: 00-\($0.1 == trace ? trace : "TRACE")-SPAN-"
        }.replacing(#/"PopReceipt":.*?",/#, with: "")
    }

    @Test func `the handler gets a trace context if Application Insights is configured`() async throws {
        var tally = GoldenTally("host/e9 (traces)")
        for row in try rows(["e9"], { $0.contains("-ai-") || $0.contains("traceparent") }) {
            let (hasInsights, isForwarded) = (row.name.contains("-ai-"), row.name.contains("fwd"))
            let key = isForwarded ? "APPINSIGHTS_INSTRUMENTATIONKEY" : "APPLICATIONINSIGHTS_CONNECTION_STRING"
            let host = try await RecordedHost(
                app: isForwarded ? "aif" : "ai", options: { if hasInsights { $0.environment[key] = "x" } })
            let sent = row.exchanges.first.map { Masks.text($0.sent) } ?? ""
            var fields = sent.contains("Request-Id") ? "Request-Id: |abc.\r\n" : ""
            if row.name.contains("traceparent") {
                fields += "traceparent: 00-\(Self.trace)-00f067aa0ba902b7-01\r\ntracestate: a=b\r\n"
            }
            host.handler.prepare([row.exchanges.first?.answer.map { .bytes($0) } ?? .close])
            if row.name == "E9-ai-queue" {
                try await host.host.sendMessage("x", to: "aiin")
                _ = await host.handler.received(1)
            } else {
                _ = try await host.call(Self.request("/api/h1", fields))
            }
            let found = host.differencesAtHandler(row, masking: Self.hidingSpans)
            tally.count(row.name, difference: found.isEmpty ? nil : found.joined(separator: "\n"))
            try await host.stop()
        }
        tally.report()
    }

    // MARK: The host itself

    @Test func `bodies that are too large, warm-up, throttles and app_offline htm are those of the real host`()
        async throws
    {
        var tally = GoldenTally("host/e9 e15 (services)")
        for row in try rows(
            ["e9", "e15"], { ["E9-too-big", "E15-offline", "E15-throttle", "E15-warmup"].contains($0) })
        {
            let found =
                switch row.name {
                case "E9-too-big": try await tooBig(row)
                case "E15-offline": try await offline()
                case "E15-throttle": try await throttle(row)
                default: try await warmUp(row)
                }
            tally.count(row.name, difference: found.isEmpty ? nil : found.joined(separator: "\n"))
        }
        tally.report()
    }

    private func tooBig(_ row: HostRow) async throws -> [String] {
        let host = try await RecordedHost(app: "rec", functions: ["h1"])
        let limit = try #require(row.effect.firstMatch(of: #/max request body size is (\d+)/#).flatMap { Int($0.1) })
        let response = try await host.call(Self.request("/api/h1", "Content-Length: \(limit + 1)\r\n"))
        try await host.stop()
        let isClosed = response.headers.contains { $0.name.lowercased() == "connection" && $0.value == "close" }
        return response.startLine == "HTTP/1.1 500 Internal Server Error" && response.body.isEmpty && isClosed
            ? [] : ["the caller gets \(response.startLine) \(response.headers)"]
    }

    private func offline() async throws -> [String] {
        let puppet = try Puppet()
        let host = try await RecordedHost(app: "rec", functions: ["h1"], program: puppet.program)
        try await host.host.wait(for: "a ready handler") { if case .handlerReady = $0 { true } else { false } }
        try host.host.app.write(["app_offline.htm": "<p>back soon</p>"])
        let response = try await host.call(Self.request("/api/h1"))
        var found = host.handler.received.isEmpty ? [] : ["the handler is called"]
        let type = response.headers.first { $0.name.lowercased() == "content-type" }?.value
        if response.startLine != "HTTP/1.1 503 Service Unavailable" || Masks.text(response.body) != "<p>back soon</p>" {
            found.append("the caller gets \(response.startLine) \(Masks.text(response.body))")
        }
        if type != "text/html" { found.append("type \(type ?? "none")") }
        try FileManager.default.removeItem(at: host.host.app.folder.appending(path: "app_offline.htm"))
        let next = try await host.call(Self.request("/api/h1"))
        if next.startLine != "HTTP/1.1 200 OK" { found.append("then \(next.startLine)") }
        if await host.host.readyCount != 2 { found.append("the process was not stopped") }
        try await host.stop()
        return found
    }

    private func throttle(_ row: HostRow) async throws -> [String] {
        let host = try await RecordedHost(
            app: "rec", functions: ["h1"],
            change: {
                $0["host.json"] = $0["host.json"]?.replacing(
                    #""version":"2.0""#,
                    with:
                        #""version":"2.0","extensions":{"http":{"maxConcurrentRequests":1,"maxOutstandingRequests":2}}"#
                )
            })
        let answer = try #require(row.bytes("handlerAnswered"))
        host.handler.prepare([.hold, .hold])
        async let first = host.call(Self.request("/api/h1"))
        _ = await host.handler.received(1)
        let connection = try await RawConnection(port: host.host.port)
        connection.send(Self.request("/api/h1"))
        // The host accepts connections in their order, so the second request waits when the third comes.
        let refused = try await host.call(Self.request("/api/h1"))
        var found = refused.startLine == "HTTP/1.1 429 Too Many Requests" ? [] : ["third: \(refused.startLine)"]
        if !refused.headers.contains(where: { $0.name == "X-FUNCTION-SCALEOUT" && $0.value == "1" }) {
            found.append("no header")
        }
        if host.handler.received.count != 1 { found.append("\(host.handler.received.count) at a time") }
        await host.handler.answerHeld(answer)
        _ = await host.handler.received(2)
        await host.handler.answerHeld(answer)
        found += try await first.startLine == "HTTP/1.1 200 OK" ? [] : ["the first fails"]
        found += connection.response()?.status == 200 ? [] : ["the second fails"]
        found += host.differencesAtHandler(row)
        try await host.stop()
        return found
    }

    private func warmUp(_ row: HostRow) async throws -> [String] {
        let function = #"{ "bindings": [ { "name": "warm", "type": "warmupTrigger" } ] }"#
        let host = try await RecordedHost(
            app: "rec", functions: ["h1"], change: { $0["warmup/function.json"] = function })
        // The host has warmed the process up before it answers the first call.
        _ = try await host.call(Self.request("/api/h1"))
        host.handler.prepare([.bytes(try #require(row.bytes("handlerAnswered")))])
        let response = try await host.call(Self.request("/admin/warmup"))
        _ = await host.handler.received(1)
        let found = host.differencesAtHandler(row)
        try await host.stop()
        return found + (response.startLine == "HTTP/1.1 200 OK" ? [] : ["the caller gets \(response.startLine)"])
    }
}
