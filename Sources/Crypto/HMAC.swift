internal import COpenSSL

/// A message authentication code (RFC 2104) of bytes that arrive in pieces. Compare codes only with
/// `constantTimeEqual`.
public struct HMAC: ~Copyable {
    private let hash: HashFunction
    private let context: OpaquePointer

    public init(_ hash: HashFunction, key: RawSpan) {
        precondition(copenssl_start() == 1, "OpenSSL cannot be started")
        ERR_clear_error()
        let algorithm = EVP_MAC_fetch(nil, "HMAC", nil)
        // The context retains the algorithm.
        defer { EVP_MAC_free(algorithm) }
        guard let context = EVP_MAC_CTX_new(algorithm) else { preconditionFailure("OpenSSL has no HMAC") }
        self.hash = hash
        self.context = context
        precondition(Self.start(context, hash, key), "OpenSSL has no HMAC with \(hash)")
    }

    public init(_ hash: HashFunction, key: [UInt8]) { self.init(hash, key: key.span.bytes) }

    deinit { EVP_MAC_CTX_free(context) }

    private static func start(_ context: OpaquePointer, _ hash: HashFunction, _ key: RawSpan) -> Bool {
        key.withUnsafeBytes { key in
            // OpenSSL treats a key without an address as missing, so an empty key gets the address of a local variable.
            var nothing: UInt8 = 0
            let bytes = key.bindMemory(to: UInt8.self)
            guard let address = bytes.baseAddress else {
                return copenssl_init_hmac(context, hash.rawValue, &nothing, 0) == 1
            }
            return copenssl_init_hmac(context, hash.rawValue, address, bytes.count) == 1
        }
    }

    public mutating func update(_ bytes: RawSpan) {
        // OpenSSL reads the bytes before it returns, and does not keep a pointer to them.
        let code = bytes.withUnsafeBytes { EVP_MAC_update(context, $0.baseAddress, $0.count) }
        precondition(code == 1, "OpenSSL's HMAC failed")
    }

    public mutating func update(_ bytes: [UInt8]) { update(bytes.span.bytes) }

    public consuming func finish() -> [UInt8] { takeCode() }

    /// The code of the bytes so far. Before other bytes arrive, `restart` must be called.
    mutating func takeCode() -> [UInt8] {
        let (hash, context) = (hash, context)
        return [UInt8](unsafeUninitializedCapacity: hash.byteCount) { code, count in
            let result = EVP_MAC_final(context, code.baseAddress, &count, code.count)
            precondition(result == 1 && count == hash.byteCount, "OpenSSL's HMAC failed")
        }
    }

    /// Begins another code with the same key, which OpenSSL keeps in its prepared form.
    mutating func restart() {
        let code = EVP_MAC_init(context, nil, 0, nil)
        precondition(code == 1, "OpenSSL's HMAC failed")
    }

    /// Replaces `last`, which is as long as a code, by its own code this many times, and adds each one to `sum` by
    /// exclusive or.
    mutating func iterate(_ last: inout [UInt8], into sum: inout [UInt8], count: Int) {
        let (context, length) = (context, hash.byteCount)
        precondition(last.count == length && sum.count == length)
        var isDone = true
        last.withUnsafeMutableBufferPointer { last in
            // OpenSSL reads and writes only as many bytes as both arrays have.
            var written = 0
            for _ in 0..<count {
                isDone =
                    isDone && EVP_MAC_init(context, nil, 0, nil) == 1
                    && EVP_MAC_update(context, last.baseAddress, length) == 1
                    && EVP_MAC_final(context, last.baseAddress, &written, length) == 1
                for index in 0..<length { sum[index] ^= last[index] }
            }
        }
        precondition(isDone, "OpenSSL's HMAC failed")
    }
}

/// Codes of bytes that are all there.
extension HMAC {
    public static func of(_ bytes: RawSpan, _ hash: HashFunction, key: RawSpan) -> [UInt8] {
        var code = HMAC(hash, key: key)
        code.update(bytes)
        return code.finish()
    }

    public static func of(_ bytes: [UInt8], _ hash: HashFunction, key: [UInt8]) -> [UInt8] {
        of(bytes.span.bytes, hash, key: key.span.bytes)
    }
}
