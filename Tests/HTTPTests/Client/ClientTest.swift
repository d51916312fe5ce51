import EventLoop
import HTTP1
import LoopTesting

@testable import HTTP

/// Runs `body` with a client and a server on one loop, and closes both.
func withClient<Success: Sendable>(
    _ configure: @escaping @Sendable (inout HTTPClient.Settings) -> Void = { _ in }, trust: ClientTrust = ClientTrust(),
    tls: TLSContext? = nil, answer: @escaping @Sendable (RawExchange) -> Void,
    _ body: @escaping @Sendable (HTTPClient, RawServer) async throws -> Success
) async throws -> Success {
    try await onLoop { loop in
        let server = try RawServer(loop, tls: tls, answer)
        var settings = HTTPClient.Settings()
        configure(&settings)
        let client = HTTPClient(loop, trust: trust, settings: settings)
        defer {
            client.close()
            server.close()
        }
        return try await body(client, server)
    }
}

/// A response with all of its body.
struct ClientReply {
    let status: Int
    let fields: HTTPFields
    let url: URL
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
}

extension ClientRequest {
    init(_ method: HTTPMethod, _ url: String, fields: HTTPFields = [:], body: Body = .none) throws(URLError) {
        self.init(method, try URL(url), fields: fields, body: body)
    }
}

extension HTTPClient {
    func reply(_ request: ClientRequest, upTo limit: Int = 64 << 20) async throws(HTTPClientError) -> ClientReply {
        let response = try await execute(request)
        let body = try await response.collect(upTo: limit)
        return ClientReply(status: response.status, fields: response.fields, url: response.url, body: body)
    }

    func reply(_ url: String) async throws -> ClientReply { try await reply(ClientRequest(.get, url)) }

    /// The error of the request; nil if there is a response.
    func failure(of request: ClientRequest, upTo limit: Int = 64 << 20) async -> HTTPClientError? {
        do throws(HTTPClientError) {
            _ = try await reply(request, upTo: limit)
            return nil
        } catch {
            return error
        }
    }
}

/// Records the callbacks of a call.
final class CallRecorder {
    private(set) var head: ClientHead?
    private(set) var body: [UInt8] = []
    private(set) var end: Result<Void, HTTPClientError>?
    private(set) var call: ClientCall?
    /// Called with each piece, after it was recorded.
    var onBody: (() -> Void)?
    let waiter: Waiter

    init(_ client: HTTPClient, on loop: EventLoop, _ request: ClientRequest) {
        waiter = Waiter(loop)
        call = client.send(
            request,
            head: { [unowned self] in
                head = $0
                waiter.changed()
            },
            received: { [unowned self] in
                body.append(copying: $0)
                onBody?()
                waiter.changed()
            },
            ended: { [unowned self] in
                end = $0
                waiter.changed()
            })
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    func ended() async throws -> HTTPClientError? {
        try await waiter.wait(for: "the end of a call") { [unowned self] in end != nil }
        if case .failure(let error) = end { return error }
        return nil
    }
}
