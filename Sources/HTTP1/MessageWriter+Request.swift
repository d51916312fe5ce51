extension MessageWriter {
    /// The kind of body that follows the head of a request.
    public enum RequestBody: Hashable, Sendable {
        case none
        case length(Int)
        case chunked
    }

    /// Appends the head of a request. Leaves out fields that frame the body, `Host`, `Connection`, and invalid fields.
    ///
    /// - Returns: false, with nothing appended, if the method, the target or the host is invalid: see
    ///   `HTTPFields.isValidName`, `isValidTarget` and `isValidHost`.
    public static func appendHead(
        method: HTTPMethod, target: String, host: String, fields: HTTPFields, body: RequestBody,
        keepsAlive: Bool = true, into output: inout [UInt8]
    ) -> Bool {
        guard HTTPFields.isValidName(method.text), HTTPFields.isValidTarget(target), HTTPFields.isValidHost(host)
        else { return false }
        var (name, target, host) = (method.text, target, host)
        let room = 128 + name.utf8.count + target.utf8.count + host.utf8.count + fields.room
        ByteCursor.append(to: &output, room: room) { cursor in
            name.withUTF8 { cursor.put(UnsafeRawBufferPointer($0)) }
            cursor.put(" ")
            target.withUTF8 { cursor.put(UnsafeRawBufferPointer($0)) }
            cursor.put(" HTTP/1.1\r\nHost: ")
            host.withUTF8 { cursor.put(UnsafeRawBufferPointer($0)) }
            cursor.put("\r\n")
            put(fields, without: { isFraming($0) || $0.equalsIgnoringCase("host") }, &cursor)
            putFraming(method, body, keepsAlive, &cursor)
        }
        return true
    }

    private static func putFraming(
        _ method: HTTPMethod, _ body: RequestBody, _ keepsAlive: Bool, _ cursor: inout ByteCursor
    ) {
        switch body {
        case .none:
            // A server may wait for the body of a method that usually has one (RFC 9110 §8.6).
            if method == .post || method == .put || method == .patch { cursor.put("Content-Length: 0\r\n") }
        case .length(let length):
            cursor.put("Content-Length: ")
            cursor.put(decimal: length)
            cursor.put("\r\n")
        case .chunked: cursor.put("Transfer-Encoding: chunked\r\n")
        }
        if !keepsAlive { cursor.put("Connection: close\r\n") }
        cursor.put("\r\n")
    }
}
