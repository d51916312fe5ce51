import HTTP1
import Lua

/// The lines of a server-sent event.
enum EventLines {
    /// Converts the text at 1 to `data: ` lines, whatever line ends it has.
    static func data(on stack: LuaStack) throws(LuaError) -> Int {
        let prefix = Array("data: ".utf8)
        var isFirst = true
        return try Transform.run(at: 1, of: stack) { text, offset, end, output throws(LuaError) in
            if isFirst { output.bytes += prefix }
            isFirst = false
            var offset = offset
            while offset < end {
                let byte = text[offset]
                offset += 1
                guard byte == 0x0a || byte == 0x0d else {
                    output.bytes.append(byte)
                    continue
                }
                if byte == 0x0d, offset < text.byteCount, text[offset] == 0x0a { offset += 1 }
                output.bytes.append(0x0a)
                output.bytes += prefix
            }
            return offset
        }
    }

    /// Whether the text is a single line and not too long.
    static func isLine(at index: Int, of stack: LuaStack) -> Bool {
        stack.withBytes(at: index) { text in
            guard text.byteCount <= limit else { return false }
            for index in 0..<text.byteCount where [0x0a, 0x0d, 0].contains(text[index]) { return false }
            return true
        } ?? false
    }

    private static let limit = 64 << 10
}
