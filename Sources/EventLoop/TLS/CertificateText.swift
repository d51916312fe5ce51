internal import COpenSSL
internal import Glibc

/// Reads the parts of a certificate that error messages show. The peer chose these texts, so they may hold anything.
enum CertificateText {
    static func subject(of certificate: OpaquePointer?) -> String { text(X509_get_subject_name(certificate)) }
    static func issuer(of certificate: OpaquePointer?) -> String { text(X509_get_issuer_name(certificate)) }

    /// The hosts that the certificate is for, such as "a.example, b.example", or nil if it names none.
    static func hosts(of certificate: OpaquePointer?) -> String? {
        let names = subjectAlternativeNames(of: certificate)
        guard !names.isEmpty else { return nil }
        let rest = names.count > 3 ? " and \(names.count - 3) more" : ""
        return names.prefix(3).joined(separator: ", ") + rest
    }

    /// The day in UTC, such as "2026-01-01".
    static func day(_ time: UnsafePointer<ASN1_TIME>?) -> String {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return "an unknown day" }
        func padded(_ number: Int32, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(parts.tm_year &+ 1900, 4))-\(padded(parts.tm_mon &+ 1, 2))-\(padded(parts.tm_mday, 2))"
    }

    /// The common name, or the organisation if there is none.
    private static func text(_ name: OpaquePointer?) -> String {
        for part in [NID_commonName, NID_organizationName, NID_organizationalUnitName] {
            let index = X509_NAME_get_index_by_NID(name, part, -1)
            guard index >= 0, let data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)) else { continue }
            var bytes: UnsafeMutablePointer<UInt8>?
            let count = ASN1_STRING_to_UTF8(&bytes, data)
            guard count > 0, let bytes else { continue }
            defer { CRYPTO_free(bytes, nil, 0) }
            return legible(UnsafeBufferPointer(start: bytes, count: Int(count)))
        }
        return "one without a name"
    }

    private static func subjectAlternativeNames(of certificate: OpaquePointer?) -> [String] {
        guard let extensions = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
        let stack = OpaquePointer(extensions)
        defer { GENERAL_NAMES_free(stack) }
        var names: [String] = []
        for index in 0..<OPENSSL_sk_num(stack) {
            guard let name = OPENSSL_sk_value(stack, index)?.assumingMemoryBound(to: GENERAL_NAME.self) else {
                continue
            }
            // `type` says which member of the union is set, so the code reads only that member.
            switch name.pointee.type {
            case GEN_DNS: names.append(legible(bytes(of: name.pointee.d.dNSName)))
            case GEN_IPADD:
                if let address = IPAddress(bytes: Array(bytes(of: name.pointee.d.iPAddress))) {
                    names.append("\(address)")
                }
            default: continue
            }
        }
        return names
    }

    private static func bytes(of string: UnsafePointer<ASN1_STRING>?) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string)))
    }

    /// Replaces the characters that would garble a log line: control characters, and marks that change the writing
    /// direction. Cuts a long text.
    private static func legible(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        let limit = 80
        var text = String.UnicodeScalarView()
        for scalar in String(decoding: bytes.prefix(limit), as: UTF8.self).unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: text.append("\u{fffd}")
            default: text.append(scalar)
            }
        }
        return String(text) + (bytes.count > limit ? "…" : "")
    }
}
