import EventLoop
import HTTP
import HTTP1

/// A custom handler that a test implements, on the main loop.
@MainLoop
final class PlayedHandler {
    /// A request as it arrived, without the body if that is streamed.
    struct Received: Sendable {
        let method: String
        let target: String
        let fields: HTTPFields
        let body: [UInt8]
    }

    typealias Play = @MainLoop (HTTPRequest, HTTPConnection) -> Void

    private(set) var received: [Received] = []
    private var server: HTTPServer?
    private let streams: Bool
    private let play: Play

    /// - Parameters:
    ///   - streams: whether bodies are read piece by piece through the connection.
    ///   - play: answers all requests except the host's readiness probe.
    init(port: Int = 0, streams: Bool = false, _ play: @escaping Play) throws {
        self.streams = streams
        self.play = play
        let address = SocketAddress(.loopback, port: UInt16(clamping: port))
        server = try HTTPServer(EventLoop.main, bind: address, responder: self)
    }

    var port: Int { server?.port ?? 0 }

    func stop() async {
        await server?.drain(limit: .zero)
        server = nil
    }

    /// Answers every payload with this JSON.
    static func answer(_ json: String) -> Play {
        { _, connection in
            connection.respond(HTTPResponse(status: 200, contentType: "application/json", text: json))
        }
    }
}

extension PlayedHandler: @MainLoop HTTPResponder {
    func takesStream(_ request: HTTPRequest) -> Bool { streams }

    /// The host closes its connection when its own caller has disconnected.
    func halfCloseMeansGone(_ request: HTTPRequest) -> Bool { true }

    func respond(to request: HTTPRequest, through connection: HTTPConnection) {
        guard request.target != "/" else { return connection.respond(HTTPResponse(status: 404)) }
        received.append(
            Received(
                method: request.method.text, target: request.rawTarget, fields: request.fields, body: request.body))
        play(request, connection)
    }
}
