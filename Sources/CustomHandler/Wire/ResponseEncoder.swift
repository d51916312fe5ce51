import Lua

/// The members of an HTTP output's value that a handler may use.
let responseMembers = ["statusCode", "status", "headers", "body", "cookies"]

/// The value of an HTTP output (host-contract §9.5, §9.6): always an object with a text body, which both the named
/// output and `$return` take.
extension OutputEncoder {
    func appendResponse(at index: Int, place: String) throws(OutputError) {
        guard stack.type(at: index) == .table, !stack.hasMetatable(at: index, marks.bytes) else {
            if try appendBareBytes(at: index, place: place) { return }
            writer.append(raw: "{\"statusCode\":200,\"body\":")
            try appendBody(at: index, place: place)
            return writer.append(raw: "}")
        }
        stack.expandDeferred(at: index)
        try checkMembers(at: index, place: place)
        let level = stack.count
        defer { stack.setCount(level) }
        let status = try status(at: index, place: place)
        writer.append(raw: "{\"statusCode\":\(status)")
        stack.pushField("headers", of: index)
        let headers = stack.count
        stack.pushField("body", of: index)
        let body = stack.count
        try appendHeaders(at: headers, body: body, of: index, place: place)
        writer.append(raw: ",\"body\":")
        if status == 204 || status == 304 {
            guard stack.isNil(at: body) || stack.isNull(at: body) || stack.withBytes(at: body, { $0.isEmpty }) == true
            else {
                throw .lost("\(place).body", "a response with status \(status) has no body; leave it away")
            }
            writer.append(raw: "\"\"}")
        } else {
            try appendBody(at: body, place: "\(place).body")
            writer.append(raw: "}")
        }
    }

    /// Bytes alone reach an HTTP caller only through `$return`, where base64 becomes a body of these bytes.
    private func appendBareBytes(at index: Int, place: String) throws(OutputError) -> Bool {
        guard let bytes = bytes(at: index) else { return false }
        guard place == "ReturnValue" else { throw .lost(place, binaryAdvice) }
        writer.append(string: Base64.encode(bytes))
        return true
    }

    /// The bytes of `azure.bytes`, or of a string that is not UTF-8; nil for all else.
    private func bytes(at index: Int) -> [UInt8]? {
        if stack.type(at: index) == .table, stack.hasMetatable(at: index, marks.bytes) {
            stack.pushElement(1, of: index)
            defer { stack.pop() }
            return stack.bytes(at: -1) ?? []
        }
        let bytes = stack.bytes(at: index)
        guard let bytes, String(validating: bytes, as: UTF8.self) == nil else { return nil }
        return bytes
    }

    private var binaryAdvice: String {
        "a binary body cannot pass the host in a payload; name the http output '$return' and return the bytes alone, "
            + "or send base64 text"
    }

    private func checkMembers(at index: Int, place: String) throws(OutputError) {
        var unknown: String?
        stack.forEachPair(at: index) { () throws(Never) in
            let name = stack.string(at: -2) ?? "\(stack.integer(at: -2) ?? 0)"
            if !responseMembers.contains(name), unknown.map({ name < $0 }) ?? true { unknown = name }
        }
        if let unknown { throw .unknownMember(unknown, of: "\(place), an HTTP response,", allowed: responseMembers) }
    }

    // MARK: Status

    private func status(at index: Int, place: String) throws(OutputError) -> Int64 {
        stack.pushField("status", of: index)
        stack.pushField("statusCode", of: index)
        defer { stack.pop(2) }
        if stack.isNil(at: -1) {
            stack.pushValue(at: -2)
            stack.replace(at: stack.count - 1)
        } else if !stack.isNil(at: -2) {
            throw .lost("\(place).status", "statusCode is there, too, and means the same; write one of them")
        }
        if stack.isNil(at: -1) { return 200 }
        let written = stack.integer(at: -1) ?? stack.string(at: -1).flatMap { Int64($0) }
        guard let written, 200...599 ~= written else {
            throw .lost("\(place).statusCode", "a status is a whole number from 200 to 599")
        }
        return written
    }

    // MARK: Headers

    private func appendHeaders(at index: Int, body: Int, of response: Int, place: String) throws(OutputError) {
        var headers: [(name: String, value: String)] = []
        if !stack.isNil(at: index) {
            guard stack.type(at: index) == .table else {
                throw .notATable("\(place).headers", got: stack.type(at: index).name)
            }
            stack.expandDeferred(at: index)
            try stack.forEachPair(at: index) { () throws(OutputError) in
                guard let name = stack.string(at: -2) else {
                    throw .notATable("\(place).headers", got: "a list; write { [\"name\"] = \"value\" }")
                }
                let place = "\(place).headers[\"\(name)\"]"
                guard isToken(name) else { throw .lost(place, "this is not a header name") }
                if let twin = headers.first(where: { $0.name.lowercased() == name.lowercased() }) {
                    throw .lost(place, "the header is there twice, also as '\(twin.name)'; the host would drop one")
                }
                let value = try headerValue(name, place: place)
                if name.lowercased() == "content-length" {
                    try checkLength(value, body: body, place: place)
                } else {
                    headers.append((name, value))
                }
            }
        }
        let cookies = try SetCookie.values(of: response, on: stack, place: place)
        if let cookie = cookies.first {
            guard cookies.count == 1, !headers.contains(where: { $0.name.lowercased() == "set-cookie" }) else {
                throw .lost("\(place).cookies", Self.cookieAdvice)
            }
            headers.append(("Set-Cookie", cookie))
        }
        if stack.type(at: body) == .table, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            headers.append(("content-type", "application/json"))
        }
        if headers.isEmpty { return }
        writer.append(raw: ",\"headers\":{")
        for (position, header) in headers.sorted(by: { $0.name < $1.name }).enumerated() {
            if position > 0 { writer.append(raw: ",") }
            writer.append(string: header.name)
            writer.append(raw: ":")
            // White space around a header's value means nothing in HTTP, but keeps the host from seeing a date.
            writer.append(
                string: DateTimeText.matches(header.value.utf8Span.span.bytes) ? header.value + " " : header.value)
        }
        writer.append(raw: "}")
    }

    /// The text of the header value on top.
    private func headerValue(_ name: String, place: String) throws(OutputError) -> String {
        let text: String
        switch stack.type(at: -1) {
        case .string: text = stack.string(at: -1) ?? ""
        case .number: text = stack.numberText(at: -1) ?? ""
        case .boolean: text = stack.boolean(at: -1) ? "true" : "false"
        case .table:
            let values = try listTexts(place: place)
            guard name.lowercased() != "set-cookie" || values.count <= 1 else { throw .lost(place, Self.cookieAdvice) }
            text = values.joined(separator: ", ")
        case let other: throw .lost(place, "a header value is text, not \(other.name)")
        }
        guard !text.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) else {
            throw .lost(place, "a header value cannot hold line breaks or control characters")
        }
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw .lost(place, "a header value holds ASCII characters only; encode the others")
        }
        return text
    }

    private func listTexts(place: String) throws(OutputError) -> [String] {
        stack.expandDeferred(at: -1)
        var texts: [String] = []
        for position in 0..<stack.length(at: -1) {
            stack.pushElement(position + 1, of: -1)
            defer { stack.pop() }
            guard let text = stack.string(at: -1) else {
                throw .lost(place, "a list of header values holds texts only")
            }
            texts.append(text)
        }
        return texts
    }

    private func checkLength(_ value: String, body: Int, place: String) throws(OutputError) {
        let length = stack.withBytes(at: body) { $0.byteCount } ?? 0
        guard stack.type(at: body) != .table, Int(value) == length else {
            throw .lost(place, "the length is counted for you; leave the header away")
        }
    }

    private static var cookieAdvice: String {
        "the host passes at most one Set-Cookie on from a payload; send one cookie, or set "
            + "\"enableForwardingHttpRequest\" in host.json"
    }

    private func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                byte > 0x20 && byte < 0x7f && !"()<>@,;:\\\"/[]?={}".utf8.contains(byte)
            }
    }

    // MARK: Body

    /// Appends the body as a JSON string: text as it is, a table as JSON text.
    func appendBody(at index: Int, place: String) throws(OutputError) {
        if bytes(at: index) != nil { throw .lost(place, binaryAdvice) }
        switch stack.type(at: index) {
        case .nil, .none: writer.append(raw: "\"\"")
        case _ where stack.isNull(at: index): writer.append(raw: "\"\"")
        case .string:
            let text = stack.string(at: index) ?? ""
            // A line break at the end keeps the host from taking the body for a date and rewriting it.
            writer.append(string: DateTimeText.matches(text.utf8Span.span.bytes) ? text + "\n" : text)
        case .table, .number, .boolean:
            let start = writer.count
            do throws(JSONError) {
                try writer.append(at: index, of: stack)
            } catch {
                throw .unwritable(place, error)
            }
            writer.quote(from: start)
        case let other: throw .lost(place, "a body is text, a number, a boolean or a table, not a \(other.name)")
        }
    }
}
