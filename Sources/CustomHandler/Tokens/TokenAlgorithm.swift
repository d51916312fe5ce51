import Crypto

/// An algorithm that may protect a token (RFC 7518 §3.1). There is none without protection.
enum TokenAlgorithm: Equatable {
    case secret(HashFunction)
    case signature(SignatureAlgorithm)

    static let all: [TokenAlgorithm] =
        SignatureAlgorithm.allCases.map { .signature($0) } + [.secret(.sha256), .secret(.sha384), .secret(.sha512)]
    static let names = all.map(\.name)

    init?(_ name: String) {
        guard let algorithm = Self.all.first(where: { $0.name == name }) else { return nil }
        self = algorithm
    }

    var name: String {
        switch self {
        case .signature(let algorithm): algorithm.rawValue
        case .secret(let hash): "HS\(8 * hash.byteCount)"
        }
    }

    var needsSecret: Bool { if case .secret = self { true } else { false } }
}

extension SignatureKey {
    /// The algorithm of tokens that are signed with this key, unless the script names another one.
    var usualAlgorithm: TokenAlgorithm {
        switch kind {
        case .rsa: .signature(.rs256)
        case .ec(.p256): .signature(.es256)
        case .ec(.p384): .signature(.es384)
        }
    }
}
