import Crypto
import FunctionsModel
import Lua

extension Modules {
    /// The module `crypto`. It returns digests, HMACs and derived keys as lower-case hexadecimal text, or as raw bytes if
    /// the last argument is "raw".
    static func openCrypto(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        pushTable(
            [
                ("md5", { stack throws(LuaError) in try digest(.md5, on: stack) }),
                ("sha1", { stack throws(LuaError) in try digest(.sha1, on: stack) }),
                ("sha256", { stack throws(LuaError) in try digest(.sha256, on: stack) }),
                ("sha384", { stack throws(LuaError) in try digest(.sha384, on: stack) }),
                ("sha512", { stack throws(LuaError) in try digest(.sha512, on: stack) }),
                (
                    "hmac",
                    { stack throws(LuaError) in
                        let name = try stack.argumentText(1)
                        guard let hash = HashFunction(rawValue: name) else {
                            throw .argument(1, expected: noHash(name))
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
                ("equal", { stack throws(LuaError) in try equal(on: stack) }),
                ("pbkdf2", { stack throws(LuaError) in try pbkdf2(on: stack) }),
                ("sign", { stack throws(LuaError) in try sign(on: stack, scope) }),
                ("verify", { stack throws(LuaError) in try verifySignature(on: stack, scope) }),
            ], onto: stack)
        pushAESGCM(onto: stack)
        stack.setField("aesGcm", of: -2)
    }

    static func noHash(_ name: String) -> String {
        let known = HashFunction.allCases.map(\.rawValue)
        let question = NearestName.question(name, among: known)
        return "no hash '\(name.prefix(40))'; there are \(known.joined(separator: ", "))\(question)"
    }

    /// The maximum length of a key. A longer key is probably a mistake, such as the content of a file.
    static let keyLimit = 64 << 10

    private static func digest(_ hash: HashFunction, on stack: LuaStack) throws(LuaError) -> Int {
        let summing = Summing(hash)
        return try work(at: 1, form: 2, on: stack, update: summing.update, finish: summing.finish)
    }

    /// Holds an unfinished digest or HMAC, which cannot be copied.
    final class Summing {
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
        return try inPieces(
            0..<length(at: index, of: stack), on: stack,
            process: { stack, piece in _ = stack.withBytes(at: index) { update($0.extracting(piece)) } },
            end: { stack in
                stack.push(bytes: isRaw ? finish() : hexadecimal(finish()))
                return 1
            })
    }

    /// Processes a range of bytes in steps of at most `Stretch.bytes`, and calls `end` in a step of its own.
    static func inPieces(
        _ range: Range<Int>, on stack: LuaStack, process: @escaping (LuaStack, _ piece: Range<Int>) -> Void,
        end: @escaping (LuaStack) throws(LuaError) -> Int
    ) throws(LuaError) -> Int {
        var rest = range
        return try stack.work { stack throws(LuaError) in
            guard !rest.isEmpty else { return .results(try end(stack)) }
            let piece = rest.prefix(Stretch.bytes)
            rest = piece.upperBound..<rest.upperBound
            process(stack, piece)
            return .more(after: piece.count)
        }
    }

    static func length(at index: Int, of stack: LuaStack) -> Int { stack.withBytes(at: index) { $0.byteCount } ?? 0 }

    /// Compares two texts. The time depends only on the length of the first text, not on the content of the second.
    private static func equal(on stack: LuaStack) throws(LuaError) -> Int {
        for index in [1, 2] where stack.type(at: index) != .string { throw stack.wrongArgument(index, "string") }
        let length = length(at: 1, of: stack)
        let isSameLength = self.length(at: 2, of: stack) == length
        var isEqual = isSameLength
        return try inPieces(
            0..<length, on: stack,
            process: { stack, piece in
                _ = stack.withBytes(at: 1) { first in
                    stack.withBytes(at: isSameLength ? 2 : 1) { second in
                        let isSame = constantTimeEqual(first.extracting(piece), second.extracting(piece))
                        isEqual = isEqual && isSame
                    }
                }
            },
            end: { stack in
                stack.push(isEqual)
                return 1
            })
    }

    static func isRaw(at index: Int, of stack: LuaStack) throws(LuaError) -> Bool {
        switch stack.isNil(at: index) ? "hex" : try stack.argumentText(index) {
        case "raw": return true
        case "hex": return false
        default: throw .argument(index, expected: "\"raw\" or \"hex\" expected")
        }
    }

    static func hexadecimal(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
}
