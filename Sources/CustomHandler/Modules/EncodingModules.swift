import FoundationEssentials
import Lua

extension Modules {
    /// `base64`: encode, decode, and the URL-safe forms without padding.
    static func openBase64(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        pushTable(
            [
                (
                    "encode",
                    { stack throws(LuaError) in
                        stack.push(Base64.encode(try stack.argumentBytes(1)))
                        return 1
                    }
                ),
                ("decode", { stack throws(LuaError) in try decode(try stack.argumentText(1), on: stack) }),
                (
                    "encodeURL",
                    { stack throws(LuaError) in
                        let text = Base64.encode(try stack.argumentBytes(1))
                        stack.push(String(text.filter { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }))
                        return 1
                    }
                ),
                (
                    "decodeURL",
                    { stack throws(LuaError) in
                        var text = String(
                            try stack.argumentText(1).filter { $0 != "=" }.map {
                                $0 == "-" ? "+" : $0 == "_" ? "/" : $0
                            })
                        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
                        return try decode(text, on: stack)
                    }
                ),
            ], onto: stack)
    }

    private static func decode(_ text: String, on stack: LuaStack) throws(LuaError) -> Int {
        guard let bytes = Base64.decode(text) else { throw .message("the text is not base64") }
        stack.push(bytes: bytes)
        return 1
    }

    /// `uuid`: `v4()` is random, `v7()` sorts by time.
    static func openUUID(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        pushTable(
            [
                (
                    "v4",
                    { stack throws(LuaError) in
                        stack.push(UUID().uuidString.lowercased())
                        return 1
                    }
                ),
                (
                    "v7",
                    { stack throws(LuaError) in
                        stack.push(timeOrdered().uuidString.lowercased())
                        return 1
                    }
                ),
            ], onto: stack)
    }

    /// RFC 9562 §5.7: 48 bits of Unix milliseconds before the random ones.
    private static func timeOrdered() -> UUID {
        var bytes = UUID().uuid
        let milliseconds = UInt64(Date().timeIntervalSince1970 * 1000)
        bytes.0 = UInt8(truncatingIfNeeded: milliseconds >> 40)
        bytes.1 = UInt8(truncatingIfNeeded: milliseconds >> 32)
        bytes.2 = UInt8(truncatingIfNeeded: milliseconds >> 24)
        bytes.3 = UInt8(truncatingIfNeeded: milliseconds >> 16)
        bytes.4 = UInt8(truncatingIfNeeded: milliseconds >> 8)
        bytes.5 = UInt8(truncatingIfNeeded: milliseconds)
        bytes.6 = 0x70 | (bytes.6 & 0x0f)
        return UUID(uuid: bytes)
    }
}

/// Base64 as .NET's `Convert` reads and writes it.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// nil for what is not base64. White space is no error.
    static func decode(_ text: String) -> [UInt8]? {
        guard isBase64(text.utf8Span.span.bytes) else { return nil }
        let plain = text.utf8.filter { !isSpace($0) }
        return Data(base64Encoded: Data(plain)).map { [UInt8]($0) }
    }

    /// Whether the host would take this text for bytes (host-contract §9.3 a): white space aside, a multiple of four
    /// characters of the alphabet, with at most two `=` at the end. The empty text counts.
    static func isBase64(_ text: RawSpan) -> Bool {
        var characters = 0
        var padding = 0
        for index in 0..<text.byteCount {
            let byte = text[index]
            if isSpace(byte) { continue }
            characters += 1
            if byte == UInt8(ascii: "=") {
                padding += 1
            } else if padding > 0 || !isInAlphabet(byte) {
                return false
            }
        }
        return characters % 4 == 0 && padding <= 2
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }

    private static func isInAlphabet(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
