import COpenSSL
import LoopTesting
import TLSTesting
import Testing

@testable import EventLoop

/// Tests how two sides connect, and the errors if they cannot.
@Suite struct HandshakeTests {
    private let contexts: TLSContexts

    init() throws { contexts = try TLSContexts() }

    // MARK: No TLS at all

    @Test(arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n", "220 ready\r\n", "?"])
    func `a server that does not speak TLS is named as such`(answer: String) async throws {
        for closes in [false, true] where closes || answer.utf8.count > 4 {
            try await onLoop { [contexts] loop in
                let wire = MemoryStream.pair(loop)
                let server = StreamRecorder(wire.server, on: loop)
                let client = StreamRecorder(
                    TLSStream(loop, client: contexts.client, over: wire.client, name: "localhost"), on: loop)
                try await server.bytes(5)
                wire.server.write(answer)
                if closes { wire.server.finish() }
                let end = try await client.closed()
                #expect(end == .tls(TLSError("the server does not speak TLS")))
                wire.server.close()
                _ = try await server.closed()
            }
        }
    }

    @Test func `a client that does not speak TLS is named as such`() async throws {
        try await onLoop { [contexts] loop in
            let wire = MemoryStream.pair(loop)
            let client = StreamRecorder(wire.client, on: loop)
            let server = StreamRecorder(TLSStream(loop, server: contexts.server, over: wire.server), on: loop)
            wire.client.write("GET / HTTP/1.1\r\n\r\n")
            let end = try await server.closed()
            #expect(end == .tls(TLSError("the client does not speak TLS")))
            wire.client.close()
            _ = try await client.closed()
        }
    }

    @Test(arguments: [[], [0x16, 3, 3, 0, 0x50]] as [[UInt8]])
    func `a server can disconnect during the handshake`(answer: [UInt8]) async throws {
        try await onLoop { [contexts] loop in
            let wire = MemoryStream.pair(loop)
            let server = StreamRecorder(wire.server, on: loop)
            let client = StreamRecorder(
                TLSStream(loop, client: contexts.client, over: wire.client, name: "localhost"), on: loop)
            try await server.bytes(5)
            wire.server.write(answer.span.bytes)
            wire.server.finish()
            let end = try await client.closed()
            #expect(end == .tls(TLSError("the server ended the connection during the TLS handshake")))
            wire.server.close()
            _ = try await server.closed()
        }
    }

    // MARK: Versions

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func `TLS 1.2 and 1.3 are spoken`(version: Int32) async throws {
        SSL_CTX_ctrl(contexts.server.pointer, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(version), nil)
        SSL_CTX_ctrl(contexts.server.pointer, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version), nil)
        let ends = try await ends()
        #expect(ends.client == nil && ends.server == nil)
    }

    @Test(arguments: [TLS1_VERSION, TLS1_1_VERSION])
    func `a server with an old TLS version is refused`(version: Int32) async throws {
        allow(upTo: version, contexts.server)
        let refusal = StreamError.tls(TLSError("the server speaks only versions of TLS older than 1.2"))
        #expect(try await ends().client == refusal)
        // Servers that do not know the list of versions of TLS 1.3 answer with their own version.
        SSL_CTX_ctrl(contexts.client.pointer, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        #expect(try await ends().client == refusal)
    }

    @Test func `a client with an old TLS version is refused`() async throws {
        allow(upTo: TLS1_1_VERSION, contexts.client)
        let ends = try await ends()
        #expect(ends.server == .tls(TLSError("the client speaks only versions of TLS older than 1.2")))
    }

    private func allow(upTo version: Int32, _ context: TLSContext) {
        SSL_CTX_ctrl(context.pointer, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_VERSION), nil)
        SSL_CTX_ctrl(context.pointer, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version), nil)
        // OpenSSL does not consider the digests of these ciphers safe.
        SSL_CTX_set_cipher_list(context.pointer, "DEFAULT@SECLEVEL=0")
    }

    // MARK: Extensions

    @Test func `a client requests HTTP 1.1 and accepts a server that does not choose`() async throws {
        SSL_CTX_set_alpn_select_cb(contexts.server.pointer, nil, nil)
        let ends = try await ends()
        #expect(ends.client == nil && ends.server == nil)
    }

    @Test func `a server accepts a client that requests no protocol, or HTTP 1.1 among others`() async throws {
        for offer in ["", "\u{2}h2\u{8}http/1.1", "\u{8}http/1.1\u{8}http/1.0"] {
            SSL_CTX_set_alpn_protos(contexts.client.pointer, Array(offer.utf8), UInt32(offer.utf8.count))
            let ends = try await ends()
            #expect(ends.client == nil && ends.server == nil)
        }
    }

    @Test func `a server refuses a client that requests only other protocols than HTTP 1.1`() async throws {
        SSL_CTX_set_alpn_protos(contexts.client.pointer, [2, 0x68, 0x32], 3)
        let ends = try await ends()
        #expect(ends.server == .tls(TLSError("the client does not offer HTTP/1.1")))
        #expect(ends.client == .tls(TLSError("the server refused the TLS handshake: no application protocol")))
    }

    @Test(arguments: [("Example.com.", true), ("127.0.0.1", false), ("::1", false)])
    func `a client sends the name of the host, but not an address`(name: String, isNamed: Bool) async throws {
        try await onLoop { [contexts] loop in
            let wire = MemoryStream.pair(loop)
            let server = StreamRecorder(wire.server, on: loop)
            let client = StreamRecorder(
                TLSStream(loop, client: contexts.client, over: wire.client, name: name), on: loop)
            try await server.bytes(5)
            // The extension of type 0, with a list of one name without the dot.
            let serverName = [0, 0, 0, 16, 0, 14, 0, 0, 11] + Array("Example.com".utf8)
            #expect(server.received.firstRange(of: serverName).map { _ in true } == (isNamed ? true : nil))
            #expect(server.received.firstRange(of: Array(name.utf8)) == nil)
            #expect(server.received.firstRange(of: [8] + Array("http/1.1".utf8)) != nil)
            client.stream.close()
            wire.server.close()
            _ = try await client.closed()
        }
    }

    @Test func `a server that requires a client certificate does not get one`() async throws {
        SSL_CTX_set_verify(contexts.server.pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        let ends = try await ends()
        #expect(
            ends.client == .tls(TLSError("the server requires a client certificate, which is not supported")))
        #expect(
            ends.server
                == .tls(TLSError("the TLS handshake with the client failed: peer did not return a certificate")))
    }

    @Test func `a client and a server without a common cipher do not connect`() async throws {
        SSL_CTX_ctrl(contexts.server.pointer, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        SSL_CTX_set_cipher_list(contexts.server.pointer, "ECDHE-ECDSA-AES128-GCM-SHA256")
        SSL_CTX_set_cipher_list(contexts.client.pointer, "ECDHE-ECDSA-AES256-GCM-SHA384")
        let ends = try await ends()
        #expect(ends.server == .tls(TLSError("the client offers no cipher that is considered safe")))
        #expect(ends.client == .tls(TLSError("the server refused the TLS handshake: handshake failure")))
    }

    @Test func `a server is told that its certificate is not trusted`() async throws {
        var contexts = contexts
        contexts.client = try .client(roots: .pem(try TestAuthority(name: "Another").pem))
        let ends = try await ends(contexts)
        #expect(ends.server == .tls(TLSError("the client refused the TLS handshake: unknown ca")))
    }

    // MARK: -

    /// How both sides end: nil if each has received data and the end from the other.
    private func ends(
        _ given: TLSContexts? = nil
    ) async throws -> (client: StreamError?, server: StreamError?) {
        try await onLoop { [contexts = given ?? contexts] loop in
            let pair = TLSPair(loop, contexts)
            for stream in [pair.client, pair.server] {
                stream.write("hello")
                stream.finish()
            }
            let ends = (client: try await pair.clientRecorder.closed(), server: try await pair.serverRecorder.closed())
            if ends.client == nil, ends.server == nil {
                #expect(pair.clientRecorder.text == "hello" && pair.serverRecorder.text == "hello")
            }
            return ends
        }
    }
}
