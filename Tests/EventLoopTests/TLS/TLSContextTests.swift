import TLSTesting
import TestSupport
import Testing

@testable import EventLoop

@Suite struct TLSContextTests {
    private let authority: TestAuthority

    init() throws { authority = try TestAuthority() }

    @Test func `roots may be in a file`() throws {
        let folder = try TemporaryFolder()
        try folder.write(String(decoding: authority.pem + TestAuthority().pem, as: UTF8.self), to: "roots.pem")
        _ = try TLSContext.client(roots: .file(folder("roots.pem")))
    }

    @Test func `text around certificates does not matter`() throws {
        let text = Array("# Test Authority\n\n".utf8) + authority.pem + Array("\nthe end\n".utf8)
        _ = try TLSContext.client(roots: .pem(text + authority.pem))
    }

    @Test func `the error names a missing file`() {
        #expect(
            throws: TLSError("the certificates to trust cannot be read: /nowhere/roots.pem: no such file or directory")
        ) { try TLSContext.client(roots: .file("/nowhere/roots.pem")) }
    }

    @Test func `the error names a file without certificates`() throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "roots.pem")
        #expect(throws: TLSError("\(folder("roots.pem")): there is no certificate in PEM")) {
            try TLSContext.client(roots: .file(folder("roots.pem")))
        }
        #expect(throws: TLSError.self) { try TLSContext.client(roots: .file(folder.path)) }
    }

    @Test func `a broken certificate is an error, even after a valid one`() throws {
        let broken = Array(String(decoding: authority.pem, as: UTF8.self).replacing("MII", with: "AAA").utf8)
        let error = #expect(throws: TLSError.self) {
            try TLSContext.client(roots: .pem(authority.pem + broken))
        }
        let description = try #require(error?.description)
        #expect(description.hasPrefix("the certificates to trust: certificate 2 cannot be read: "))
        #expect(!description.contains(".c"))
    }

    @Test func `the system's roots are there, or the message says what to install`() {
        do throws(TLSError) {
            _ = try TLSContext.client()
        } catch {
            #expect(error.description == "there are no certificates to trust; install ca-certificates")
        }
    }

    @Test func `a server's key must belong to its certificate`() throws {
        let (one, other) = (try authority.certificate(), try authority.certificate())
        _ = try TLSContext.server(certificateChainPEM: one.chainPEM, privateKeyPEM: one.keyPEM)
        #expect(throws: TLSError("the private key does not belong to the certificate")) {
            try TLSContext.server(certificateChainPEM: one.chainPEM, privateKeyPEM: other.keyPEM)
        }
    }

    @Test func `a server needs both`() throws {
        let certificate = try authority.certificate()
        #expect(throws: TLSError("the certificate chain: there is no certificate in PEM")) {
            try TLSContext.server(certificateChainPEM: certificate.keyPEM, privateKeyPEM: certificate.keyPEM)
        }
        #expect(throws: TLSError("no private key found in PEM")) {
            try TLSContext.server(certificateChainPEM: certificate.chainPEM, privateKeyPEM: certificate.chainPEM)
        }
    }

    @Test func `an encrypted key does not cause a password prompt`() throws {
        let error = #expect(throws: TLSError.self) {
            try TLSContext.server(
                certificateChainPEM: try authority.certificate().chainPEM, privateKeyPEM: Array(Self.encryptedKey.utf8))
        }
        #expect(error?.description == "the private key is encrypted; provide it without a password")
    }

    private static let encryptedKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjUcLEAYQ5fSQICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEASSezwOocihRryPqBlxLHUEgZAX
        emxEPC/EmA4hbXq5QZYHL+VTI972FRsPtrrW8lcmAJcVqulHQqCZCvdvweW3cM4I
        ZbcYaxbr6kKspzwnOVMMY30oeRnW/BxmDIgx3hRXul7dWNzMbobOuxfL0tNXuAeM
        fFSgf1PNBsdU306d96tcGWg7DRLjgVwPgejrTEU6mWlMpfJn/AJcspeJYfOkLFE=
        -----END ENCRYPTED PRIVATE KEY-----
        """
}
