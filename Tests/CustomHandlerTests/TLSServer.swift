import EventLoop
import HTTP
import TLSTesting

/// An HTTPS server on loopback that answers every request with `secret`. Its certificate is self-signed.
@MainLoop final class TLSServer {
    nonisolated let certificate: [UInt8]
    private let context: TLSContext
    private let listener: TCPListener
    private var connections: [HTTPConnection] = []

    init() throws {
        let own = try TestCertificate.selfSigned()
        certificate = own.chainPEM
        context = try TLSContext.server(certificateChainPEM: own.chainPEM, privateKeyPEM: own.keyPEM)
        guard let address = IPAddress("127.0.0.1") else { throw StreamError.cancelled }
        listener = try TCPListener(.main, bind: SocketAddress(address, port: 0))
        listener.accepted = { [unowned self] in serve($0) }
    }

    var port: Int { Int(listener.address.port) }

    func close() { listener.close() }

    private func serve(_ descriptor: Int32) {
        guard let stream = try? TCPStream(.main, descriptor: descriptor) else { return }
        connections.append(
            HTTPConnection(
                over: TLSStream(.main, server: context, over: stream), .main, settings: HTTPServer.Settings(),
                responder: Secret()))
    }
}

private final class Secret: HTTPResponder {
    func respond(to request: HTTPRequest, through connection: HTTPConnection) {
        connection.respond(HTTPResponse(status: 200, text: "secret"))
    }
}
