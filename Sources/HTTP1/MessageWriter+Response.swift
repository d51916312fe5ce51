extension MessageWriter {
    /// The body after the head of a response.
    public enum ResponseBody: Hashable, Sendable {
        case length(Int)
        /// The length is unknown: the body goes out in chunks to clients who understand them; otherwise it ends with
        /// the connection.
        case streamed
    }

    /// How the connection must continue after the written head.
    public struct Ending: Hashable, Sendable {
        /// The body must be written; otherwise the response is complete with its head.
        public let hasBody: Bool
        /// The body is written by `appendChunk` and `appendLastChunk`.
        public let isChunked: Bool
        /// The connection serves another request afterwards.
        public let keepsAlive: Bool
    }

    /// Appends the head of a response. Leaves out those of `fields` that frame the body, `Connection`, and invalid
    /// ones.
    ///
    /// - Parameter status: an invalid status is sent as 500.
    /// - Parameter request: the request to answer; nil if it could not be read.
    /// - Parameter keepsAlive: the server's own wish; the request's counts as well.
    public static func appendHead(
        status: Int, fields: HTTPFields, body: ResponseBody, to request: RequestTraits?, keepsAlive: Bool = true,
        into output: inout [UInt8]
    ) -> Ending {
        let ending = ending(status, body, request, keepsAlive)
        ByteCursor.append(to: &output, room: ownRoom + fields.room) { cursor in
            putStatusLine(status, &cursor)
            put(fields, without: isFraming, &cursor)
            putFraming(ending, body, status, request, &cursor)
        }
        return ending
    }

    /// Appends a whole response whose only fields are the content type and the length.
    public static func append(
        status: Int, contentType: StaticString, body: RawSpan, to request: RequestTraits?, keepsAlive: Bool = true,
        into output: inout [UInt8]
    ) -> Ending {
        let length = ResponseBody.length(body.byteCount)
        let ending = ending(status, length, request, keepsAlive)
        let room = ownRoom + contentType.utf8CodeUnitCount + body.byteCount
        ByteCursor.append(to: &output, room: room) { cursor in
            putStatusLine(status, &cursor)
            cursor.put("content-type: ")
            cursor.put(contentType)
            cursor.put("\r\n")
            putFraming(ending, length, status, request, &cursor)
            if ending.hasBody { cursor.put(body) }
        }
        return ending
    }

    /// An informational head, such as `100 Continue`.
    public static func appendInformational(status: Int, into output: inout [UInt8]) {
        ByteCursor.append(to: &output, room: ownRoom) { cursor in
            putStatusLine(status, &cursor)
            cursor.put("\r\n")
        }
    }

    /// Enough for everything that the writer itself adds.
    private static let ownRoom = 256

    // MARK: -

    private static func ending(
        _ status: Int, _ body: ResponseBody, _ request: RequestTraits?, _ keepsAlive: Bool
    ) -> Ending {
        let isHead = request?.isHead == true
        let mayHaveBody = mayHaveBody(status)
        let isStreamed = body == .streamed && mayHaveBody
        // The answer to HEAD must not even have the last, empty chunk, and a client of HTTP/1.0 knows no chunks.
        let endsWithConnection = isStreamed && (isHead || request?.version != .http11)
        return Ending(
            hasBody: mayHaveBody && !isHead, isChunked: isStreamed && !endsWithConnection,
            keepsAlive: keepsAlive && request?.keepsAlive == true && !endsWithConnection)
    }

    /// 1xx, 204 and 304 have neither body nor length (RFC 9110 §8.6, §15).
    private static func mayHaveBody(_ status: Int) -> Bool { status >= 200 && status != 204 && status != 304 }

    private static func putStatusLine(_ status: Int, _ cursor: inout ByteCursor) {
        let status = 100...999 ~= status ? status : 500
        if status == 200 { return cursor.put("HTTP/1.1 200 OK\r\n") }
        cursor.put("HTTP/1.1 ")
        cursor.put(decimal: status)
        cursor.put(" ")
        cursor.put(ReasonPhrase.text(status))
        cursor.put("\r\n")
    }

    private static func putFraming(
        _ ending: Ending, _ body: ResponseBody, _ status: Int, _ request: RequestTraits?, _ cursor: inout ByteCursor
    ) {
        if ending.isChunked {
            cursor.put("transfer-encoding: chunked\r\n")
        } else if case .length(let length) = body, mayHaveBody(status) {
            cursor.put("content-length: ")
            cursor.put(decimal: length)
            cursor.put("\r\n")
        }
        if !ending.keepsAlive {
            cursor.put("connection: close\r\n")
        } else if request?.version == .http10 {
            cursor.put("connection: keep-alive\r\n")
        }
        cursor.put("\r\n")
    }
}
