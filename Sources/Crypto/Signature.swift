internal import COpenSSL

extension SignatureKey {
    /// Whether the signature of the text with this digest is valid. It is not if the key or the digest does not fit the
    /// algorithm.
    public func isValid(
        _ signature: [UInt8], of digest: [UInt8], _ algorithm: SignatureAlgorithm, form: SignatureForm = .jose
    ) -> Bool {
        guard kind == algorithm.kind, digest.count == algorithm.hash.byteCount else { return false }
        guard let signature = checked(signature, form) else { return false }
        ERR_clear_error()
        // A wrong signature leaves errors that the next user of this thread must not find.
        defer { ERR_clear_error() }
        guard let context = EVP_PKEY_CTX_new(pointer, nil) else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        return EVP_PKEY_verify_init(context) == 1 && prepare(context, algorithm)
            && EVP_PKEY_verify(context, signature, signature.count, digest, digest.count) == 1
    }

    /// Signs the text with this digest. The caller has checked that the key is private and fits the algorithm.
    public func sign(
        _ digest: [UInt8], _ algorithm: SignatureAlgorithm, form: SignatureForm = .jose
    ) throws(KeyError) -> [UInt8] {
        guard isPrivate, kind == algorithm.kind, digest.count == algorithm.hash.byteCount else { throw .failed }
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let context = EVP_PKEY_CTX_new(pointer, nil) else { throw .failed }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_sign_init(context) == 1, prepare(context, algorithm) else { throw .failed }
        var isSigned = false
        // An ECDSA signature in DER has at most nine bytes more than its numbers.
        let signature = [UInt8](unsafeUninitializedCapacity: signatureLength + 16) { buffer, count in
            count = buffer.count
            isSigned = EVP_PKEY_sign(context, buffer.baseAddress, &count, digest, digest.count) == 1
            if !isSigned { count = 0 }
        }
        guard isSigned else { throw .failed }
        guard case .ec(let curve) = kind, form == .jose else { return signature }
        guard let pair = ECDSAPair(der: signature) else { throw .failed }
        return pair.jose(curve)
    }

    private func prepare(_ context: OpaquePointer, _ algorithm: SignatureAlgorithm) -> Bool {
        guard EVP_PKEY_CTX_set_signature_md(context, algorithm.hash.algorithm) == 1 else { return false }
        guard kind == .rsa else { return true }
        let padding = algorithm.usesPSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING
        guard EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1 else { return false }
        // RFC 7518 §3.5: the salt is as long as the digest, and the mask uses the same hash function.
        return !algorithm.usesPSS || EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1
    }

    /// The signature in the form that OpenSSL expects; nil if it has a wrong length or is not in the given form.
    private func checked(_ signature: [UInt8], _ form: SignatureForm) -> [UInt8]? {
        guard case .ec(let curve) = kind else { return signature.count == signatureLength ? signature : nil }
        switch form {
        case .jose:
            guard signature.count == signatureLength else { return nil }
            return ECDSAPair(
                r: Array(signature.prefix(curve.byteCount)), s: Array(signature.suffix(curve.byteCount))
            )?.der
        case .der:
            // OpenSSL reads more than DER. A signature that it would write differently is refused, as by other libraries.
            guard signature.count <= signatureLength + 16, let pair = ECDSAPair(der: signature), pair.der == signature
            else { return nil }
            return signature
        }
    }
}

/// The two numbers of an ECDSA signature.
private final class ECDSAPair {
    private let pointer: OpaquePointer

    init?(r: [UInt8], s: [UInt8]) {
        guard let pointer = ECDSA_SIG_new() else { return nil }
        self.pointer = pointer
        let first = BN_bin2bn(r, Int32(r.count), nil)
        let second = BN_bin2bn(s, Int32(s.count), nil)
        // On success the pair owns both numbers.
        guard ECDSA_SIG_set0(pointer, first, second) == 1 else {
            BN_free(first)
            BN_free(second)
            return nil
        }
    }

    init?(der: [UInt8]) {
        let pointer = der.withUnsafeBufferPointer { bytes in
            // OpenSSL moves this copy of the pointer, and keeps nothing of the bytes.
            var start = bytes.baseAddress
            return d2i_ECDSA_SIG(nil, &start, bytes.count)
        }
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    deinit { ECDSA_SIG_free(pointer) }

    var der: [UInt8]? {
        let length = Int(i2d_ECDSA_SIG(pointer, nil))
        guard length > 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            // OpenSSL writes as many bytes as it has announced, and moves this copy of the pointer.
            var start = buffer.baseAddress
            count = max(0, Int(i2d_ECDSA_SIG(pointer, &start)))
        }
    }

    func jose(_ curve: Curve) -> [UInt8] {
        [ECDSA_SIG_get0_r(pointer), ECDSA_SIG_get0_s(pointer)].flatMap { number in
            [UInt8](unsafeUninitializedCapacity: curve.byteCount) { buffer, count in
                // OpenSSL pads the number to this length, for which the array has room.
                count = max(0, Int(BN_bn2binpad(number, buffer.baseAddress, Int32(curve.byteCount))))
            }
        }
    }
}
