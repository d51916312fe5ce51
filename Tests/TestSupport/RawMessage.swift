import Glibc

/// An HTTP request or response as its bytes say, without any repair.
public struct RawMessage: Sendable {
    public let startLine: String
    /// In the order of the message. Bytes that are not UTF-8 stand as U+FFFD.
    public let headers: [(name: String, value: String)]
    /// The body, with chunks joined.
    public let body: [UInt8]
    /// Whether the message itself says where it ends, so that the connection can be used again.
    public let isFramed: Bool

    /// nil while more bytes must come.
    ///
    /// - Parameters:
    ///   - isEnd: whether no more bytes come.
    ///   - hasNoBody: whether this is the response to a HEAD request.
    public init?(_ bytes: [UInt8], isEnd: Bool = false, hasNoBody: Bool = false) {
        let bytes = Self.final(bytes, isEnd: isEnd)
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
            guard isEnd else { return nil }
            startLine = String(decoding: bytes, as: UTF8.self)
            headers = []
            body = []
            isFramed = false
            return
        }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        startLine = lines.first.map(String.init) ?? ""
        let headers = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return (name: String(line[..<colon]), value: String(line[colon...].dropFirst().drop { $0 == " " }))
        }
        self.headers = headers
        func first(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
        let rest = Array(bytes[end.upperBound...])
        let isResponse = startLine.hasPrefix("HTTP/")
        let status = isResponse ? startLine.split(separator: " ").dropFirst().first : nil
        if hasNoBody || status == "204" || status == "304" {
            body = rest
            isFramed = true
        } else if first("transfer-encoding")?.lowercased() == "chunked" {
            let joined = Self.joined(rest)
            guard joined != nil || isEnd else { return nil }
            body = joined ?? rest
            isFramed = joined != nil
        } else if let length = first("content-length").flatMap(Int.init) {
            guard rest.count >= length || isEnd else { return nil }
            body = Array(rest.prefix(length))
            isFramed = rest.count >= length
        } else {
            guard isEnd || !isResponse else { return nil }
            body = isResponse ? rest : []
            isFramed = !isResponse
        }
    }

    /// The bytes behind an interim response.
    private static func final(_ bytes: [UInt8], isEnd: Bool) -> [UInt8] {
        guard bytes.starts(with: Array("HTTP/1.1 100 ".utf8)), let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)),
            !isEnd || end.upperBound < bytes.count
        else { return bytes }
        return Array(bytes[end.upperBound...])
    }

    /// The chunks' content; nil before the last chunk.
    private static func joined(_ bytes: [UInt8]) -> [UInt8]? {
        var (content, rest): ([UInt8], ArraySlice<UInt8>) = ([], bytes[...])
        while let line = rest.firstRange(of: Array("\r\n".utf8)) {
            let size = String(decoding: rest[rest.startIndex..<line.lowerBound], as: UTF8.self)
            guard let length = Int(size, radix: 16) else { return nil }
            if length == 0 { return content }
            guard rest.endIndex - line.upperBound >= length + 2 else { return nil }
            content += rest[line.upperBound..<line.upperBound + length]
            rest = rest[(line.upperBound + length + 2)...]
        }
        return nil
    }
}

extension RawMessage {
    /// Sends exactly these bytes to a server on loopback; returns its response. A response that never ends counts as
    /// far as it came within thirty seconds; nil if none came.
    public static func response(to request: [UInt8], port: Int) throws -> RawMessage? {
        let descriptor = try RawConnection.connectedDescriptor(port: port)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var rest = request[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { break }
            rest = rest.dropFirst(sent)
        }
        let isHead = request.starts(with: Array("HEAD ".utf8))
        var response: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let message = RawMessage(response, hasNoBody: isHead) { return message }
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            response += chunk.prefix(count)
        }
        return RawMessage(response, isEnd: true, hasNoBody: isHead)
    }

    /// Compares two responses to a caller, apart from the time, the server's name, and the order of headers.
    public func differences(fromRecorded recorded: RawMessage, dropping dropped: Set<String> = []) -> [String] {
        func sorted(_ message: RawMessage) -> [String] {
            message.headers.map { "\($0.name.lowercased()): \($0.value)" }
                .filter { line in !dropped.union(["date", "server"]).contains { line.hasPrefix("\($0):") } }.sorted()
        }
        var found: [String] = []
        if startLine != recorded.startLine { found.append("status: ours \(startLine), \(recorded.startLine)") }
        if sorted(self) != sorted(recorded) { found.append("headers: ours \(sorted(self)), \(sorted(recorded))") }
        if body != recorded.body { found.append("body: ours \(Masks.text(body)), \(Masks.text(recorded.body))") }
        return found.map { "to the caller: \($0)" }
    }
}
