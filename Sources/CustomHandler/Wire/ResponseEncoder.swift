import JSON
import Lua

/// Writes the value of an HTTP output (host-contract §9.5, §9.6). It is always an object with a text body, which the
/// host accepts for both a named output and `$return`.
extension OutputEncoder {
    mutating func appendResponse(at index: Int, place: Place) throws(OutputError) {
        guard stack.type(at: index) == .table, !metatables.isBytes(at: index, of: stack) else {
            if try appendBareBytes(at: index, place: place) { return }
            writer.append(raw: "{\"statusCode\":200,\"body\":")
            try appendBody(at: index, place: place)
            return writer.append(raw: "}")
        }
        let level = stack.count
        defer { stack.setCount(level) }
        let parts = try readResponse(at: index, place: place)
        writer.append(raw: "{\"statusCode\":")
        writer.append(integer: Int64(parts.status))
        try appendHeaders(of: parts, place: place)
        writer.append(raw: ",\"body\":")
        if parts.isBodyless {
            writer.append(raw: "\"\"")
        } else {
            try appendBody(at: parts.body, place: place.member("body"))
        }
        writer.append(raw: "}")
    }

    /// Writes a value that consists only of bytes. They can reach an HTTP caller only through `$return`, where the host
    /// turns base64 into a body of these bytes.
    private func appendBareBytes(at index: Int, place: Place) throws(OutputError) -> Bool {
        guard isBinary(at: index) else { return false }
        guard place == .returnValue else { throw .lost(place, binaryAdvice) }
        let isMarked = stack.type(at: index) == .table
        if isMarked { stack.pushElement(1, of: index) }
        defer { if isMarked { stack.pop() } }
        do throws(JSONError) {
            _ = try stack.withBytes(at: isMarked ? -1 : index) { bytes throws(JSONError) in
                try writer.append(base64: bytes, of: stack)
            }
        } catch {
            throw .unwritable(place, error)
        }
        return true
    }

    private var binaryAdvice: String {
        "a binary body cannot be sent through the host in a payload; name the http output '$return' and return the bytes alone, "
            + "send base64 text, or set \"enableForwardingHttpRequest\" in host.json"
    }

    private func appendHeaders(of parts: ResponseParts, place: Place) throws(OutputError) {
        let isJSON = !parts.isBodyless && stack.type(at: parts.body) == .table
        if parts.headers.isEmpty, parts.cookies.isEmpty, !isJSON { return }
        var headers = parts.headers
        headers += parts.cookies.map { .init(name: "Set-Cookie", values: [$0]) }
        let cookies = headers.filter { $0.name.lowercased() == "set-cookie" }.flatMap(\.values)
        guard cookies.count <= 1 else {
            throw .lost(
                place.member("cookies"),
                "the host passes at most one Set-Cookie on from a payload; send one cookie, or set "
                    + "\"enableForwardingHttpRequest\" in host.json")
        }
        if isJSON, !parts.hasHeader("content-type") {
            headers.append(.init(name: "content-type", values: ["application/json"]))
        }
        if headers.isEmpty { return }
        writer.append(raw: ",\"headers\":{")
        for (position, header) in headers.sorted(by: { $0.name < $1.name }).enumerated() {
            if position > 0 { writer.append(raw: ",") }
            writer.append(string: header.name)
            writer.append(raw: ":")
            let value = header.values.joined(separator: ", ")
            // White space around a header's value has no meaning in HTTP, but it keeps the host from treating the value
            // as a date.
            writer.append(string: DateTimeText.matches(value.utf8Span.span.bytes) ? value + " " : value)
        }
        writer.append(raw: "}")
    }

    /// Appends the body as a JSON string: text as it is, a table as JSON text.
    mutating func appendBody(at index: Int, place: Place) throws(OutputError) {
        if isBinary(at: index) { throw .lost(place, binaryAdvice) }
        switch stack.type(at: index) {
        case .nil, .none: writer.append(raw: "\"\"")
        case _ where stack.isNull(at: index): writer.append(raw: "\"\"")
        case .string:
            _ = try stack.withBytes(at: index) { text throws(OutputError) in try appendText(text, place) }
        case .table, .number, .boolean:
            let start = writer.count
            do throws(JSONError) {
                try writer.append(at: index, of: stack)
                try writer.quote(from: start, of: stack)
            } catch {
                throw .unwritable(place, error)
            }
        case .function, .thread, .userdata:
            let isFile = metatables.fileLength(at: index, of: stack) != nil
            guard isFile || stack.type(at: index) != .userdata else { throw Self.unsendable(.userdata, place) }
            guard let streamed else { return leaveUnwritten(at: index) }
            guard String(validating: streamed, as: UTF8.self) != nil else { throw .lost(place, binaryAdvice) }
            try appendText(streamed.span.bytes, place)
        case let other: throw Self.unsendable(other, place)
        }
    }

    /// Appends a text body. A line break at the end keeps the host from treating a date as such and rewriting it.
    private func appendText(_ text: RawSpan, _ place: Place) throws(OutputError) {
        guard DateTimeText.matches(text) else {
            do throws(JSONError) {
                return try writer.append(string: text, of: stack)
            } catch {
                throw .unwritable(place, error)
            }
        }
        let text = text.withUnsafeBytes { Array($0) } + [UInt8(ascii: "\n")]
        writer.append(string: text.span.bytes)
    }

    /// Records that the function, coroutine or file at `index` produces the body and must run before the payload is
    /// written.
    private mutating func leaveUnwritten(at index: Int) {
        if metatables.fileLength(at: index, of: stack) != nil {
            stack.pushBlockValue(1, of: index)
        } else {
            stack.pushValue(at: index)
        }
        unwritten = stack.reference()
    }

    static func unsendable(_ type: LuaType, _ place: Place) -> OutputError {
        .lost(
            place,
            "a body must be text, a number, a boolean, a table, or a function or coroutine that writes it, not "
                + "a \(type.name)")
    }
}
