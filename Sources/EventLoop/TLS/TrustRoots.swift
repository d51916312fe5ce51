internal import COpenSSL
internal import CUV
internal import Glibc

/// The certificates that a client trusts.
public enum TrustRoots: Hashable, Sendable {
    /// The distribution's package `ca-certificates`.
    case system
    /// A file of certificates in PEM.
    case file(String)
    case pem([UInt8])

    /// The paths of Debian and Alpine, Red Hat (two), SUSE, and others that follow OpenSSL.
    static let systemFiles = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]

    func certificates() throws(TLSError) -> PEM.Certificates {
        switch self {
        case .pem(let bytes): return try PEM.certificates(in: bytes, "the certificates to trust")
        case .file(let path):
            guard let file = BIO_new_file(path, "r") else {
                let reason = String(cString: uv_strerror(-errno))
                throw TLSError("the certificates to trust cannot be read: \(path): \(reason)")
            }
            defer { BIO_free(file) }
            return try PEM.certificates(in: file, path)
        case .system:
            guard let path = Self.systemFiles.first(where: { access($0, R_OK) == 0 }) else {
                throw TLSError("there are no certificates to trust; install ca-certificates")
            }
            return try TrustRoots.file(path).certificates()
        }
    }
}
