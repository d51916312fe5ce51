extension MessageWriter {
    /// What follows the head of a request.
    public enum RequestBody: Hashable, Sendable {
        case none
        case length(Int)
        case chunked
    }

    /// Appends the head of a request. Of `fields`, those that frame the body, `Host` and `Connection` are left out, and
    /// those that are not valid.
    ///
    /// - Returns: false, and nothing is appended, where method, target or host could not be read back as what they are:
    ///   see `HTTPFields.isValidName`, `isValidTarget` and `isValidHost`.
    public static func appendHead(
        method: HTTPMethod, target: String, host: String, fields: HTTPFields, body: RequestBody,
        keepsAlive: Bool = true, into output: inout [UInt8]
    ) -> Bool {
        guard HTTPFields.isValidName(method.text), HTTPFields.isValidTarget(target), HTTPFields.isValidHost(host)
        else { return false }
        output.append(contentsOf: method.text.utf8)
        output.append(" ")
        output.append(contentsOf: target.utf8)
        output.append(" HTTP/1.1\r\nHost: ")
        output.append(contentsOf: host.utf8)
        output.append("\r\n")
        append(fields, without: { isFraming($0) || $0.equalsIgnoringCase("host") }, into: &output)
        switch body {
        case .none:
            // A server may wait for the body of a method that usually has one (RFC 9110 §8.6).
            if method == .post || method == .put || method == .patch { output.append("Content-Length: 0\r\n") }
        case .length(let length):
            output.append("Content-Length: ")
            output.append(decimal: length)
            output.append("\r\n")
        case .chunked: output.append("Transfer-Encoding: chunked\r\n")
        }
        if !keepsAlive { output.append("Connection: close\r\n") }
        output.append("\r\n")
        return true
    }
}
