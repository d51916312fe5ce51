/// The reason why a text is not JSON, or why a Lua value cannot be written as JSON.
public enum JSONError: Error, Equatable, Sendable {
    /// A syntax error. `line` and `column` count from 1; the column counts bytes.
    case syntax(SyntaxReason, line: Int, column: Int)
    /// A Lua value at `path` (`.a.b[3]`, or empty for the value itself) has no JSON form.
    case unwritable(ValueReason, path: String)

    public enum SyntaxReason: Error, Equatable, Sendable {
        case unexpectedEnd
        case unexpected(UInt8, wanted: String)
        case trailing
        case tooDeep(limit: Int)
        case invalidUTF8
        case controlCharacter
        case invalidEscape
        case loneSurrogate
        case invalidNumber
        case numberOutOfRange
        /// In bytes.
        case memoryLimit(Int)
        case timeLimit
        /// .NET reads the text as a date that it cannot hold.
        case dateOutOfRange(String)
        /// A value that is JSON, but not of the kind that it must be.
        case wrongKind(String, String, wanted: String)
    }

    public enum ValueReason: Equatable, Sendable {
        case type(String)
        case notFinite(Double)
        case invalidUTF8(byte: Int)
        case mixedKeys
        case hole(index: Int)
        case key(String)
        case cycle
        case tooLarge(limit: Int)
        case timeLimit
        case tooDeep(limit: Int)
        /// The value takes long to write, so the caller must write it in slices first; see `JSONWriter.patience`.
        case long
    }
}

extension JSONError {
    /// Whether the invocation reached a limit. In that case, nothing is wrong with the text or the value.
    public var isLimit: Bool {
        switch self {
        case .unwritable(.tooLarge, _), .unwritable(.timeLimit, _), .syntax(.memoryLimit, _, _),
            .syntax(.timeLimit, _, _):
            true
        default: false
        }
    }
}

extension JSONError {
    /// Whether the table takes long to write, so that it must be written in slices first.
    public var isLong: Bool { if case .unwritable(.long, _) = self { true } else { false } }

    /// A size as people write it.
    fileprivate static func size(_ bytes: Int) -> String {
        for (unit, size) in [("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)] where bytes >= size && bytes % size == 0
        {
            return "\(bytes / size) \(unit)"
        }
        return "\(bytes) bytes"
    }
}

extension JSONError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .syntax(let fault, let line, let column): "line \(line), column \(column): \(fault.sentence)"
        case .unwritable(let obstacle, let path): path.isEmpty ? obstacle.sentence : "\(path): \(obstacle.sentence)"
        }
    }
}

extension JSONError.SyntaxReason {
    var sentence: String {
        switch self {
        case .unexpectedEnd: "the text ends in the middle of a value"
        case .unexpected(let byte, let wanted): "\(show(byte)) where \(wanted) should be"
        case .trailing: "more text after the value"
        case .tooDeep(let limit): "nested deeper than \(limit) levels"
        case .invalidUTF8: "bytes that are not UTF-8"
        case .controlCharacter: "a control character inside a string; write it as an escape such as \\n"
        case .invalidEscape: "an escape that JSON does not know"
        case .loneSurrogate: "half of a surrogate pair"
        case .invalidNumber: "a number that JSON does not allow"
        case .numberOutOfRange: "a number too large for a double"
        case .memoryLimit(let limit): "the values take more than the function's \(JSONError.size(limit))"
        case .timeLimit: "the time limit was exceeded"
        case .dateOutOfRange(let text): "the text '\(text)' is parsed as a date, and .NET has only the years 1 to 9999"
        case .wrongKind(let what, let kind, let wanted): "\(what) is \(kind); it must be \(wanted)"
        }
    }

    private func show(_ byte: UInt8) -> String {
        (0x21...0x7e).contains(byte) ? "'\(Character(UnicodeScalar(byte)))'" : "byte \(byte)"
    }
}

extension JSONError.ValueReason {
    var sentence: String {
        switch self {
        case .type(let name): "a \(name) value has no JSON form"
        case .notFinite(let value): "\(value.isNaN ? "NaN" : "infinity") has no JSON form"
        case .invalidUTF8(let byte):
            "a string that is not UTF-8 (byte \(byte)); encode binary data with the base64 module"
        case .mixedKeys: "a table with both list elements and named fields; keep them in two tables"
        case .hole(let index): "a list with a hole at index \(index); use json.null for an empty element"
        case .key(let name): "a \(name) key; a JSON object's keys are strings"
        case .cycle: "a table that contains itself"
        case .timeLimit: "the time limit was exceeded"
        case .long: "a value that takes long to write"
        case .tooLarge(let limit): "the JSON text takes more than the function's \(JSONError.size(limit))"
        case .tooDeep(let limit): "nested deeper than \(limit) levels"
        }
    }
}
