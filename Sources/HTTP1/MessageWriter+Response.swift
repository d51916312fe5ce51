extension MessageWriter {
    /// What follows the head of a response.
    public enum ResponseBody: Hashable, Sendable {
        case length(Int)
        /// Its length is not known: it goes out in chunks to those who understand them, else its end is that of the
        /// connection.
        case streamed
    }

    /// What the head that was written commits its connection to.
    public struct Ending: Hashable, Sendable {
        /// The body is to be written; otherwise the response is complete with its head.
        public let hasBody: Bool
        /// The body is written by `appendChunk` and `appendLastChunk`.
        public let isChunked: Bool
        /// The connection serves another request afterwards.
        public let keepsAlive: Bool
    }

    /// Appends the head of a response. Of `fields`, those that frame the body and `Connection` are left out, and those
    /// that are not valid; but the answer to HEAD may say a length of its own where `body` has none.
    ///
    /// - Parameter status: one that is no status is sent as 500.
    /// - Parameter request: the request that is answered; nil where it could not be read.
    /// - Parameter keepsAlive: the server's own wish; the request's counts as well.
    public static func appendHead(
        status: Int, fields: HTTPFields, body: ResponseBody, to request: RequestTraits?, keepsAlive: Bool = true,
        into output: inout [UInt8]
    ) -> Ending {
        let ending = ending(status, body, request, keepsAlive)
        appendStatusLine(status, into: &output)
        append(fields, without: isFraming, into: &output)
        let ownLength = request?.isHead == true && body == .length(0) ? announcedLength(fields) : nil
        appendFraming(ending, ownLength.map { .length($0) } ?? body, status, request, into: &output)
        return ending
    }

    /// Appends a whole response whose only fields are the content type and the length.
    public static func append(
        status: Int, contentType: StaticString, body: RawSpan, to request: RequestTraits?, keepsAlive: Bool = true,
        into output: inout [UInt8]
    ) -> Ending {
        let length = ResponseBody.length(body.byteCount)
        let ending = ending(status, length, request, keepsAlive)
        guard status == 200, ending.hasBody, ending.keepsAlive, request?.version == .http11 else {
            appendStatusLine(status, into: &output)
            output.append("content-type: ")
            output.append(contentType)
            output.append("\r\n")
            appendFraming(ending, length, status, request, into: &output)
            if ending.hasBody { output.append(copying: body) }
            return ending
        }
        // What nearly all responses are is written in one piece. The room is what the parts have, a number of 20 digits
        // among them.
        output.appendUnchecked(96 + contentType.utf8CodeUnitCount + body.byteCount) { start in
            var end = start
            end.append("HTTP/1.1 200 OK\r\ncontent-type: ")
            end.append(contentType)
            end.append("\r\ncontent-length: ")
            end.append(decimal: body.byteCount)
            end.append("\r\n\r\n")
            body.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress { end.copyMemory(from: base, byteCount: bytes.count) }
            }
            return end - start + body.byteCount
        }
        return ending
    }

    /// An informational head, such as `100 Continue`.
    public static func appendInformational(status: Int, into output: inout [UInt8]) {
        appendStatusLine(status, into: &output)
        output.append("\r\n")
    }

    // MARK: -

    private static func ending(
        _ status: Int, _ body: ResponseBody, _ request: RequestTraits?, _ keepsAlive: Bool
    ) -> Ending {
        let isHead = request?.isHead == true
        let mayHaveBody = mayHaveBody(status)
        let isStreamed = body == .streamed && mayHaveBody
        // The answer to HEAD must not have even the last, empty chunk, and a client of HTTP/1.0 knows no chunks.
        let endsWithConnection = isStreamed && (isHead || request?.version != .http11)
        return Ending(
            hasBody: mayHaveBody && !isHead, isChunked: isStreamed && !endsWithConnection,
            keepsAlive: keepsAlive && request?.keepsAlive == true && !endsWithConnection)
    }

    /// 1xx, 204 and 304 have neither body nor length (RFC 9110 §8.6, §15).
    private static func mayHaveBody(_ status: Int) -> Bool { status >= 200 && status != 204 && status != 304 }

    private static func appendStatusLine(_ status: Int, into output: inout [UInt8]) {
        let status = 100...999 ~= status ? status : 500
        if status == 200 { return output.append("HTTP/1.1 200 OK\r\n") }
        output.append("HTTP/1.1 ")
        output.append(decimal: status)
        output.append(" ")
        output.append(ReasonPhrase.text(status))
        output.append("\r\n")
    }

    private static func appendFraming(
        _ ending: Ending, _ body: ResponseBody, _ status: Int, _ request: RequestTraits?, into output: inout [UInt8]
    ) {
        if ending.isChunked {
            output.append("transfer-encoding: chunked\r\n")
        } else if case .length(let length) = body, mayHaveBody(status) {
            output.append("content-length: ")
            output.append(decimal: length)
            output.append("\r\n")
        }
        if !ending.keepsAlive {
            output.append("connection: close\r\n")
        } else if request?.version == .http10 {
            output.append("connection: keep-alive\r\n")
        }
        output.append("\r\n")
    }

    private static func announcedLength(_ fields: HTTPFields) -> Int? {
        let values = fields.values("content-length")
        guard values.count == 1, let value = values.first, value.utf8.allSatisfy(\.isDigit) else { return nil }
        return Int(value)
    }
}

/// Unsafe: who writes has made sure that there is room.
extension UnsafeMutableRawPointer {
    @inline(__always)
    fileprivate mutating func append(_ text: StaticString) {
        copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        self += text.utf8CodeUnitCount
    }

    @inline(__always)
    fileprivate mutating func append(decimal number: Int) {
        var (rest, digits) = (number, 1)
        while rest >= 10 {
            rest /= 10
            digits &+= 1
        }
        rest = number
        for place in (0..<digits).reversed() {
            storeBytes(of: UInt8(truncatingIfNeeded: 0x30 &+ rest % 10), toByteOffset: place, as: UInt8.self)
            rest /= 10
        }
        self += digits
    }
}
