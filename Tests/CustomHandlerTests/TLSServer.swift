import EventLoop
import HTTP
import TLSTesting

/// An HTTPS server on loopback that answers every request in the same way. Its certificate is self-signed.
@MainLoop final class TLSServer {
    nonisolated let certificate: [UInt8]
    private let context: TLSContext
    private let listener: TCPListener
    private var connections: [HTTPConnection] = []
    private let answers: Answers

    /// - Parameter answer: makes the response to a request for a path. A request for which it returns nil waits for
    ///   `release`.
    init(
        _ answer: @escaping @Sendable (String) -> HTTPResponse? = { _ in HTTPResponse(status: 200, text: "secret") }
    ) throws {
        let own = try TestCertificate.selfSigned()
        certificate = own.chainPEM
        answers = Answers(answer)
        context = try TLSContext.server(certificateChainPEM: own.chainPEM, privateKeyPEM: own.keyPEM)
        guard let address = IPAddress("127.0.0.1") else { throw StreamError.cancelled }
        listener = try TCPListener(.main, bind: SocketAddress(address, port: 0))
        listener.accepted = { [unowned self] in serve($0) }
    }

    var port: Int { Int(listener.address.port) }

    /// The paths of the requests so far.
    var requests: [String] { answers.requests }

    /// Waits for the first request.
    func isAsked() async {
        if answers.requests.isEmpty { await withCheckedContinuation { answers.asked = $0 } }
    }

    /// Answers the requests that wait.
    func release(_ response: HTTPResponse) {
        for connection in answers.held { connection.respond(response) }
        answers.held = []
    }

    func close() { listener.close() }

    private func serve(_ descriptor: Int32) {
        guard let stream = try? TCPStream(.main, descriptor: descriptor) else { return }
        connections.append(
            HTTPConnection(
                over: TLSStream(.main, server: context, over: stream), .main, settings: HTTPServer.Settings(),
                responder: answers))
    }
}

private final class Answers: HTTPResponder {
    private let answer: (String) -> HTTPResponse?
    var held: [HTTPConnection] = []
    var asked: CheckedContinuation<Void, Never>?
    private(set) var requests: [String] = []

    init(_ answer: @escaping (String) -> HTTPResponse?) { self.answer = answer }

    func respond(to request: HTTPRequest, through connection: HTTPConnection) {
        requests.append(request.target)
        asked.take()?.resume()
        if let response = answer(request.target) { connection.respond(response) } else { held.append(connection) }
    }
}
