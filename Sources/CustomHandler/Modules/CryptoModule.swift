import Crypto
import FunctionsModel
import Lua

extension Modules {
    /// The module `crypto`. It returns digests and HMACs as lower-case hexadecimal text, or as raw bytes if the last
    /// argument is "raw".
    static func openCrypto(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        pushTable(
            [
                ("sha256", { stack throws(LuaError) in try digest(.sha256, on: stack) }),
                ("sha384", { stack throws(LuaError) in try digest(.sha384, on: stack) }),
                ("sha512", { stack throws(LuaError) in try digest(.sha512, on: stack) }),
                (
                    "hmac",
                    { stack throws(LuaError) in
                        let name = try stack.argumentText(1)
                        guard let hash = HashFunction(rawValue: name), [.sha256, .sha384, .sha512].contains(hash) else {
                            throw .argument(1, expected: "no hash '\(name)'; there are sha256, sha384 and sha512")
                        }
                        guard stack.withBytes(at: 2, { $0.byteCount <= keyLimit }) != false else {
                            throw .argument(2, expected: "a key of at most \(ByteCount.text(keyLimit)) expected")
                        }
                        let code = Code(hash, key: try stack.argumentBytes(2))
                        return try work(at: 3, form: 4, on: stack, update: code.update, finish: code.finish)
                    }
                ),
                (
                    "random",
                    { stack throws(LuaError) in
                        guard let count = stack.integer(at: 1), 0...1 << 20 ~= count else {
                            throw .argument(1, expected: "number of bytes from 0 to 1048576 expected")
                        }
                        stack.push(bytes: randomBytes(Int(count)))
                        return 1
                    }
                ),
                (
                    "equal",
                    { stack throws(LuaError) in
                        try equal(on: stack)
                    }
                ),
            ], onto: stack)
    }

    /// The maximum length of a key. A longer key is probably a mistake, such as the content of a file.
    private static let keyLimit = 64 << 10

    private static func digest(_ hash: HashFunction, on stack: LuaStack) throws(LuaError) -> Int {
        let summing = Summing(hash)
        return try work(at: 1, form: 2, on: stack, update: summing.update, finish: summing.finish)
    }

    /// Holds an unfinished digest or HMAC, which cannot be copied.
    private final class Summing {
        private var digest: Digest?
        init(_ hash: HashFunction) { digest = Digest(hash) }
        func update(_ bytes: RawSpan) { digest?.update(bytes) }
        func finish() -> [UInt8] { digest.take()?.finish() ?? [] }
    }

    private final class Code {
        private var code: HMAC?
        init(_ hash: HashFunction, key: [UInt8]) { code = HMAC(hash, key: key) }
        func update(_ bytes: RawSpan) { code?.update(bytes) }
        func finish() -> [UInt8] { code.take()?.finish() ?? [] }
    }

    private static func work(
        at index: Int, form: Int, on stack: LuaStack, update: @escaping (RawSpan) -> Void,
        finish: @escaping () -> [UInt8]
    ) throws(LuaError) -> Int {
        guard stack.type(at: index) == .string else { throw stack.wrongArgument(index, "string") }
        let isRaw = try isRaw(at: form, of: stack)
        var offset = 0
        return try stack.work { stack throws(LuaError) in
            let before = offset
            let isDone = stack.withBytes(at: index) { text in
                offset = min(text.byteCount, offset + Stretch.bytes)
                update(text.extracting(before..<offset))
                return offset == text.byteCount
            }
            guard isDone != false else { return .more(after: offset - before) }
            stack.push(bytes: isRaw ? finish() : hexadecimal(finish()))
            return .results(1)
        }
    }

    /// Compares two texts. The time depends only on the length of the first text, not on the content of the second.
    private static func equal(on stack: LuaStack) throws(LuaError) -> Int {
        for index in [1, 2] where stack.type(at: index) != .string { throw stack.wrongArgument(index, "string") }
        var offset = 0
        var isEqual = true
        return try stack.work { stack throws(LuaError) in
            let before = offset
            let isDone = stack.withBytes(at: 1) { first in
                stack.withBytes(at: 2) { second in
                    offset = min(first.byteCount, offset + Stretch.bytes)
                    let piece = first.extracting(before..<offset)
                    let isSameLength = first.byteCount == second.byteCount
                    let other = isSameLength ? second.extracting(before..<offset) : piece
                    let isSame = constantTimeEqual(piece, other)
                    isEqual = isEqual && isSame && isSameLength
                    return offset == first.byteCount
                }
            }
            guard isDone != false else { return .more(after: offset - before) }
            stack.push(isEqual)
            return .results(1)
        }
    }

    private static func isRaw(at index: Int, of stack: LuaStack) throws(LuaError) -> Bool {
        switch stack.isNil(at: index) ? "hex" : try stack.argumentText(index) {
        case "raw": return true
        case "hex": return false
        default: throw .argument(index, expected: "\"raw\" or \"hex\" expected")
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
}
