import EventLoop
import HTTP1
import LoopTesting
import TLSTesting
import Testing

@testable import HTTP

/// https, with certificates that the tests make.
@Suite struct SecureTests {
    private let authority: TestAuthority
    private let trust: ClientTrust

    init() throws {
        authority = try TestAuthority(name: "Test Authority")
        trust = ClientTrust(.pem(authority.pem))
    }

    private func context(_ certificate: TestCertificate) throws -> TLSContext {
        try TLSContext.server(certificateChainPEM: certificate.chainPEM, privateKeyPEM: certificate.keyPEM)
    }

    @Test func `https checks the certificate, and keeps the connection`() async throws {
        let tls = try context(authority.certificate())
        try await withClient(trust: trust, tls: tls, answer: { $0.respond("secret") }) { client, server async throws in
            for _ in 0..<2 { #expect(try await client.reply(server.url()).text == "secret") }
            #expect(server.connections.count == 1)
            let large = [UInt8](repeating: 0x61, count: 300_000)
            #expect(try await client.reply(ClientRequest(.post, server.url(), body: .bytes(large))).text == "secret")
            #expect(server.requests[2].utf8.count > 300_000)
        }
    }

    @Test(arguments: [
        (["example.com"], "2020-01-01"..."2120-12-31", "it is for example.com, not localhost"),
        (TestCertificate.localNames, "2020-01-01"..."2021-03-04", "the certificate expired on 2021-03-04"),
    ])
    func `a certificate of another host or outside its period is refused`(
        _ names: [String], _ dates: ClosedRange<String>, _ reason: String
    ) async throws {
        let tls = try context(authority.certificate(names: names, dates: dates))
        try await withClient(trust: trust, tls: tls, answer: { $0.respond() }) { client, server async throws in
            guard case .tls(let error) = await client.failure(of: try ClientRequest(.get, server.url())) else {
                return #expect(Bool(false))
            }
            #expect(error.description.contains(reason) && server.requests.isEmpty)
        }
    }

    @Test func `an unknown authority is refused`() async throws {
        let tls = try context(try TestAuthority(name: "Nobody").certificate())
        try await withClient(trust: trust, tls: tls, answer: { $0.respond() }) { client, server async throws in
            guard case .tls(let error) = await client.failure(of: try ClientRequest(.get, server.url())) else {
                return #expect(Bool(false))
            }
            #expect(error.description.contains("its issuer is not trusted: Nobody"))
        }
    }

    @Test func `a server that does not speak TLS is an error`() async throws {
        try await withClient(trust: trust) {
            $0.respond()
        } _: { client, server async throws in
            // The server answers the handshake as if it were a request.
            let url = "https://localhost:\(server.port)/"
            let recorder = CallRecorder(client, on: client.loop, try ClientRequest(.get, url))
            try await server.waiter.wait(for: "a handshake") { server.connections.first?.received.isEmpty == false }
            server.connections[0].stream.write("HTTP/1.1 400 Bad Request\r\n\r\n")
            guard case .tls = try await recorder.ended() else { return #expect(Bool(false)) }
        }
    }

    @Test func `unreadable trusted certificates are an error that names the file, and are read again`() async throws {
        let tls = try context(authority.certificate())
        let trust = ClientTrust(.file("/nowhere.pem"))
        try await withClient(trust: trust, tls: tls, answer: { $0.respond() }) { client, server async throws in
            for _ in 0..<2 {
                guard case .tls(let error) = await client.failure(of: try ClientRequest(.get, server.url())) else {
                    return #expect(Bool(false))
                }
                #expect(error.description.contains("/nowhere.pem"))
            }
        }
    }

    @Test func `a body that ends with the connection is incomplete without close_notify`() async throws {
        let tls = try context(authority.certificate())
        try await withClient(
            trust: trust, tls: tls,
            answer: { exchange in
                exchange.write("HTTP/1.1 200 OK\r\n\r\nhello")
                if exchange.target == "/whole" { exchange.finish() } else { exchange.connection.cut() }
            }
        ) { client, server async throws in
            #expect(try await client.reply(server.url("/whole")).text == "hello")
            #expect(await client.failure(of: try ClientRequest(.get, server.url("/cut"))) != nil)
        }
    }

    @Test func `a redirect from https to http is refused`() async throws {
        let tls = try context(authority.certificate())
        try await withClient(
            trust: trust, tls: tls,
            answer: { $0.respond(status: "302 Found", "Location: http://localhost:1/\r\n") }
        ) { client, server async throws in
            var request = try ClientRequest(.get, server.url())
            request.redirects = .followed(limit: 5, allowsCycles: true)
            #expect(
                await client.failure(of: request)
                    == .redirect(
                        "the server points from https to http://localhost:1/, which is not encrypted"))
        }
    }
}
