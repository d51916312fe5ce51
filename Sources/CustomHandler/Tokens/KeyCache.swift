import Crypto
import Lua

/// The keys that a VM's script has used, so that each is read and checked only once.
final class KeyCache {
    /// A script that uses more keys than this has them read again.
    private static let limit = 32
    /// The bytes that count as the VM's memory for each key. OpenSSL uses 9.4 KB for the largest one.
    private static let keySize = 10 << 10

    private var keys: [[UInt8]: SignatureKey] = [:]
    private let held: HeldBytes

    init(_ vm: LuaVM?) { held = HeldBytes(vm) }

    /// The key in the PEM text or the JWK at `index`. Returns nil if the value is neither text nor a table. [0]
    func key(at index: Int, of stack: LuaStack) throws(KeyError) -> SignatureKey? {
        if stack.type(at: index) == .table { return try key(JWK(at: index, of: stack)) }
        return try stack.withBytes(at: index) { text throws(KeyError) in
            guard text.byteCount <= SignatureKey.pemLimit else { throw .tooLong }
            return try key(Digest.sha256(text)) { () throws(KeyError) in try SignatureKey(pem: text) }
        }
    }

    func key(_ jwk: JWK) throws(KeyError) -> SignatureKey {
        // The first byte keeps JWKs and PEM texts apart.
        try key([0] + Digest.sha256(jwk.identity)) { () throws(KeyError) in try jwk.key() }
    }

    private func key(_ id: [UInt8], read: () throws(KeyError) -> SignatureKey) throws(KeyError) -> SignatureKey {
        if let key = keys[id] { return key }
        let key = try read()
        if keys.count == Self.limit { keys = [:] }
        if held.hold((keys.count + 1) * Self.keySize) { keys[id] = key } else { keys = [:] }
        if keys.isEmpty { held.set(0) }
        return key
    }
}

extension FunctionVM.Scope {
    /// The key at `index` for `function`, which an error names. [0]
    func key(at index: Int, of stack: LuaStack, for function: String) throws(LuaError) -> SignatureKey {
        do throws(KeyError) {
            if let key = try keys(of: stack).key(at: index, of: stack) { return key }
        } catch {
            throw .message("\(function): \(error)")
        }
        throw .message("\(function): a key is a PEM text or a JWK table, not \(stack.type(at: index).name)")
    }

    func keys(of stack: LuaStack) -> KeyCache {
        if let keys { return keys }
        let made = KeyCache(stack.owner)
        keys = made
        return made
    }
}
