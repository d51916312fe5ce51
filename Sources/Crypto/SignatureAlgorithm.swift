/// A signature algorithm, under its name in JSON Web Algorithms (RFC 7518 §3.1).
public enum SignatureAlgorithm: String, CaseIterable, Sendable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"

    public var hash: HashFunction {
        switch self {
        case .rs256, .ps256, .es256: .sha256
        case .rs384, .ps384, .es384: .sha384
        case .rs512, .ps512: .sha512
        }
    }

    /// The kind of key that the algorithm needs.
    public var kind: SignatureKey.Kind {
        switch self {
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
        case .es256: .ec(.p256)
        case .es384: .ec(.p384)
        }
    }

    var usesPSS: Bool { self == .ps256 || self == .ps384 || self == .ps512 }
}

/// The form of an ECDSA signature, which is two numbers.
public enum SignatureForm: Sendable {
    /// Both numbers with the curve's length, one after the other (RFC 7518 §3.4).
    case jose
    /// An ASN.1 structure, as in certificates and in most libraries' own functions.
    case der
}
