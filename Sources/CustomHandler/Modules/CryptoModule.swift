import Crypto
import Lua

extension Modules {
    /// `crypto`: digests and HMACs are lower-case hexadecimal text, or raw bytes with "raw" as the last argument.
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
                        let key = try stack.argumentBytes(2)
                        return try push(HMAC.of(try stack.argumentBytes(3), hash, key: key), form: 4, on: stack)
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
                        let first = try stack.argumentBytes(1)
                        stack.push(constantTimeEqual(first, try stack.argumentBytes(2)))
                        return 1
                    }
                ),
            ], onto: stack)
    }

    private static func digest(_ hash: HashFunction, on stack: LuaStack) throws(LuaError) -> Int {
        try push(Digest.of(try stack.argumentBytes(1), hash), form: 2, on: stack)
    }

    private static func push(_ bytes: [UInt8], form index: Int, on stack: LuaStack) throws(LuaError) -> Int {
        switch stack.isNil(at: index) ? "hex" : try stack.argumentText(index) {
        case "raw": stack.push(bytes: bytes)
        case "hex":
            let digits = Array("0123456789abcdef".utf8)
            stack.push(bytes: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        default: throw .argument(index, expected: "\"raw\" or \"hex\" expected")
        }
        return 1
    }
}
