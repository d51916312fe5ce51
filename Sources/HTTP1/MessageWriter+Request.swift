extension MessageWriter {
    /// The kind of body that follows the head of a request.
    public enum RequestBody: Hashable, Sendable {
        case none
        case length(Int)
        case chunked
    }

    /// Appends the head of a request. Leaves out fields that frame the body, `Host`, `Connection`, and invalid fields.
    ///
    /// - Parameter keepsPlaces: whether `Host`, the field that frames the body, and `Connection: keep-alive` go where
    ///   `fields` has fields of these names.
    /// - Returns: false, with nothing appended, if the method, the target or the host is invalid: see
    ///   `HTTPFields.isValidName`, `isValidTarget` and `isValidHost`.
    public static func appendHead(
        method: HTTPMethod, target: String, host: String, fields: HTTPFields, body: RequestBody,
        keepsAlive: Bool = true, keepsPlaces: Bool = false, into output: inout [UInt8]
    ) -> Bool {
        guard HTTPFields.isValidName(method.text), HTTPFields.isValidTarget(target), HTTPFields.isValidHost(host)
        else { return false }
        var (name, target, host) = (method.text, target, host)
        let room = 128 + name.utf8.count + target.utf8.count + host.utf8.count + fields.room
        ByteCursor.append(to: &output, room: room) { cursor in
            name.withUTF8 { cursor.put(UnsafeRawBufferPointer($0)) }
            cursor.put(" ")
            target.withUTF8 { cursor.put(UnsafeRawBufferPointer($0)) }
            cursor.put(" HTTP/1.1\r\n")
            if keepsPlaces {
                putInPlaces(fields, &host, method, body, keepsAlive, &cursor)
            } else {
                putHost(&host, &cursor)
                put(fields, without: { isFraming($0) || $0.equalsIgnoringCase("host") }, &cursor)
                putFraming(method, body, &cursor)
            }
            if !keepsAlive { cursor.put("Connection: close\r\n") }
            cursor.put("\r\n")
        }
        return true
    }

    private static func putInPlaces(
        _ fields: HTTPFields, _ host: inout String, _ method: HTTPMethod, _ body: RequestBody, _ keepsAlive: Bool,
        _ cursor: inout ByteCursor
    ) {
        var (hasHost, isFramed) = (false, false)
        if !fields.contains("host") { putHost(&host, &cursor) }
        fields.withFieldBytes { name, value in
            if name.equalsIgnoringCase("host") {
                if !hasHost { putHost(&host, &cursor) }
                hasHost = true
            } else if name.equalsIgnoringCase("connection") {
                if keepsAlive, value.equalsIgnoringCase("keep-alive") { put(name, value, &cursor) }
            } else if isFraming(name) {
                if !isFramed { putFraming(method, body, &cursor) }
                isFramed = true
            } else {
                put(name, value, &cursor)
            }
        }
        if !isFramed { putFraming(method, body, &cursor) }
    }

    private static func putHost(_ host: inout String, _ cursor: inout ByteCursor) {
        cursor.put("Host: ")
        host.withUTF8 { cursor.put(UnsafeRawBufferPointer($0)) }
        cursor.put("\r\n")
    }

    private static func putFraming(_ method: HTTPMethod, _ body: RequestBody, _ cursor: inout ByteCursor) {
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
    }
}
