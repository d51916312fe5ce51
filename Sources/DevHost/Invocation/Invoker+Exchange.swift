import EventLoop
import FunctionsModel
import HTTP
import HTTP1

/// Exchanges with the handler, within the time limit of the app's functions.
extension Invoker {
    /// The maximum size of a response's body in bytes. The real host accepts up to 2 GB (host-contract §16), which is
    /// too much for a developer's machine, because all of it stays in memory until the caller has read it.
    private static let largestBody = 256 << 20

    func url(of target: String) throws(URLError) -> URL { try URL("http://127.0.0.1:\(handler.port)\(target)") }

    /// Sends a request once the handler is ready. The limit covers the whole response.
    func exchange(
        _ request: ClientRequest, in app: FunctionApp
    ) async throws(InvocationError) -> (head: ResponseCopy, body: [UInt8]) {
        let life = try await life()
        var request = request
        request.timeout = app.host.functionTimeout
        request.dropsOddFields = true
        handler.sign(&request)
        do throws(HTTPClientError) {
            let response = try await client.execute(request)
            let head = ResponseCopy(status: response.status, response.fields, dropped: response.dropped)
            return (head, try await response.collect(upTo: Self.largestBody))
        } catch {
            if error == .timeout(.whole), let limit = request.timeout { throw killed(life, after: limit) }
            throw .broken("\(error)")
        }
    }

    /// Waits until the handler is ready, and returns the number of its run.
    func life() async throws(InvocationError) -> Int {
        do {
            return try await handler.ready()
        } catch {
            throw .noHandler((error as? HandlerProcess.EndedError)?.reason ?? "\(error)")
        }
    }

    /// Waits for the time limit, after an answer that reports nothing back.
    func timedOut(after watch: InvocationWatch, in app: FunctionApp) async -> InvocationError {
        guard let limit = app.host.functionTimeout else {
            // This waits forever, as the real host does.
            try? await EventLoop.main.sleep(for: .seconds(1 << 30))
            return .timedOut(.zero)
        }
        let life = try? await handler.ready()
        try? await EventLoop.main.sleep(for: watch.began + limit - MonotonicTime.now)
        return killed(life, after: limit)
    }

    /// Kills the whole handler with all its other invocations, as the host does (host-contract §4.3). It does so only
    /// once, even if several invocations exceed the limit. If no run is given, there is nothing to kill.
    func killed(_ life: Int?, after limit: Duration) -> InvocationError {
        EventLoop.main.schedule(after: .seconds(2)) { [handler, tell] in
            if let life, handler.replace(life: life) { tell(.error("the handler is killed and restarted")) }
        }
        return .timedOut(limit)
    }
}
