internal import COpenSSL

/// A digest of bytes that arrive in pieces.
///
/// OpenSSL's digests fail only if no memory is left. Then the process ends, as it does everywhere in Swift.
public struct Digest: ~Copyable {
    private let hash: HashFunction
    private let context: OpaquePointer

    public init(_ hash: HashFunction) {
        precondition(copenssl_start() == 1, "OpenSSL cannot be started")
        ERR_clear_error()
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, hash.algorithm, nil) == 1 else {
            preconditionFailure("OpenSSL has no \(hash)")
        }
        self.hash = hash
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: RawSpan) {
        // OpenSSL reads the bytes before it returns, and does not keep a pointer to them.
        let code = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        precondition(code == 1, "OpenSSL's \(hash) failed")
    }

    public mutating func update(_ bytes: [UInt8]) { update(bytes.span.bytes) }

    public consuming func finish() -> [UInt8] {
        let (hash, context) = (hash, context)
        return [UInt8](unsafeUninitializedCapacity: hash.byteCount) { digest, count in
            // OpenSSL writes `byteCount` bytes, for which the array has room.
            let code = EVP_DigestFinal_ex(context, digest.baseAddress, nil)
            precondition(code == 1, "OpenSSL's \(hash) failed")
            count = hash.byteCount
        }
    }
}

/// Digests of bytes that are all there.
extension Digest {
    public static func of(_ bytes: RawSpan, _ hash: HashFunction) -> [UInt8] {
        var digest = Digest(hash)
        digest.update(bytes)
        return digest.finish()
    }

    public static func of(_ bytes: [UInt8], _ hash: HashFunction) -> [UInt8] { of(bytes.span.bytes, hash) }

    public static func md5(_ bytes: RawSpan) -> [UInt8] { of(bytes, .md5) }
    public static func sha1(_ bytes: RawSpan) -> [UInt8] { of(bytes, .sha1) }
    public static func sha256(_ bytes: RawSpan) -> [UInt8] { of(bytes, .sha256) }
    public static func sha384(_ bytes: RawSpan) -> [UInt8] { of(bytes, .sha384) }
    public static func sha512(_ bytes: RawSpan) -> [UInt8] { of(bytes, .sha512) }

    public static func md5(_ bytes: [UInt8]) -> [UInt8] { of(bytes, .md5) }
    public static func sha1(_ bytes: [UInt8]) -> [UInt8] { of(bytes, .sha1) }
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] { of(bytes, .sha256) }
    public static func sha384(_ bytes: [UInt8]) -> [UInt8] { of(bytes, .sha384) }
    public static func sha512(_ bytes: [UInt8]) -> [UInt8] { of(bytes, .sha512) }
}
