import LoopTesting
import TLSTesting
import Testing

@testable import EventLoop

/// Two connected TLS streams, and what each has received.
struct TLSPair {
    let client: TLSStream
    let server: TLSStream
    let clientRecorder: StreamRecorder
    let serverRecorder: StreamRecorder
    /// The streams below them.
    let wire: (client: any ByteStream, server: any ByteStream)

    /// Makes a pair in memory. Bytes arrive in pieces of this size.
    init(
        _ loop: EventLoop, _ contexts: TLSContexts, name: String = "localhost", piece: Int = 1 << 16, reads: Bool = true
    ) {
        let wire = MemoryStream.pair(loop, piece: piece)
        self.init(loop, contexts, over: (wire.client, wire.server), name: name, reads: reads)
    }

    init(
        _ loop: EventLoop, _ contexts: TLSContexts, over wire: (client: any ByteStream, server: any ByteStream),
        name: String = "localhost", reads: Bool = true
    ) {
        self.wire = wire
        server = TLSStream(loop, server: contexts.server, over: wire.server)
        client = TLSStream(loop, client: contexts.client, over: wire.client, name: name)
        serverRecorder = StreamRecorder(server, on: loop, reads: reads)
        clientRecorder = StreamRecorder(client, on: loop, reads: reads)
    }

    /// Returns when both have closed.
    func close() async throws {
        client.close()
        server.close()
        _ = try await (clientRecorder.closed(), serverRecorder.closed())
    }
}

/// The context of a server, and that of a client that trusts the server's authority.
struct TLSContexts: Sendable {
    var client: TLSContext
    var server: TLSContext

    /// Makes contexts for `localhost` and the addresses of loopback.
    init() throws {
        let authority = try TestAuthority()
        try self.init(try authority.certificate(), roots: authority.pem)
    }

    init(_ certificate: TestCertificate, roots: [UInt8]) throws {
        client = try .client(roots: .pem(roots))
        server = try .server(certificateChainPEM: certificate.chainPEM, privateKeyPEM: certificate.keyPEM)
    }
}
