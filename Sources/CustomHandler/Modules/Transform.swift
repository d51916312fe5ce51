import HTTP1
import Lua

/// Makes a new text from a script's text, piece by piece.
struct Transform {
    /// The new text. It counts against the function's memory limit.
    final class Output {
        var bytes: [UInt8] = []
        private let held: HeldBytes

        init(_ vm: LuaVM?) { held = HeldBytes(vm) }

        func count() { held.set(bytes.capacity) }
    }

    /// The size of a piece in bytes. It is a multiple of base64's groups in both directions.
    static let piece = 48 << 10

    /// Makes a text from the string at `index`. `body` appends its result for the bytes from `offset` to `end` and
    /// returns the position that it reached, which is at most two bytes beyond `end`. `last` appends what follows the
    /// end.
    static func run(
        at index: Int, of stack: LuaStack,
        _ body: @escaping (_ text: RawSpan, _ offset: Int, _ end: Int, Output) throws(LuaError) -> Int,
        last: @escaping (Output) throws(LuaError) -> Void = { _ throws(LuaError) in }
    ) throws(LuaError) -> Int {
        guard stack.type(at: index) == .string else { throw stack.wrongArgument(index, "string") }
        let output = Output(stack.owner)
        var offset = 0
        return try stack.work { stack throws(LuaError) in
            let before = offset
            let isDone = try stack.withBytes(at: index) { text throws(LuaError) in
                offset = try body(text, offset, min(text.byteCount, offset + piece), output)
                return offset >= text.byteCount
            }
            guard isDone != false else {
                output.count()
                return .more(after: offset - before)
            }
            try last(output)
            output.count()
            try stack.demand(output.bytes.count)
            stack.push(bytes: output.bytes)
            return .results(1)
        }
    }
}
