import COpenSSL
import LoopTesting
import TLSTesting
import Testing

@testable import EventLoop

/// Tests which certificates a client trusts, and the errors for those that it does not.
@Suite struct CertificateTests {
    @Test(arguments: [
        "localhost", "LOCALHOST", "localhost.", "127.0.0.1", "::1", "0:0:0:0:0:0:0:1", "a.example.com", "b.example.com",
    ])
    func `a certificate is valid for every name in it`(name: String) async throws {
        let authority = try TestAuthority()
        let names = ["other.test", "*.example.com"] + TestCertificate.localNames
        let contexts = try TLSContexts(try authority.certificate(names: names), roots: authority.pem)
        #expect(try await connect(contexts, name: name) == nil)
    }

    @Test(arguments: [
        (["example.com"], "localhost", "it is for example.com, not localhost"),
        (["example.com", "www.example.com"], "xample.com", "it is for example.com, www.example.com, not xample.com"),
        (
            ["a.test", "b.test", "c.test", "d.test", "e.test"], "f.test",
            "it is for a.test, b.test, c.test and 2 more, not f.test"
        ),
        (["*.example.com"], "example.com", "it is for *.example.com, not example.com"),
        (["*.example.com"], "a.b.example.com", "it is for *.example.com, not a.b.example.com"),
        (["f*.example.com"], "foo.example.com", "it is for f*.example.com, not foo.example.com"),
        (["127.0.0.1", "::1"], "127.0.0.2", "it is for 127.0.0.1, ::1, not 127.0.0.2"),
        (["127.0.0.1"], "::1", "it is for 127.0.0.1, not ::1"),
        (["127.0.0.1"], "localhost", "it is for 127.0.0.1, not localhost"),
        (["localhost"], "127.0.0.1", "it is for localhost, not 127.0.0.1"),
        ([], "nobody", "it names no host (subjectAltName), so it is not for nobody"),
    ])
    func `a certificate for another name is refused`(names: [String], name: String, reason: String) async throws {
        let authority = try TestAuthority()
        let contexts = try TLSContexts(try authority.certificate(names: names), roots: authority.pem)
        #expect(try await connect(contexts, name: name) == "the certificate was refused: \(reason)")
    }

    @Test func `a text that is not a host name is refused`() async throws {
        let authority = try TestAuthority()
        let contexts = try TLSContexts(try authority.certificate(names: ["a.example.com"]), roots: authority.pem)
        for name in ["", ".", ".example.com", "a.example.com\0.test", "a example.com", "ä.example.com", "a\r\nb"] {
            #expect(
                try await connect(contexts, name: name)
                    == "a certificate cannot be for \(name.debugDescription), which is not a host name")
        }
    }

    @Test func `a certificate is valid only in its period`() async throws {
        let authority = try TestAuthority()
        let old = try authority.certificate(dates: "2020-01-01"..."2021-03-04")
        #expect(
            try await connect(TLSContexts(old, roots: authority.pem)) == "the certificate expired on 2021-03-04")
        let new = try authority.certificate(dates: "2107-08-09"..."2110-01-01")
        #expect(
            try await connect(TLSContexts(new, roots: authority.pem))
                == "the certificate is not valid before 2107-08-09, or this machine's clock is wrong")
    }

    @Test func `an authority is valid only in its period`() async throws {
        let root = try TestAuthority()
        let middle = try TestAuthority(name: "Middle", dates: "2020-01-01"..."2021-03-04", under: root)
        #expect(
            try await connect(TLSContexts(try middle.certificate(), roots: root.pem))
                == "the certificate of its issuer, Middle, expired on 2021-03-04")
    }

    @Test func `a self-signed certificate is valid only if it is trusted`() async throws {
        let certificate = try TestCertificate.selfSigned()
        #expect(try await connect(TLSContexts(certificate, roots: certificate.chainPEM)) == nil)
        let stranger = try TestAuthority()
        #expect(
            try await connect(TLSContexts(certificate, roots: stranger.pem))
                == "the certificate was refused: it is self-signed and not trusted")
    }

    @Test func `an unknown authority is refused, and the error names it`() async throws {
        let authority = try TestAuthority(name: "Nobody's Authority")
        let stranger = try TestAuthority(name: "Nobody's Authority")
        let reason = "the certificate was refused: its issuer is not trusted: Nobody's Authority"
        let contexts = try TLSContexts(try authority.certificate(), roots: try TestAuthority().pem)
        #expect(try await connect(contexts) == reason)
        // It has the name of a trusted authority, but not its key.
        let forged = try TLSContexts(try authority.certificate(), roots: stranger.pem)
        let refusal = try await connect(forged)
        #expect(refusal?.hasPrefix("the certificate was refused: ") == true && refusal?.contains(".c:") == false)
        // The server sends the root as well.
        let certificate = try authority.certificate()
        let whole = TestCertificate(chainPEM: certificate.chainPEM + authority.pem, keyPEM: certificate.keyPEM)
        #expect(try await connect(TLSContexts(whole, roots: try TestAuthority().pem)) == reason)
    }

    @Test func `a chain is valid if it leads to a trusted certificate`() async throws {
        let root = try TestAuthority(name: "Root")
        let upper = try TestAuthority(name: "Upper", under: root)
        let lower = try TestAuthority(name: "Lower", under: upper)
        let certificate = try lower.certificate()
        for trusted in [root.pem, upper.pem, lower.pem, try TestAuthority().pem + root.pem] {
            #expect(try await connect(TLSContexts(certificate, roots: trusted)) == nil)
        }
        let leafOnly = try TestAuthority(name: "Root").pem
        #expect(try await connect(TLSContexts(certificate, roots: leafOnly)) != nil)
    }

    @Test func `a certificate that is not an authority cannot issue others`() async throws {
        // The trusted certificate of a server signs another certificate.
        let server = try TestCertificate.selfSigned(names: ["server.test"])
        let forged = try TestCertificate.signed(by: server, names: ["localhost"])
        let reason = try await connect(TLSContexts(forged, roots: server.chainPEM))
        #expect(reason?.hasPrefix("the certificate was refused: ") == true)
    }

    @Test func `names in certificates cannot break a log line`() async throws {
        let authority = try TestAuthority(name: "evil\n\u{1b}[31m\u{202e}" + String(repeating: "x", count: 40))
        let contexts = try TLSContexts(try authority.certificate(), roots: try TestAuthority().pem)
        let reason = try #require(try await connect(contexts))
        let start = "the certificate was refused: its issuer is not trusted: evil\u{fffd}\u{fffd}[31m\u{fffd}x"
        #expect(reason.hasPrefix(start))
        #expect(reason.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }

    /// The client's error for the server's certificate; nil if it accepts the certificate.
    private func connect(_ contexts: TLSContexts, name: String = "localhost") async throws -> String? {
        try await onLoop { loop in
            let pair = TLSPair(loop, contexts, name: name)
            var isOpen = false
            pair.client.opened = {
                isOpen = true
                pair.client.finish()
                pair.server.finish()
            }
            let end = try await pair.clientRecorder.closed()
            let serversEnd = try await pair.serverRecorder.closed()
            #expect((end == nil) == isOpen)
            #expect((end == nil) == (serversEnd == nil))
            guard case .tls(let error) = end else { return end.map { "\($0)" } }
            return error.description
        }
    }
}
