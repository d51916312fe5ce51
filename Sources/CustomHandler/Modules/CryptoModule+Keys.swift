import Crypto
import Lua

/// `crypto.sign` and `crypto.verify`.
extension Modules {
    /// `crypto.sign(algorithm, key, text [, "der"])` returns the bytes of the signature.
    static func sign(on stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Int {
        let (algorithm, key) = try signature(of: "crypto.sign", on: stack, scope)
        guard key.isPrivate else { throw .message("crypto.sign: the key is a public key; only a private key signs") }
        let form = try form(at: 4, of: stack, algorithm)
        return try withDigest(algorithm, on: stack) { stack, digest throws(LuaError) in
            do throws(KeyError) {
                stack.push(bytes: try key.sign(digest, algorithm, form: form))
            } catch {
                throw .message("crypto.sign: \(error)")
            }
        }
    }

    /// `crypto.verify(algorithm, key, text, signature [, "der"])` returns whether the signature is valid.
    static func verifySignature(on stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Int {
        let (algorithm, key) = try signature(of: "crypto.verify", on: stack, scope)
        guard stack.type(at: 4) == .string else { throw stack.wrongArgument(4, "string") }
        let form = try form(at: 5, of: stack, algorithm)
        // A longer one cannot be valid.
        let isShort = stack.withBytes(at: 4) { $0.byteCount <= 1 << 10 } ?? false
        let signature = isShort ? try stack.argumentBytes(4) : []
        return try withDigest(algorithm, on: stack) { stack, digest throws(LuaError) in
            stack.push(key.isValid(signature, of: digest, algorithm, form: form))
        }
    }

    private static func signature(
        of function: String, on stack: LuaStack, _ scope: FunctionVM.Scope
    ) throws(LuaError) -> (SignatureAlgorithm, SignatureKey) {
        let name = try stack.argumentText(1)
        guard let algorithm = SignatureAlgorithm(rawValue: name) else {
            let known = SignatureAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            let advice = name.hasPrefix("HS") ? "; use crypto.hmac" : ""
            throw .argument(1, expected: "no algorithm '\(name.prefix(40))'; there are \(known)\(advice)")
        }
        guard stack.type(at: 3) == .string else { throw stack.wrongArgument(3, "string") }
        let key = try scope.key(at: 2, of: stack, for: function)
        guard key.kind == algorithm.kind else {
            throw .message(
                "\(function): \(algorithm.rawValue) needs \(kindName(algorithm.kind)), and this is \(kindName(key.kind))"
            )
        }
        return (algorithm, key)
    }

    private static func kindName(_ kind: SignatureKey.Kind) -> String {
        switch kind {
        case .rsa: "an RSA key"
        case .ec(let curve): "a key on \(curve.rawValue)"
        }
    }

    private static func form(
        at index: Int, of stack: LuaStack, _ algorithm: SignatureAlgorithm
    ) throws(LuaError) -> SignatureForm {
        if stack.isNil(at: index) { return .jose }
        guard stack.isString(at: index, "der"), algorithm.kind != .rsa else {
            throw .argument(index, expected: "\"der\" expected, for ES256 and ES384 only")
        }
        return .der
    }

    /// Makes the digest of the text at 3 in pieces, and calls `end` with it.
    private static func withDigest(
        _ algorithm: SignatureAlgorithm, on stack: LuaStack,
        _ end: @escaping (LuaStack, [UInt8]) throws(LuaError) -> Void
    ) throws(LuaError) -> Int {
        let summing = Summing(algorithm.hash)
        return try inPieces(
            0..<length(at: 3, of: stack), on: stack,
            process: { stack, piece in _ = stack.withBytes(at: 3) { summing.update($0.extracting(piece)) } },
            end: { stack throws(LuaError) in
                try end(stack, summing.finish())
                return 1
            })
    }
}
