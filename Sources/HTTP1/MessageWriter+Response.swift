extension MessageWriter {
    /// The kind of body that follows the head of a response.
    public enum ResponseBody: Hashable, Sendable {
        case length(Int)
        /// The length is unknown. The body is sent in chunks if the client understands them. Otherwise it ends with the
        /// connection.
        case streamed
        /// Sent likewise, but the whole body is there, so that the response to HEAD leaves the connection open.
        case chunked
    }

    /// What the caller must do after the head was written.
    public struct Ending: Hashable, Sendable {
        /// Whether the caller must write the body. Otherwise the response is complete.
        public let hasBody: Bool
        /// Whether the caller must write the body with `appendChunk` and `appendLastChunk`.
        public let isChunked: Bool
        /// Whether the connection may serve another request afterwards.
        public let keepsAlive: Bool
    }

    /// Appends the head of a response. Leaves out fields that frame the body, `Connection`, and invalid fields.
    ///
    /// - Parameter status: an invalid status is sent as 500.
    /// - Parameter reason: the text after the status; nil, or one that is not valid, for the usual one.
    /// - Parameter request: the request that is answered, or nil if it could not be parsed.
    /// - Parameter keepsAlive: whether the server wants to keep the connection. The request must want it too.
    public static func appendHead(
        status: Int, reason: String? = nil, fields: HTTPFields, body: ResponseBody, to request: RequestTraits?,
        keepsAlive: Bool = true, into output: inout [UInt8]
    ) -> Ending {
        let ending = ending(status, body, request, keepsAlive)
        let room = ownRoom + fields.room + (reason?.utf8.count ?? 0)
        ByteCursor.append(to: &output, room: room) { cursor in
            if var reason, HTTPFields.isValidValue(Array(reason.utf8)), 100...999 ~= status {
                put(status, &reason, &cursor)
            } else {
                putStatusLine(status, &cursor)
            }
            // A 304 may announce the length of the response that it stands for (RFC 9110 §8.6).
            if status == 304 {
                put(fields, without: { isFraming($0) && $0.count != 14 }, &cursor)
            } else {
                put(fields, without: isFraming, &cursor)
            }
            // A copy of another server's response may say what HTTP/1.1 means anyway.
            if reason != nil, ending.keepsAlive, request?.version == .http11,
                fields.first("connection")?.lowercased() == "keep-alive"
            {
                cursor.put("connection: keep-alive\r\n")
            }
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

    /// Enough bytes for everything that the writer itself adds.
    private static let ownRoom = 256

    // MARK: -

    private static func ending(
        _ status: Int, _ body: ResponseBody, _ request: RequestTraits?, _ keepsAlive: Bool
    ) -> Ending {
        let isHead = request?.isHead == true
        let mayHaveBody = mayHaveBody(status)
        let hasNoLength = if case .length = body { false } else { mayHaveBody }
        // A response to HEAD must not even contain the last, empty chunk, and HTTP/1.0 clients do not know chunks.
        let endsWithConnection = hasNoLength && (isHead ? body == .streamed : request?.version != .http11)
        return Ending(
            hasBody: mayHaveBody && !isHead, isChunked: hasNoLength && !isHead && !endsWithConnection,
            keepsAlive: keepsAlive && request?.keepsAlive == true && !endsWithConnection)
    }

    /// Responses with 1xx, 204 and 304 have neither a body nor a length (RFC 9110 §8.6, §15).
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

    private static func put(_ status: Int, _ reason: inout String, _ cursor: inout ByteCursor) {
        cursor.put("HTTP/1.1 ")
        cursor.put(decimal: status)
        cursor.put(" ")
        reason.withUTF8 { cursor.put(UnsafeRawBufferPointer($0)) }
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
