import Crypto

/// A key that may check the signatures of tokens, and what is known about its use.
final class VerificationKey {
    let id: String?
    /// The only algorithm for which the key may be used; nil if its kind decides.
    private let algorithm: String?
    private let kind: SignatureKey.Kind
    private var state: State

    private enum State {
        case unread(JWK)
        case read(SignatureKey)
        case unusable
    }

    init(_ key: SignatureKey, id: String? = nil, algorithm: String? = nil) {
        (self.id, self.algorithm, kind, state) = (id, algorithm, key.kind, .read(key))
    }

    /// A key of a key set, which is read on first use. Returns nil if luafunc cannot use it.
    init?(_ jwk: JWK) {
        guard let kind = jwk.kind, jwk.isForSignatures else { return nil }
        (id, algorithm, self.kind, state) = (jwk.id, jwk.algorithm, kind, .unread(jwk))
    }

    func fits(_ algorithm: SignatureAlgorithm, id: String?) -> Bool {
        guard kind == algorithm.kind, self.algorithm ?? algorithm.rawValue == algorithm.rawValue else { return false }
        guard let id, let own = self.id else { return true }
        // Swift's own comparison takes some different characters for the same.
        return own.utf8.elementsEqual(id.utf8)
    }

    /// The key; nil if its numbers are wrong.
    var key: SignatureKey? {
        switch state {
        case .read(let key): return key
        case .unusable: return nil
        case .unread(let jwk):
            guard let key = try? jwk.key() else {
                state = .unusable
                return nil
            }
            state = .read(key)
            return key
        }
    }
}
