/// The numbers of an RSA key, each as big-endian bytes.
public struct RSANumbers: Equatable, Sendable {
    public struct Secret: Equatable, Sendable {
        public let d, p, q, dp, dq, qi: [UInt8]

        public init(d: [UInt8], p: [UInt8], q: [UInt8], dp: [UInt8], dq: [UInt8], qi: [UInt8]) {
            (self.d, self.p, self.q, self.dp, self.dq, self.qi) = (d, p, q, dp, dq, qi)
        }
    }

    public let n, e: [UInt8]
    public let secret: Secret?

    public init(n: [UInt8], e: [UInt8], secret: Secret? = nil) {
        (self.n, self.e, self.secret) = (n, e, secret)
    }
}

/// A curve that keys may use.
public enum Curve: String, CaseIterable, Sendable {
    case p256 = "P-256"
    case p384 = "P-384"

    /// The length of a coordinate, of a secret number, and of each half of a signature.
    public var byteCount: Int {
        switch self {
        case .p256: 32
        case .p384: 48
        }
    }

    /// The content of the curve's object identifier in DER.
    var objectID: [UInt8] {
        switch self {
        case .p256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]
        case .p384: [0x2b, 0x81, 0x04, 0x00, 0x22]
        }
    }
}

/// The numbers of a key, of which none has been checked yet.
enum KeyNumbers: Equatable {
    case rsa(RSANumbers)
    /// A public key has a point, a private key has a secret number and perhaps the point.
    case ec(Curve, point: [UInt8]?, secret: [UInt8]?)
}
