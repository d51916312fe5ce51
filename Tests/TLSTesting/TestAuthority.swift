/// An authority that signs certificates for a test. Its key is not kept.
///
/// A server for `localhost` uses the certificate that `TestAuthority().certificate()` makes; a client trusts `pem`.
public final class TestAuthority {
    /// The authority's own certificate, for those who trust it.
    public let pem: [UInt8]
    private let certificate: X509Certificate
    private let key: TestKey
    /// The certificates that a server sends after its own: those of this authority and the ones above it, without the
    /// root.
    private let chain: [UInt8]

    /// Makes a root authority.
    ///
    /// - Parameter dates: the first and the last day on which its certificate is valid, such as "2026-01-31".
    public init(
        name: String = "Test Authority", dates: ClosedRange<String> = TestCertificate.always
    ) throws(CertificateMakingError) {
        key = try TestKey()
        certificate = try X509Certificate(
            subject: name, names: [], dates: dates, isAuthority: true, key: key, issuer: nil)
        pem = try certificate.pem
        chain = []
    }

    /// Makes an authority whose certificate another one has signed.
    public init(
        name: String, dates: ClosedRange<String> = TestCertificate.always, under issuer: TestAuthority
    ) throws(CertificateMakingError) {
        key = try TestKey()
        certificate = try X509Certificate(
            subject: name, names: [], dates: dates, isAuthority: true, key: key,
            issuer: (issuer.certificate, issuer.key))
        pem = try certificate.pem
        chain = pem + issuer.chain
    }

    /// - Parameter names: the host names and IP addresses that the certificate is for.
    public func certificate(
        names: [String] = TestCertificate.localNames, dates: ClosedRange<String> = TestCertificate.always
    ) throws(CertificateMakingError) -> TestCertificate {
        let key = try TestKey()
        let certificate = try X509Certificate(
            subject: names.first ?? "nobody", names: names, dates: dates, isAuthority: false, key: key,
            issuer: (self.certificate, self.key))
        return TestCertificate(chainPEM: try certificate.pem + chain, keyPEM: try key.pem)
    }
}
