import EventLoop
import Foundation
import JSON
import TestSupport
import Testing

@testable import DevHost

/// The recorded answers of a handler, and what became of them (Tests/Golden/host/e4).
@Suite struct AnswerRowTests {
    private static let status = "such a status line would only break the caller; it gets 500, and the log says why"
    private static let exceptions = [
        "E4-sc-0": status, "E4-sc-neg": status, "E4-sc-99": status, "E4-sc-100": status, "E4-sc-1000": status,
        "E4-hd-te": "the response would never end; the header is left out, and the log says so",
    ]

    @Test func `an answer becomes what the real host makes of it`() async throws {
        let host = try await RecordedHost(
            app: "rec", functions: ["h1", "h2", "h2q", "h3", "h3q", "hretry", "qo1", "qo2", "qo3", "qr"])
        var tally = GoldenTally("host/e4", exceptions: Self.exceptions)
        for row in try HostRow.all("e4") {
            let differences = try await Self.differences(row, at: host)
            tally.count(row.name, difference: differences.isEmpty ? nil : differences.joined(separator: "\n"))
        }
        tally.report()
        try await host.stop()
    }

    private static func differences(_ row: HostRow, at recorded: RecordedHost) async throws -> [String] {
        let sent = try #require(row.exchanges.first.flatMap { RawMessage($0.sent) })
        let function = String(try #require(sent.startLine.split(separator: " ").dropFirst().first).dropFirst())
        let before = await recorded.host.ends.count
        var found: [String] = []
        recorded.handler.prepare(row.exchanges.map { $0.answer.map { .bytes($0) } ?? .close })
        if let bytes = row.bytes("callerGot") {
            let response = try await recorded.call(try request(sent))
            found += response.differences(fromRecorded: try #require(RawMessage(bytes, isEnd: true)))
        } else {
            try await recorded.host.enqueue("go", to: "\(function)in")
            try await recorded.host.wait(forEnds: before + row.exchanges.count)
        }
        let ends = await recorded.host.ends.dropFirst(before)
        let effect = HostRow.Effect(row.effect)
        func compare<Value: Equatable>(_ what: String, _ ours: Value, _ theirs: Value) {
            if ours != theirs { found.append("\(what): ours \(ours), recorded \(theirs)") }
        }
        compare("requests to the handler", recorded.handler.received.count, row.exchanges.count)
        compare("succeeded", ends.map { $0.failure == nil }, effect.succeeded)
        // The recorder cut the blanks around a text.
        func trimmed(_ lines: [String]) -> [String] { lines.map { $0.trimmingCharacters(in: .whitespaces) } }
        compare("logs", trimmed(ends.flatMap(\.logs)), trimmed(effect.logs))
        if let queue = effect.queue {
            compare("queue", try await recorded.host.takeMessages(from: queue.name), queue.messages)
        }
        if effect.queue != nil, row.bytes("callerGot") == nil {
            compare("blob", try await recorded.host.takeBlob("\(function)blob/out.txt"), effect.blob)
        }
        return found
    }

    /// The caller's request, which is recorded only in the payload.
    private static func request(_ sent: RawMessage) throws -> [UInt8] {
        let payload = try JSONTree.parse(sent.body.span.bytes)
        let request = try #require(payload["Data"]?["req"])
        let url = try #require(URL(string: request["Url"]?.string ?? ""))
        let headers = (request["Headers"]?.members ?? []).flatMap { member in
            (member.tree.elements ?? []).map { "\(member.name): \($0.string ?? "")\r\n" }
        }
        return Array("\(request["Method"]?.string ?? "") \(url.path) HTTP/1.1\r\n\(headers.joined())\r\n".utf8)
    }
}

extension HostInProcess {
    func enqueue(_ text: String, to queue: String) throws {
        try host?.storage.queues.send(Array(text.utf8), to: queue)
        host?.storage.wake()
    }

    func takeMessages(from queue: String) throws -> [[UInt8]] {
        let messages = try host?.storage.queues.peek(queue, upTo: 100).map(\.body)
        try host?.storage.queues.clear(queue)
        return messages ?? []
    }

    func takeBlob(_ path: String) throws -> [UInt8]? {
        let file = app.folder.appending(path: ".luafunc/blobs/\(path)")
        let bytes = try? [UInt8](Data(contentsOf: file))
        if bytes != nil { try FileManager.default.removeItem(at: file) }
        return bytes
    }
}

extension HostRow {
    /// The recorder's text about what happened apart from HTTP.
    struct Effect {
        /// The queue's messages; nil if the recorder did not look.
        var queue: (name: String, messages: [[UInt8]])?
        /// The blob's content; nil if there was none.
        var blob: [UInt8]?
        /// The texts of `Logs`.
        private(set) var logs: [String] = []
        /// Each invocation's end.
        private(set) var succeeded: [Bool] = []

        init(_ text: String) {
            var isLog = false
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                if let match = line.firstMatch(of: #/^queue (\S+): \[(.*?)\] = /#), match.1 != "None" {
                    let texts = match.2.split(separator: ", ").map { $0.trimmingCharacters(in: ["'"]) }
                    queue = (String(match.1), texts.map { [UInt8](Data(base64Encoded: $0) ?? Data()) })
                } else if let match = line.firstMatch(of: #/^blob: b(['"].*?['"])(?: \{|$)/#) {
                    blob = Self.bytes(String(match.1.dropFirst().dropLast()))
                }
                if let match = line.firstMatch(of: #/^info Function\.\w+\.User\[0\] (.*)$/#) {
                    logs.append(String(match.1))
                    isLog = true
                } else if line.contains(#/^(info|trce|dbug|fail|warn|crit) /#) {
                    isLog = false
                } else if isLog {
                    logs[logs.count - 1] += "\n" + line
                }
                if line.hasPrefix("info Function.") || line.hasPrefix("fail Function.") {
                    if line.contains("(Succeeded") { succeeded.append(true) }
                    if line.contains("(Failed") { succeeded.append(false) }
                }
            }
        }

        /// The bytes of a Python literal.
        private static func bytes(_ literal: String) -> [UInt8] {
            var bytes: [UInt8] = []
            var rest = Array(literal.utf8)[...]
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() else {
                    bytes.append(byte)
                    continue
                }
                switch Character(Unicode.Scalar(escaped)) {
                case "n": bytes.append(10)
                case "r": bytes.append(13)
                case "t": bytes.append(9)
                case "x":
                    bytes += [UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0]
                    rest = rest.dropFirst(2)
                default: bytes.append(escaped)
                }
            }
            return bytes
        }
    }
}
