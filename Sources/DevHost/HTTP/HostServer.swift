import EventLoop
import HTTP
import HTTP1

/// Answers requests, and decides whether their bodies are passed on as they arrive.
@MainLoop
protocol HostResponder: AnyObject {
    func takesStream(_ request: HTTPRequest) -> Bool

    /// Answers through the connection before it returns.
    func answer(_ request: HTTPRequest, through connection: HTTPConnection) async
}

/// The host's HTTP server, in front of all functions. Requests wait until `serve` names their responder.
@MainLoop
final class HostServer {
    private var server: HTTPServer?
    private weak var responder: (any HostResponder)?
    private var waiting: [(request: HTTPRequest, connection: HTTPConnection)] = []
    private let tell: @MainLoop (HostEvent) -> Void

    /// The maximum size of a request in bytes (host-contract §12).
    nonisolated static let bodyLimit = 104_857_600

    private(set) var port = 0

    /// Throws `StreamError` or `ResolverError` if the address cannot be listened on.
    init(bind: String, port: UInt16, tell: @escaping @MainLoop (HostEvent) -> Void) async throws {
        self.tell = tell
        var settings = HTTPServer.Settings()
        settings.bodyLimit = Self.bodyLimit
        settings.refusal = { Self.response(to: $0) }
        let server = try await HTTPServer.open(
            EventLoop.main, bind: bind, port: port, settings: settings, responder: self)
        server.outOfDescriptors = { [unowned self] error in
            self.tell(.warning("no more connections can be accepted: \(error); new ones wait until others close"))
        }
        self.server = server
        self.port = server.port
    }

    /// The response to a refused request: the real host's for a body that is too large; for other errors, one that
    /// explains the problem to the person at the terminal.
    private nonisolated static func response(to refusal: ServerError) -> HTTPResponse {
        guard case .tooLarge = refusal else { return refusal.response }
        return HTTPResponse(status: 500)
    }

    func serve(_ responder: any HostResponder) {
        self.responder = responder
        for (request, connection) in waiting { respond(to: request, through: connection) }
        waiting = []
    }

    /// Closes all connections immediately, as the host does.
    func stop() async {
        await server?.drain(limit: .zero)
        server = nil
    }
}

extension HostServer: @MainLoop HTTPResponder {
    func takesStream(_ request: HTTPRequest) -> Bool { responder?.takesStream(request) ?? false }

    func respond(to request: HTTPRequest, through connection: HTTPConnection) {
        guard let responder else { return waiting.append((request, connection)) }
        EventLoop.main.task { await responder.answer(request, through: connection) }
    }
}
