internal import COpenSSL

/// A certificate in OpenSSL's form.
final class X509Certificate {
    let pointer: OpaquePointer

    /// - Parameter issuer: the signer; nil for a self-signed certificate.
    init(
        subject: String, names: [String], dates: ClosedRange<String>, isAuthority: Bool, key: TestKey,
        issuer: (certificate: X509Certificate, key: TestKey)?
    ) throws(CertificateMakingError) {
        guard let pointer = X509_new() else { throw CertificateMakingError(description: "no memory") }
        self.pointer = pointer
        var serial: UInt64 = 0
        withUnsafeMutableBytes(of: &serial) { _ = RAND_bytes($0.baseAddress, 7) }
        let name = X509_get_subject_name(pointer)
        let issuerName = issuer.map { X509_get_subject_name($0.certificate.pointer) } ?? name
        let text = Array(subject.utf8)
        let isMade =
            X509_set_version(pointer, 2) == 1
            && ASN1_INTEGER_set_uint64(X509_get_serialNumber(pointer), serial) == 1
            && X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, Int32(text.count), -1, 0) == 1
            && X509_set_issuer_name(pointer, issuerName) == 1
            && ASN1_TIME_set_string_X509(X509_getm_notBefore(pointer), Self.time(dates.lowerBound, "000000Z")) == 1
            && ASN1_TIME_set_string_X509(X509_getm_notAfter(pointer), Self.time(dates.upperBound, "235959Z")) == 1
            && X509_set_pubkey(pointer, key.pointer) == 1
        guard isMade else { throw CertificateMakingError(description: "no certificate for \(subject), \(dates)") }
        try add(NID_basic_constraints, isAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE")
        if isAuthority { try add(NID_key_usage, "critical,keyCertSign,cRLSign") }
        if !names.isEmpty { try add(NID_subject_alt_name, names.map(Self.alternativeName).joined(separator: ",")) }
        guard X509_sign(pointer, (issuer?.key ?? key).pointer, EVP_sha256()) > 0 else {
            throw CertificateMakingError(description: "no signature for \(subject)")
        }
    }

    /// Reads the first certificate in the text.
    init(pem: [UInt8]) throws(CertificateMakingError) {
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        BIO_write(bio, pem, Int32(pem.count))
        guard let pointer = PEM_read_bio_X509(bio, nil, nil, nil) else {
            throw CertificateMakingError(description: "no certificate to read")
        }
        self.pointer = pointer
    }

    deinit { X509_free(pointer) }

    var pem: [UInt8] {
        get throws(CertificateMakingError) { try written { PEM_write_bio_X509($0, pointer) } }
    }

    private func add(_ kind: Int32, _ value: String) throws(CertificateMakingError) {
        let addition = X509V3_EXT_conf_nid(nil, nil, kind, value)
        defer { X509_EXTENSION_free(addition) }
        guard let addition, X509_add_ext(pointer, addition, -1) == 1 else {
            throw CertificateMakingError(description: "no extension \(value)")
        }
    }

    /// An address has digits and dots, or colons.
    private static func alternativeName(_ name: String) -> String {
        let isAddress = name.contains(":") || name.allSatisfy { $0.isNumber || $0 == "." }
        return (isAddress ? "IP:" : "DNS:") + name
    }

    /// A day such as "2026-01-01" in ASN.1's form.
    private static func time(_ day: String, _ time: String) -> String { day.filter { $0 != "-" } + time }
}
