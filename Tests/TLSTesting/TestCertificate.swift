/// What a TLS server needs, made for a test: it protects nothing.
public struct TestCertificate: Sendable {
    /// The certificate, then those of its issuers but the root.
    public let chainPEM: [UInt8]
    public let keyPEM: [UInt8]

    public init(chainPEM: [UInt8], keyPEM: [UInt8]) {
        self.chainPEM = chainPEM
        self.keyPEM = keyPEM
    }

    /// Dates that a test does not outlive.
    public static let always = "2020-01-01"..."2120-12-31"
    public static let localNames = ["localhost", "127.0.0.1", "::1"]

    /// One that its holder signed itself.
    public static func selfSigned(
        names: [String] = localNames, dates: ClosedRange<String> = always
    ) throws(CertificateMakingError) -> TestCertificate {
        let key = try TestKey()
        let certificate = try X509Certificate(
            subject: names.first ?? "nobody", names: names, dates: dates, isAuthority: false, key: key, issuer: nil)
        return TestCertificate(chainPEM: try certificate.pem, keyPEM: try key.pem)
    }

    /// One that the holder of another signed, although that one is no authority.
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
