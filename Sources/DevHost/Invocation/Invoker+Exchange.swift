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

    /// The handler's response to one request.
    struct Exchange {
        let head: ResponseCopy
        let body: [UInt8]
        /// The reason to fail, if the response came after the time limit.
        let lateness: InvocationError?

        /// The response as the answer to a payload.
        var answer: Answer {
            Answer(status: head.status, contentType: head.fields.first("content-type"), body: body)
        }
    }

    /// Sends a request once the handler is ready. The limit covers the whole response. A response that comes a little
    /// later keeps the host from killing the handler (host-contract §4.3).
    func exchange(
        _ request: ClientRequest, for function: Function, in app: FunctionApp
    ) async throws(InvocationError) -> Exchange {
        let life = try await life()
        let limit = app.host.functionTimeout
        var isLate = false
        let alarm = limit.map { limit in
            EventLoop.main.schedule(after: limit) { [tell, grace] in
                isLate = true
                tell(
                    .error(
                        "\(function.name): Timeout value of \(limit) exceeded; the handler is killed if it does not answer "
                            + "within \(grace)"))
            }
        }
        defer { alarm?.close() }
        var request = request
        request.timeout = limit.map { $0 + grace }
        request.dropsOddFields = true
        handler.sign(&request)
        do throws(HTTPClientError) {
            let response = try await client.execute(request)
            let head = ResponseCopy(response)
            let body = try await response.collect(upTo: Self.largestBody)
            return Exchange(head: head, body: body, lateness: isLate ? limit.map { .late($0) } : nil)
        } catch {
            if handler.isStopping { throw .stopped }
            if error == .timeout(.whole), let limit { throw killed(life, after: limit) }
            if let departure = handler.departure { throw .noHandler(departure) }
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
        try? await EventLoop.main.sleep(for: watch.began + limit + grace - MonotonicTime.now)
        return killed(life, after: limit)
    }

    /// Kills the whole handler with all its other invocations, as the host does (host-contract §4.3). It does so only
    /// once, even if several invocations exceed the limit. If no run is given, there is nothing to kill.
    func killed(_ life: Int?, after limit: Duration) -> InvocationError {
        if let life, handler.replace(life: life) { tell(.error("the handler is killed and restarted")) }
        return .timedOut(limit)
    }
}
