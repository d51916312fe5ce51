import EventLoop
import Foundation
import FunctionsModel
import JSON
import TestSupport
import Testing

@testable import DevHost

/// The recorded blob triggers, blob inputs and expressions (Tests/Golden/host/e5). `ScheduleRowTests` has the timers.
@Suite struct BlobRowTests {
    private let host: RecordedHost

    init() async throws { host = try await RecordedHost(app: "rec") }

    @Test func `blobs and expressions reach the function as with the real host`() async throws {
        var tally = GoldenTally("host/e5")
        for row in try HostRow.all("e5") where row.name != "E5-timer-pastdue" {
            let differences =
                switch row.name {
                case _ where row.name.hasPrefix("E5-blob-"): try await blobTrigger(row)
                case _ where row.name.hasPrefix("E5-blobin-"): try await blobInput(row)
                case _ where row.name.hasPrefix("E5-hexpr"): try await expressionOfRoute(row)
                default: try await expressionOfMessage(row)
                }
            tally.count(row.name, difference: differences.isEmpty ? nil : differences.joined(separator: "\n"))
        }
        tally.report()
        try await host.stop()
    }

    /// Writes the blobs of a row, whose content is in the recorded payloads.
    private func blobTrigger(_ row: HostRow) async throws -> [String] {
        // Its request was recorded with the next row.
        if row.name == "E5-blob-dtstring" { return [] }
        host.handler.prepare(row.exchanges.map { $0.answer.map { .bytes($0) } ?? .close })
        var found: [String] = []
        var seen: Set<String> = []
        for (index, exchange) in row.exchanges.enumerated() {
            let message = try #require(RawMessage(exchange.sent))
            let body = try json(Masks.text(message.body))
            let uri = try #require(body["Metadata"]?["Uri"]?.string?.removingPercentEncoding)
            let path = try #require(uri.firstMatch(of: #/devstoreaccount1/(.*)"/#)?.1)
            guard seen.insert(String(path)).inserted else { continue }
            let text = try #require(body["Data"]?["blobin"]?.string)
            let content = try #require(Data(base64Encoded: text))
            try await write([UInt8](content), to: String(path))
            _ = await host.handler.received(index + 1)
        }
        _ = await host.handler.received(row.exchanges.count)
        for (own, recorded) in zip(host.handler.received, row.exchanges) {
            let (own, recorded) = (try #require(RawMessage(own)), try #require(RawMessage(recorded.sent)))
            // In one row the recorder wrote metadata with the blob, of which the files of this machine have none.
            let plain = Masks.text(recorded.body).replacing(#"{"who":"me"}"#, with: "{}")
            if own.startLine != recorded.startLine { found.append(own.startLine) }
            let body = Masks.text(own.body)
            if Masks.mask(body) != Masks.mask(plain) { found.append("\(body), not \(plain)") }
        }
        return try await found + effects(row)
    }

    /// Compares what the row's outputs and failures left behind.
    private func effects(_ row: HostRow) async throws -> [String] {
        switch row.name {
        case "E5-blob-text", "E5-blob-json":
            let (name, ending) = row.name == "E5-blob-text" ? ("Cat.Pic", "txt") : ("a", "json")
            try await host.host.waitForServices("the outputs") { ($0.queues.counts["btout-\(ending)"] ?? 0) == 1 }
            let message = try await host.takeMessages(of: "btout-\(ending)")
            try await host.host.waitForServices("the copy") {
                (try? $0.blobs.read(BlobPath("btcopy/\(name)-copy.\(ending)"))) == Array("copied!".utf8)
            }
            return message == [Array("msg!".utf8)] ? [] : ["message \(message)"]
        case "E5-blob-fail":
            let queue = "webjobs-blobtrigger-poison"
            try await host.host.waitForLine(
                containing: "Message has reached MaxDequeueCount of 5. Moving message to queue '\(queue)'. It names "
                    + "the blob btbin/f.bin")
            let match = try #require(row.effect.firstMatch(of: #/\['([^']*)'\]/#))
            let recorded = try #require(Data(base64Encoded: String(match.1)))
            let found = try await host.takeMessages(of: queue).map(Masks.text)
            func masked(_ text: String) -> String { text.replacing(#/0x[-0-9A-F]+/#, with: "TAG") }
            let expected = masked(Masks.text([UInt8](recorded)))
            return found.map(masked) == [expected] ? [] : ["poison \(found), not \(expected)"]
        default: return []
        }
    }

    private func blobInput(_ row: HostRow) async throws -> [String] {
        let sent = try #require(row.exchanges.first.flatMap { RawMessage($0.sent) })
        let tree = try json(Masks.text(sent.body))
        let text = try #require(tree["Data"]?["ibinary"]?.string)
        let content = try #require(Data(base64Encoded: text))
        let name = row.name.dropFirst(10)
        try await write([UInt8](content), to: "hexin/\(name)")
        return try await host.differences(row, request: request("/api/hin?f=\(name)"))
    }

    private func expressionOfRoute(_ row: HostRow) async throws -> [String] {
        try await write(Array(#"{"in":1}"#.utf8), to: "hexin/Ada.txt")
        let path = row.name == "E5-hexpr" ? "/api/expr/Ada" : "/api/expr/ada?who=zed"
        let found = try await host.differences(row, request: request(path))
        let messages = try await host.takeMessages(of: "hx-ada")
        return messages == [Array("m!".utf8)] ? found : found + ["queue hx-ada: \(messages)"]
    }

    private func expressionOfMessage(_ row: HostRow) async throws -> [String] {
        try await write(Array("texté".utf8), to: "qeblob/n1.txt")
        try await write([0, 0xff, 0xfe], to: "qeblob/n1.bin")
        var found = try await host.differences(try QueueRow(row))
        let messages = try await host.takeMessages(of: "qe-d1")
        let blobs = try await host.host.storage.blobs.list("qeout").map(\.path.name)
        let expected = row.name == "E5-qe" ? [Array("m".utf8)] : []
        if messages != expected { found.append("queue qe-d1: \(messages)") }
        if blobs.count != 1 || blobs.first?.wholeMatch(of: #/n1-deep-[-0-9a-f]{36}\.txt/#) == nil {
            found.append("blobs \(blobs)")
        }
        return found
    }

    private func request(_ path: String) -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:7101\r\n\r\n".utf8)
    }

    @MainLoop private func write(_ content: [UInt8], to path: String) throws {
        let storage = try host.host.storage
        try storage.blobs.write(content, to: BlobPath(path))
        storage.wake()
    }
}
