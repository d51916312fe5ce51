/// A certificate and key for a TLS server in a test. They protect nothing.
public struct TestCertificate: Sendable {
    /// The certificate, then those of its issuers without the root.
    public let chainPEM: [UInt8]
    public let keyPEM: [UInt8]

    public init(chainPEM: [UInt8], keyPEM: [UInt8]) {
        self.chainPEM = chainPEM
        self.keyPEM = keyPEM
    }

    /// A period that contains the time of every test.
    public static let always = "2020-01-01"..."2120-12-31"
    public static let localNames = ["localhost", "127.0.0.1", "::1"]

    /// A self-signed certificate.
    public static func selfSigned(
        names: [String] = localNames, dates: ClosedRange<String> = always
    ) throws(CertificateMakingError) -> TestCertificate {
        let key = try TestKey()
        let certificate = try X509Certificate(
            subject: names.first ?? "nobody", names: names, dates: dates, isAuthority: false, key: key, issuer: nil)
        return TestCertificate(chainPEM: try certificate.pem, keyPEM: try key.pem)
    }

    /// A certificate that was signed with another one that is not an authority.
    public static func signed(
        by issuer: TestCertificate, names: [String], dates: ClosedRange<String> = always
    ) throws(CertificateMakingError) -> TestCertificate {
        let key = try TestKey()
        let certificate = try X509Certificate(
            subject: names.first ?? "nobody", names: names, dates: dates, isAuthority: false, key: key,
            issuer: (try X509Certificate(pem: issuer.chainPEM), try TestKey(pem: issuer.keyPEM)))
        return TestCertificate(chainPEM: try certificate.pem + issuer.chainPEM, keyPEM: try key.pem)
    }
}
