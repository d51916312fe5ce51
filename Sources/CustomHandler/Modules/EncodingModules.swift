import FoundationEssentials
import FunctionsModel
import Lua

extension Modules {
    /// The module `base64`: encode, decode, and their URL-safe forms without padding.
    static func openBase64(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        pushTable(
            [
                ("encode", { stack throws(LuaError) in try encode(.plain, on: stack) }),
                ("decode", { stack throws(LuaError) in try decode(Base64.Decoder(), on: stack) }),
                ("encodeURL", { stack throws(LuaError) in try encode(.url, on: stack) }),
                ("decodeURL", { stack throws(LuaError) in try decode(Base64.Decoder(takesURL: true), on: stack) }),
            ], onto: stack)
    }

    private static func encode(_ alphabet: Base64.Alphabet, on stack: LuaStack) throws(LuaError) -> Int {
        try Transform.run(at: 1, of: stack) { text, offset, end, output throws(LuaError) in
            Base64.encode(text.extracting(offset..<end), alphabet, into: &output.bytes)
            return end
        }
    }

    private static func decode(_ decoder: Base64.Decoder, on stack: LuaStack) throws(LuaError) -> Int {
        var decoder = decoder
        return try Transform.run(at: 1, of: stack) { text, offset, end, output throws(LuaError) in
            decoder.decode(text.extracting(offset..<end), into: &output.bytes)
            return end
        } last: { output throws(LuaError) in
            guard decoder.finish(into: &output.bytes) else { throw .message("the text is not base64") }
        }
    }

    /// The module `uuid`: `v4()` is random, `v7()` sorts by time.
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
                        stack.push(timeOrdered(at: scope.clock.time).uuidString.lowercased())
                        return 1
                    }
                ),
            ], onto: stack)
    }

    /// A UUID of version 7 (RFC 9562 §5.7): 48 bits of Unix time in milliseconds, then random bits.
    private static func timeOrdered(at time: Double) -> UUID {
        var bytes = UUID().uuid
        let milliseconds = UInt64(time * 1000)
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
