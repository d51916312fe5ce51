import Crypto
import Lua

extension Modules {
    /// `crypto`: digests and HMACs are lower-case hexadecimal text, or raw bytes with "raw" as the last argument.
    static func openCrypto(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        pushTable(
            [
                ("sha256", { stack throws(LuaError) in try digest(SHA256.self, on: stack) }),
                ("sha384", { stack throws(LuaError) in try digest(SHA384.self, on: stack) }),
                ("sha512", { stack throws(LuaError) in try digest(SHA512.self, on: stack) }),
                (
                    "hmac",
                    { stack throws(LuaError) in
                        switch try stack.argumentText(1) {
                        case "sha256": try hmac(SHA256.self, on: stack)
                        case "sha384": try hmac(SHA384.self, on: stack)
                        case "sha512": try hmac(SHA512.self, on: stack)
                        case let name:
                            throw .argument(1, expected: "no hash '\(name)'; there are sha256, sha384 and sha512")
                        }
                    }
                ),
                (
                    "random",
                    { stack throws(LuaError) in
                        guard let count = stack.integer(at: 1), 0...1 << 20 ~= count else {
                            throw .argument(1, expected: "number of bytes from 0 to 1048576 expected")
                        }
                        stack.push(bytes: random(Int(count)))
                        return 1
                    }
                ),
                (
                    "equal",
                    { stack throws(LuaError) in
                        let first = try stack.argumentBytes(1)
                        let second = try stack.argumentBytes(2)
                        // As long as it takes for the first text, whatever the second holds.
                        var difference = first.count ^ second.count
                        for index in first.indices {
                            difference |= Int(first[index] ^ (second.isEmpty ? 0 : second[index % second.count]))
                        }
                        stack.push(difference == 0)
                        return 1
                    }
                ),
            ], onto: stack)
    }

    /// From the system's generator, which is fit for keys.
    private static func random(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 7)
        while bytes.count < count {
            let word = generator.next()
            for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        return Array(bytes.prefix(count))
    }

    private static func digest<Hash: HashFunction>(_ hash: Hash.Type, on stack: LuaStack) throws(LuaError) -> Int {
        let bytes = try stack.argumentBytes(1)
        return try push([UInt8](Hash.hash(data: bytes)), form: 2, on: stack)
    }

    private static func hmac<Hash: HashFunction>(_ hash: Hash.Type, on stack: LuaStack) throws(LuaError) -> Int {
        let key = SymmetricKey(data: try stack.argumentBytes(2))
        let code = HMAC<Hash>.authenticationCode(for: try stack.argumentBytes(3), using: key)
        return try push([UInt8](code), form: 4, on: stack)
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
