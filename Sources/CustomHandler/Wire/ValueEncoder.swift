import FunctionsModel
import HTTP1
import JSON
import Lua

/// Writes the value of one non-HTTP output so that the host delivers exactly that value (host-contract §9.3, §9.4).
///
/// The host rewrites texts in three ways: it decodes texts that look like base64 to bytes, it changes ISO date-times to
/// .NET's notation, and for collections of messages it splits a JSON text. A text at risk is sent in another form: as
/// base64 of its bytes if the host delivers these as bytes, or else as the only element of a list, which the host does
/// not decode.
struct ValueEncoder {
    let kind: Binding.Output
    /// Whether the output has `dataType: "binary"`. This turns off the host's decoding of base64, and with it the only
    /// way to send bytes.
    let isBinary: Bool
    let type: String
    let place: Place
    let metatables: Metatables
    let stack: LuaStack
    let writer: JSONWriter

    func append(at index: Int) throws(OutputError) {
        switch stack.type(at: index) {
        case .nil, .none: writer.append(raw: "null")
        case _ where stack.isNull(at: index): writer.append(raw: "null")
        case .table where metatables.isBytes(at: index, of: stack):
            stack.pushElement(1, of: index)
            defer { stack.pop() }
            try appendBytes(at: stack.count)
        case .table: try appendTable(at: index)
        case .string:
            guard stack.isUTF8(at: index) else { return try appendBytes(at: index) }
            _ = try stack.withBytes(at: index) { text throws(OutputError) in try appendText(text, from: index) }
        default:
            let text = try text(at: index)
            try appendText(text.span.bytes, from: index)
        }
    }

    /// Whether the host delivers base64 as bytes.
    private var takesBytes: Bool {
        switch kind {
        case .blob, .messages: !isBinary
        default: false
        }
    }

    /// The host makes one message or row from each element of a list.
    private var isCollection: Bool { kind != .blob }

    // MARK: Text and bytes

    /// The JSON text of a string, number or boolean. If a number or boolean were sent directly, the host would write
    /// `True`, or a number's raw memory, into a blob.
    private func text(at index: Int) throws(OutputError) -> [UInt8] {
        if let bytes = stack.bytes(at: index) { return bytes }
        let start = writer.count
        defer { writer.truncate(to: start) }
        try appendJSON(at: index)
        return writer.bytes(from: start)
    }

    /// - Parameter text: UTF-8.
    private func appendText(_ text: RawSpan, from index: Int) throws(OutputError) {
        let isTree = isCollection && isJSONLike(text)
        if kind == .documents, !isTree {
            throw .lost(place, "'\(type)' takes a table or a list of tables, not \(stack.type(at: index).name)")
        }
        let looksLikeBase64 = !isBinary && Base64.isBase64(text)
        let looksLikeDate = DateTimeText.matches(text)
        let isTakenApart = isTree && kind != .documents
        if !looksLikeBase64, !looksLikeDate, !isTakenApart {
            try write { writer throws(JSONError) in try writer.append(string: text, of: stack) }
        } else if takesBytes {
            try write { writer throws(JSONError) in try writer.append(base64: text, of: stack) }
        } else if isCollection, !looksLikeDate {
            writer.append(raw: "[")
            try write { writer throws(JSONError) in try writer.append(string: text, of: stack) }
            writer.append(raw: "]")
        } else if looksLikeDate {
            throw .lost(place, dateAdvice)
        } else {
            throw .lost(place, "the host would decode this text as base64; remove \"dataType\" from the output")
        }
    }

    private var dateAdvice: String {
        "the host would rewrite this date-time text; "
            + (kind == .blob || kind == .messages
                ? "remove \"dataType\" from the output, or send one message per invocation"
                : "put it into a table, or add a word to it")
    }

    private func appendBytes(at index: Int) throws(OutputError) {
        guard takesBytes else {
            throw .lost(
                place,
                isBinary
                    ? "\"dataType\": \"binary\" on the output makes the host write base64 as text; remove it to send bytes"
                    : "bytes that are not UTF-8 text cannot reach '\(type)'; send base64 text: "
                        + "require(\"base64\").encode(s)")
        }
        _ = try stack.withBytes(at: index) { bytes throws(OutputError) in
            try write { writer throws(JSONError) in try writer.append(base64: bytes, of: stack) }
        }
    }

    /// Whether the text begins and ends like an object or a list.
    private func isJSONLike(_ text: RawSpan) -> Bool {
        var first = 0
        var last = text.byteCount - 1
        while first < last, isSpace(text[first]) { first += 1 }
        while first < last, isSpace(text[last]) { last -= 1 }
        guard first < last else { return false }
        return text[first] == UInt8(ascii: "{") && text[last] == UInt8(ascii: "}")
            || text[first] == UInt8(ascii: "[") && text[last] == UInt8(ascii: "]")
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }

    // MARK: Tables

    private func appendTable(at index: Int) throws(OutputError) {
        stack.expandDeferred(at: index)
        let start = writer.count
        let sawDateTime = try appendJSON(at: index)
        let isList = writer.withSpan(from: start) { $0[0] } == UInt8(ascii: "[")
        if isCollection, isList {
            writer.truncate(to: start)
            return try appendList(at: index)
        }
        // The host would rewrite date-times inside a table.
        guard sawDateTime else { return }
        if takesBytes {
            let text = try taken(from: start)
            try write { writer throws(JSONError) in try writer.append(base64: text.span.bytes, of: stack) }
        } else if kind == .textMessages || kind == .messages {
            try quoteAsElement(from: start)
        } else if kind == .blob {
            throw .lost(
                place, "the host would rewrite the date-times in this table; remove \"dataType\" from the output")
        }
    }

    /// Writes a list as several messages or rows, one for each element.
    private func appendList(at index: Int) throws(OutputError) {
        let count = stack.length(at: index)
        writer.append(raw: "[")
        for position in 0..<count {
            if position > 0 { writer.append(raw: ",") }
            stack.pushElement(position + 1, of: index)
            try element(position + 1).appendElement(at: stack.count, isOnly: count == 1)
            stack.pop()
        }
        writer.append(raw: "]")
    }

    private func element(_ position: Int) -> ValueEncoder {
        ValueEncoder(
            kind: kind, isBinary: isBinary, type: type, place: place.element(position), metatables: metatables,
            stack: stack,
            writer: writer)
    }

    private func appendElement(at index: Int, isOnly: Bool) throws(OutputError) {
        switch stack.type(at: index) {
        case .nil, .none: writer.append(raw: "null")
        case _ where stack.isNull(at: index): writer.append(raw: "null")
        case .table where metatables.isBytes(at: index, of: stack):
            throw .lost(place, "bytes cannot be one of several messages; return them alone")
        case .table:
            let start = writer.count
            if try appendJSON(at: index), kind == .messages || kind == .textMessages {
                try write { writer throws(JSONError) in try writer.quote(from: start, of: stack) }
            }
        default:
            guard kind != .documents else {
                throw .lost(place, "'\(type)' takes tables, not \(stack.type(at: index).name)")
            }
            let text = try text(at: index)
            guard stack.isUTF8(at: index) else {
                throw .lost(place, "bytes that are not UTF-8 text cannot be one of several messages; return them alone")
            }
            guard !DateTimeText.matches(text.span.bytes) else { throw .lost(place, dateAdvice) }
            try write { writer throws(JSONError) in try writer.append(string: text.span.bytes, of: stack) }
        }
    }

    private func quoteAsElement(from start: Int) throws(OutputError) {
        let text = try taken(from: start)
        writer.append(raw: "[")
        try write { writer throws(JSONError) in try writer.append(string: text.span.bytes, of: stack) }
        writer.append(raw: "]")
    }

    /// Removes and returns the text written since `start`.
    private func taken(from start: Int) throws(OutputError) -> [UInt8] {
        guard stack.hasRoom(for: writer.count - start) else {
            throw .unwritable(place, .unwritable(.tooLarge(limit: stack.memoryLimit), path: ""))
        }
        let text = writer.bytes(from: start)
        writer.truncate(to: start)
        return text
    }

    private func write(_ body: (JSONWriter) throws(JSONError) -> Void) throws(OutputError) {
        do throws(JSONError) { try body(writer) } catch { throw .unwritable(place, error) }
    }

    /// Appends the value as JSON. Returns true if a text in it is a date-time.
    @discardableResult
    private func appendJSON(at index: Int) throws(OutputError) -> Bool {
        writer.sawDateTime = false
        do throws(JSONError) {
            try writer.append(at: index, of: stack)
        } catch {
            throw .unwritable(place, error)
        }
        return writer.sawDateTime
    }
}
