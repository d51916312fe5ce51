import EventLoop
import Foundation
import FunctionsModel
import TestSupport
import Testing

@testable import DevHost

/// The recorded queue triggers and large messages (Tests/Golden/host/e3 and e15).
@Suite struct QueueRowTests {
    @Test func `a queue message reaches its function, or the poison queue, as with the real host`() async throws {
        let host = try await RecordedHost(app: "rec", functions: ["qt1", "qbin"])
        let retrying = try await RecordedHost(app: "rec", functions: ["qretry"])
        var tally = GoldenTally("host/e3")
        for row in try HostRow.all("e3") {
            let player = row.name == "E3-retryctx" ? retrying : host
            let differences = try await player.differences(QueueRow(row))
            tally.count(row.name, difference: differences.isEmpty ? nil : differences.joined(separator: "\n"))
        }
        tally.report()
        try await host.stop()
        try await retrying.stop()
    }

    @Test func `a message of up to 49,152 bytes can be sent`() async throws {
        let function = """
            { "bindings": [ { "name": "msg", "type": "queueTrigger", "queueName": "bigin" },
            { "name": "o1", "type": "queue", "queueName": "bigout", "direction": "out" } ] }
            """
        let host = try await RecordedHost(app: "rec", functions: [], change: { $0["qbig/function.json"] = function })
        var tally = GoldenTally("host/e15 messages")
        for row in try HostRow.all("e15") where row.name.hasPrefix("E15-big-") {
            let count = try #require(Int(row.name.dropFirst(8)))
            let body = #"{"Outputs": {"o1": ["\#(String(repeating: "y", count: count))"]}}"#
            let head = "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            host.handler.prepare([.bytes(Array((head + body).utf8)), .bytes(QueueRow.emptyAnswer)])
            try await host.put(Array("x".utf8), to: "bigin", requests: row.exchanges.count)
            var found = host.differencesAtHandler(row)
            let message = [UInt8](repeating: UInt8(ascii: "y"), count: count)
            let isSent = try await host.takeMessages(of: "bigout") == [message]
            if isSent != (count <= 49_152) { found.append("the message is \(isSent ? "" : "not ")sent") }
            tally.count(row.name, difference: found.isEmpty ? nil : found.joined(separator: "\n"))
        }
        tally.report()
        try await host.stop()
    }

    @Test func `a blob binding for both directions fails each invocation`() async throws {
        let function = """
            { "bindings": [ { "name": "req", "type": "httpTrigger", "authLevel": "anonymous" },
            { "name": "res", "type": "http", "direction": "out" },
            { "name": "b", "type": "blob", "path": "box/a.txt", "direction": "inout" } ] }
            """
        let host = try await RecordedHost(app: "rec", functions: [], change: { $0["inout/function.json"] = function })
        var tally = GoldenTally("host/e15 inout")
        let row = try #require(try HostRow.all("e15").first { $0.name == "E15-inout" })
        let response = try await host.call(Array("GET /api/inout HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        let failure = try await host.host.end(of: "inout").failure ?? ""
        let sentence = "ReadWrite access is not supported. Pick either Read or Write"
        #expect(row.effect.contains(sentence))
        let isSame = failure.contains(sentence) && host.differencesAtHandler(row).isEmpty
        let agrees = isSame && response.startLine.contains(" 500 ")
        tally.count(row.name, difference: agrees ? nil : "\(response.startLine), \(failure)")
        tally.report()
        #expect(
            failure == "binding 'b': ReadWrite access is not supported. Pick either Read or Write: the host fails "
                + #"every invocation; write two bindings, with "in" and with "out""#)
        try await host.stop()
    }
}

/// A row about one message.
struct QueueRow {
    let row: HostRow
    let function: String
    let message: [UInt8]
    /// Whether the message is not base64.
    let isRaw: Bool

    static let emptyAnswer = Array(
        "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}".utf8)

    /// Reads the message from what the recorder wrote, in Python's notation: `message put: 'text' raw=None`.
    init(_ row: HostRow) throws {
        self.row = row
        let put = #/message put: (b?)'?(.*?)'? raw='?(.*?)'?\n/#
        let match = try #require(row.effect.firstMatch(of: put))
        isRaw = match.3 != "None"
        let text = isRaw ? match.3 : match.2
        var bytes: [UInt8] = []
        var rest = Substring(text)
        while let first = rest.popFirst() {
            if match.1 == "b", first == "\\" {
                bytes.append(try #require(UInt8(rest.dropFirst().prefix(2), radix: 16)))
                rest = rest.dropFirst(3)
            } else {
                bytes += String(first).utf8
            }
        }
        message = bytes
        let name = row.effect.firstMatch(of: #/Functions\.(\w+)/#)?.1 ?? "qt1"
        function = String(name)
    }

    /// The exchanges of this row's function. The recorder also saw a retry of the row before.
    var exchanges: [(sent: [UInt8], answer: [UInt8]?)] {
        row.exchanges.filter { $0.sent.starts(with: Array("POST /\(function) ".utf8)) }
    }

    /// Whether the message is in the poison queue at the end. The recorder did not always wait for it.
    var isPoison: Bool { row.effect.contains("poison: ['") || row.name == "E3-binary-invalid-utf8" }
}

extension RecordedHost {
    /// Sends the message and compares what follows.
    func differences(_ played: QueueRow) async throws -> [String] {
        let queue = "\(played.function)in"
        let answers = played.exchanges.map { $0.answer ?? QueueRow.emptyAnswer }
        handler.prepare(answers.map { .bytes($0) })
        // The retry is in another row.
        let isRetried = played.row.name == "E3-retryctx"
        try await put(
            played.message, to: queue, isBase64: !played.isRaw, requests: played.exchanges.count,
            untilEmpty: !isRetried)
        var found: [String] = []
        let received = handler.received.prefix(isRetried ? 1 : .max)
        if received.count != played.exchanges.count {
            found.append("the handler got \(received.count) requests, recorded \(played.exchanges.count)")
        }
        for (own, recorded) in zip(received, played.exchanges) {
            guard let own = RawMessage(own), let recorded = RawMessage(recorded.sent) else { continue }
            found += Masks.differences(own, recorded)
        }
        let poison = try await takeMessages(of: "\(queue)-poison")
        if poison != (played.isPoison ? [played.message] : []) { found.append("poison: \(poison)") }
        let warning = "Message has reached MaxDequeueCount of 5. Moving message to queue '\(queue)-poison'."
        if played.row.effect.contains(warning) { try await host.waitForLine(containing: warning) }
        return found
    }

    /// Sends a message and waits until the handler has got this many requests and the queue is empty.
    @MainLoop
    func put(
        _ message: [UInt8], to queue: String, isBase64: Bool = true, requests: Int, untilEmpty: Bool = true
    ) async throws {
        let storage = try host.storage
        try storage.queues.send(message, to: queue, isBase64: isBase64)
        storage.wake()
        _ = await handler.received(requests)
        if untilEmpty { try await host.waitForServices("an empty queue") { ($0.queues.counts[queue] ?? 0) == 0 } }
    }

    /// Removes the messages of a queue; returns their bodies.
    @MainLoop
    func takeMessages(of queue: String) throws -> [[UInt8]] {
        let queues = try host.storage.queues
        defer { try? queues.clear(queue) }
        return try queues.peek(queue, upTo: 32).map(\.body)
    }
}
