internal import COpenSSL

/// Encrypts or decrypts bytes that arrive in pieces with AES in Galois/Counter Mode (NIST SP 800-38D).
///
/// Two texts that are encrypted with the same key and nonce reveal both and the means to forge others. Nobody may use
/// decrypted bytes before `isAuthentic` has returned true.
public struct AESGCM: ~Copyable {
    public enum Direction: Sendable { case seal, open }

    public static let keyLengths = [16, 24, 32]
    public static let nonceLength = 12
    public static let tagLength = 16

    private let context: OpaquePointer

    /// - Parameters:
    ///   - key: as long as one of `keyLengths`.
    ///   - nonce: `nonceLength` bytes.
    public init(_ direction: Direction, key: [UInt8], nonce: [UInt8], additionalData: [UInt8]) {
        precondition(copenssl_start() == 1, "OpenSSL cannot be started")
        ERR_clear_error()
        precondition(Self.keyLengths.contains(key.count) && nonce.count == Self.nonceLength)
        let cipher =
            switch key.count {
            case 16: EVP_aes_128_gcm()
            case 24: EVP_aes_192_gcm()
            default: EVP_aes_256_gcm()
            }
        guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("no memory") }
        self.context = context
        // OpenSSL copies key and nonce. It fails only if no memory is left.
        var count: Int32 = 0
        let code = EVP_CipherInit_ex2(context, cipher, key, nonce, direction == .seal ? 1 : 0, nil)
        precondition(code == 1, "OpenSSL has no AES-GCM")
        guard !additionalData.isEmpty else { return }
        let added = EVP_CipherUpdate(context, nil, &count, additionalData, Int32(additionalData.count))
        precondition(added == 1, "OpenSSL's AES-GCM failed")
    }

    // This also overwrites the key.
    deinit { EVP_CIPHER_CTX_free(context) }

    /// Appends the encrypted or decrypted bytes, which are as many as the given ones.
    public mutating func update(_ bytes: RawSpan, into output: inout [UInt8]) {
        let length = bytes.byteCount
        guard length > 0 else { return }
        output += [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            bytes.withUnsafeBytes { bytes in
                // OpenSSL writes as many bytes as it reads, for which the array has room.
                var written: Int32 = 0
                let code = EVP_CipherUpdate(
                    context, buffer.baseAddress, &written, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    Int32(length))
                precondition(code == 1 && Int(written) == length, "OpenSSL's AES-GCM failed")
            }
            count = length
        }
    }

    /// Ends the encryption. Returns the tag.
    public consuming func tag() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.tagLength) { buffer, count in
            var rest: Int32 = 0
            // The mode leaves no rest, so the first call writes nothing; the second writes the tag.
            let code = EVP_CipherFinal_ex(context, buffer.baseAddress, &rest)
            let tagged = EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagLength), buffer.baseAddress)
            precondition(code == 1 && rest == 0 && tagged == 1, "OpenSSL's AES-GCM failed")
            count = Self.tagLength
        }
    }

    /// Ends the decryption. Returns whether the bytes, the additional data and the nonce are those of the tag.
    public consuming func isAuthentic(tag: [UInt8]) -> Bool {
        defer { ERR_clear_error() }
        guard tag.count == Self.tagLength else { return false }
        var tag = tag
        var rest: Int32 = 0
        var nothing: [UInt8] = [0]
        // OpenSSL copies the tag, and the last call writes nothing.
        return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
            && EVP_CipherFinal_ex(context, &nothing, &rest) == 1
    }
}
