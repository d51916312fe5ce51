internal import COpenSSL

/// A hash function. SHA-1 and MD5 are insecure; use them only in protocols that require them.
public enum HashFunction: String, CaseIterable, Sendable {
    case md5, sha1, sha256, sha384, sha512

    /// The length of a digest.
    public var byteCount: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// A constant of OpenSSL. OpenSSL looks up the implementation at each use. Fetching it once would save 300 ns per
    /// digest, but would need a pointer that threads share.
    var algorithm: OpaquePointer? {
        switch self {
        case .md5: EVP_md5()
        case .sha1: EVP_sha1()
        case .sha256: EVP_sha256()
        case .sha384: EVP_sha384()
        case .sha512: EVP_sha512()
        }
    }
}
