import Lua

/// The text of an input, which is an expression or a chunk.
struct PromptChunk {
    let text: [UInt8]
    let name: String
    /// Whether nothing can follow the text, as at the end of a file.
    let isWhole: Bool

    /// Compiles it. [+1]
    func load(onto stack: LuaStack) throws(LuaFailure) {
        let isMarked = text.first == UInt8(ascii: "=")
        do throws(LuaFailure) {
            try load("return ", isMarked ? text.dropFirst() : text[...], onto: stack)
        } catch let asExpression {
            if isMarked { throw asExpression }
            do throws(LuaFailure) {
                try load("", text[...], onto: stack)
            } catch {
                // `{` begins an expression, but no chunk.
                throw asExpression.isUnfinished || isRefusedAtStart(error) ? asExpression : error
            }
        }
    }

    private func load(_ prefix: String, _ text: ArraySlice<UInt8>, onto stack: LuaStack) throws(LuaFailure) {
        var code = Array(prefix.utf8) + text
        // An error at the end of a file names its last line. At a prompt, a line break makes an open string an error, and
        // not the beginning of a longer input.
        while code.last == UInt8(ascii: "\n") { code.removeLast() }
        if !isWhole { code.append(UInt8(ascii: "\n")) }
        try stack.load(code.span.bytes, name: name)
    }

    /// Whether the text begins with what cannot begin a chunk, so that the message about it as an expression says more.
    private func isRefusedAtStart(_ error: LuaFailure) -> Bool {
        guard let complaint = error.message.firstRange(of: "unexpected symbol near '") else { return false }
        let symbol = error.message[complaint.upperBound...].dropLast()
        return String(decoding: text.drop { $0 <= 0x20 }.prefix(100), as: UTF8.self).hasPrefix(symbol.prefix(50))
    }
}

extension LuaFailure {
    /// Whether more text could make the chunk compile.
    var isUnfinished: Bool { message.hasSuffix("near <eof>") }
}
