import Foundation
public import JSON

/// A recorded exchange of the real host (Tests/Golden/host).
public struct HostRow: Sendable {
    public let name: String
    public let tree: JSONTree

    public static func all(_ file: String) throws -> [HostRow] {
        try Golden.rows("host/\(file)").map { HostRow(name: $0["name"]?.string ?? "", tree: $0) }
    }

    /// The bytes of a member; nil if it is absent, or recorded only in part.
    public func bytes(_ member: String) -> [UInt8]? {
        guard let value = tree[member] else { return nil }
        if let text = value.string { return Array(text.utf8) }
        return value["base64"]?.string.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }
    }

    /// What happened apart from HTTP, as the recorder wrote it down: the response to its caller, the queues and blobs,
    /// and the host's log.
    public var effect: String { tree["effect"]?.string ?? "" }

    /// What the host sent to the handler and got, in order. A missing answer means that the handler closed the
    /// connection.
    public var exchanges: [(sent: [UInt8], answer: [UInt8]?)] {
        var found: [(sent: [UInt8], answer: [UInt8]?)] = []
        while true {
            let suffix = found.isEmpty ? "" : "-\(found.count + 1)"
            guard let sent = bytes("hostSent\(suffix)") else { return found }
            found.append((sent, bytes("handlerAnswered\(suffix)")))
        }
    }
}

/// Hides what differs from one recording to the next: ids, times of now, ports.
public enum Masks {
    /// The differences of two messages after masking; empty if there are none.
    ///
    /// - Parameter more: hides what else differs.
    public static func differences(
        _ ours: RawMessage, _ theirs: RawMessage, dropping dropped: Set<String> = [],
        masking more: (String) -> String = { $0 }
    ) -> [String] {
        var found: [String] = []
        func mask(_ text: String) -> String { more(Masks.mask(text)) }
        func compare(_ what: String, _ first: String, _ second: String) {
            if first != second { found.append("\(what): ours \(first), recorded \(second)") }
        }
        compare("first line", mask(ours.startLine), mask(theirs.startLine))
        func headers(_ message: RawMessage) -> [String] {
            let kept = message.headers.filter { !dropped.contains($0.name.lowercased()) }
            return kept.map { mask("\($0.name): \($0.value)") }
        }
        let (own, recorded) = (headers(ours), headers(theirs))
        if own != recorded { compare("headers", "\(own)", "\(recorded)") }
        compare("body", mask(text(ours.body)), mask(text(theirs.body)))
        return found
    }

    public static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    public static func mask(_ text: String) -> String {
        var text = text
        text.replace(#/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#, with: "ID")
        text.replace(#/(127\.0\.0\.1|localhost):\d+/#) { "\($0.1):PORT" }
        // A time of now keeps its form, but for the digits and how many of them are the fraction.
        text.replace(
            #/"(UtcNow|InsertionTime|NextVisibleTime|ExpirationTime|LastModified|CreatedOn|AccessTierChangedOn|Last|LastUpdated|Next)":"(20[^"]*)"/#
        ) { match in
            "\"\(match.1)\":\"\(String(match.2).replacing(#/\.\d+/#, with: "").replacing(#/\d/#, with: "0"))\""
        }
        // The trace that a caller of the recordings began is not random.
        text.replace(#/traceparent: 00-([0-9a-f]{32})-[0-9a-f]{16}-/#) { match in
            "traceparent: 00-\(match.1 == "4bf92f3577b34da6a3ce929d0e0e4736" ? "CALLER" : "TRACE")-SPAN-"
        }
        // The recorder named the content type of blobs, of which the files of this machine have none.
        text.replace(#/("ContentLength":\d+,"ContentType":)"(text/plain|application/octet-stream)"/#) { "\($0.1)TYPE" }
        text.replace(#/"(PopReceipt|ETag)":"(\\")?[^"\\]*(\\")?"/#) { match in
            "\"\(match.1)\":\"\(match.2 ?? "")MASKED\(match.3 ?? "")\""
        }
        return text
    }
}
