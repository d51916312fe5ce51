internal import COpenSSL
internal import Glibc

/// A self-signed certificate and its key on the curve P-256, for a server on the developer's own machine.
///
/// It is no authority: who trusts it trusts this one server.
public struct SelfSignedCertificate: Sendable {
    public let certificatePEM: [UInt8]
    public let keyPEM: [UInt8]

    /// How long it is valid. Browsers refuse certificates that are valid for longer than 398 days.
    public static let days = 397

    /// Makes a certificate for these host names and IP addresses.
    ///
    /// - Parameter now: in seconds since 1970. The certificate is valid from an hour earlier, for clocks that differ.
    public init(for names: [String], now: Int? = nil) throws(TLSError) {
        guard copenssl_start() == 1 else { throw Self.failure("cannot be started") }
        ERR_clear_error()
        let begin = (now ?? time(nil)) - 3600
        let keys = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil)
        defer { EVP_PKEY_CTX_free(keys) }
        var made: OpaquePointer?
        guard EVP_PKEY_keygen_init(keys) == 1, EVP_PKEY_CTX_set_group_name(keys, "P-256") == 1,
            EVP_PKEY_generate(keys, &made) == 1, let key = made
        else { throw Self.failure("made no key") }
        defer { EVP_PKEY_free(key) }
        guard let certificate = X509_new() else { throw TLSError("no memory for OpenSSL") }
        defer { X509_free(certificate) }
        let subject = X509_get_subject_name(certificate)
        let text = Array((names.first ?? "localhost").utf8)
        var serial: UInt64 = 0
        // The number is public, and RAND_bytes writes no more than the bytes of this variable.
        let isRandom = withUnsafeMutableBytes(of: &serial) { RAND_bytes($0.baseAddress, 7) == 1 }
        guard isRandom, X509_set_version(certificate, 2) == 1,
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1,
            X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, text, Int32(text.count), -1, 0) == 1,
            X509_set_issuer_name(certificate, subject) == 1,
            ASN1_TIME_set(X509_getm_notBefore(certificate), begin) != nil,
            ASN1_TIME_set(X509_getm_notAfter(certificate), begin + Self.days * 86_400) != nil,
            X509_set_pubkey(certificate, key) == 1
        else { throw Self.failure("made no certificate") }
        let hosts = names.map { (IPAddress($0) == nil ? "DNS:" : "IP:") + $0 }.joined(separator: ",")
        for (kind, value) in [
            (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth"), (NID_subject_alt_name, hosts),
        ] {
            let addition = X509V3_EXT_conf_nid(nil, nil, kind, value)
            defer { X509_EXTENSION_free(addition) }
            guard let addition, X509_add_ext(certificate, addition, -1) == 1 else {
                throw Self.failure("made no certificate")
            }
        }
        guard X509_sign(certificate, key, EVP_sha256()) > 0 else { throw Self.failure("signed no certificate") }
        certificatePEM = try Self.written { PEM_write_bio_X509($0, certificate) }
        keyPEM = try Self.written { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
    }

    /// Whether the first certificate in the text can be read and is valid at this time, in seconds since 1970.
    public static func isValid(_ pem: [UInt8], now: Int? = nil) -> Bool {
        guard copenssl_start() == 1, let certificates = try? PEM.certificates(in: pem, "the certificate"),
            let first = certificates.all.first
        else { return false }
        var now = now ?? time(nil)
        return X509_cmp_time(X509_get0_notBefore(first), &now) < 0 && X509_cmp_time(X509_get0_notAfter(first), &now) > 0
    }

    private static func written(_ write: (OpaquePointer) -> Int32) throws(TLSError) -> [UInt8] {
        guard let bio = BIO_new(BIO_s_mem()) else { throw TLSError("no memory for OpenSSL") }
        defer { BIO_free(bio) }
        guard write(bio) == 1 else { throw failure("wrote nothing") }
        var bytes: UnsafePointer<CChar>?
        let count = copenssl_bytes(bio, &bytes)
        // The bytes stay in place until the BIO is freed, and they are copied here.
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    private static func failure(_ what: String) -> TLSError {
        TLSError("OpenSSL \(what): \(TLSError.reason(of: ERR_peek_error()))")
    }
}
