import EventLoop
import HTTP
import HTTP1

/// Asks a port for `GET /`, as the host does until the handler answers (host-contract §3).
@MainLoop
struct ReadinessProbe {
    let client: HTTPClient
    let port: Int

    enum Echo {
        /// The process listens, whatever it answered.
        case answered
        case nobody
        case cancelled
    }

    /// - Parameter sign: adds what the handler requires of its callers.
    func answer(signedBy sign: @MainLoop (inout ClientRequest) -> Void) async -> Echo {
        guard let url = try? URL("http://127.0.0.1:\(port)/") else { return .nobody }
        var request = ClientRequest(.get, url)
        request.timeout = .seconds(3600)
        sign(&request)
        do throws(HTTPClientError) {
            try await client.execute(request).cancel()
            return .answered
        } catch {
            if case .connect = error { return .nobody }
            return Task.isCancelled ? .cancelled : .answered
        }
    }
}
