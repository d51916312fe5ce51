import EventLoop
import FunctionsModel
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

    /// The maximum size of a request's body in bytes (host-contract §12).
    let bodyLimit: Int
    /// The host's default, and the setting that replaces it.
    nonisolated static let defaultBodyLimit = 104_857_600
    nonisolated static let bodyLimitSetting = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"

    /// Throws for a setting that is not a number of bytes.
    nonisolated static func bodyLimit(in settings: [String: String]) throws(Problem) -> Int {
        guard let text = settings[bodyLimitSetting], !text.isEmpty else { return defaultBodyLimit }
        guard let number = Int(text), number >= 0 else {
            throw Problem("the app setting \(bodyLimitSetting)", "must be a number of bytes, not '\(text)'")
        }
        return number
    }

    private(set) var port = 0

    /// Throws `StreamError` or `ResolverError` if the address cannot be listened on.
    init(
        bind: String, port: UInt16, bodyLimit: Int, tls: TLSContext? = nil,
        tell: @escaping @MainLoop (HostEvent) -> Void
    ) async throws {
        self.tell = tell
        self.bodyLimit = bodyLimit
        var settings = HTTPServer.Settings()
        settings.bodyLimit = bodyLimit
        settings.tls = tls
        settings.refusal = { refusal in
            if case .tooLarge(let limit) = refusal {
                MainLoop.task {
                    tell(
                        .warning(
                            "a request gets 500, because its body has more than \(limit) bytes; the app setting "
                                + "\(Self.bodyLimitSetting) can allow more"))
                }
            }
            return Self.response(to: refusal)
        }
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
