internal import COpenSSL

/// Describes why a certificate was refused.
enum CertificateReason {
    /// - Parameter name: the host that the client wants to reach.
    static func describe(_ context: OpaquePointer, name: String) -> TLSError {
        let code = X509_STORE_CTX_get_error(context)
        let certificate = X509_STORE_CTX_get_current_cert(context)
        let isPeers = X509_STORE_CTX_get_error_depth(context) == 0
        let subject =
            isPeers ? "the certificate" : "the certificate of its issuer, \(CertificateText.subject(of: certificate)),"
        let refused = "the certificate was refused:"
        switch code {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return TLSError("\(subject) expired on \(CertificateText.day(X509_get0_notAfter(certificate)))")
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return TLSError(
                "\(subject) is not valid before \(CertificateText.day(X509_get0_notBefore(certificate))),"
                    + " or this machine's clock is wrong")
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            guard let names = CertificateText.hosts(of: certificate) else {
                return TLSError("\(refused) it names no host (subjectAltName), so it is not for \(name)")
            }
            return TLSError("\(refused) it is for \(names), not \(name)")
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return TLSError("\(refused) it is self-signed and not trusted")
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            return TLSError("\(refused) its issuer is not trusted: \(CertificateText.subject(of: certificate))")
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return TLSError("\(refused) its issuer is not trusted: \(CertificateText.issuer(of: certificate))")
        default:
            let words = X509_verify_cert_error_string(Int(code)).map { String(cString: $0) } ?? "error \(code)"
            return TLSError("\(refused) \(isPeers ? "" : "\(CertificateText.subject(of: certificate)): ")\(words)")
        }
    }
}
