import EventLoop
import FunctionsModel
import HTTP
import HTTP1

/// Passes on callers' own requests.
extension Invoker {
    /// Passes on a whole request and its whole response (host-contract §7).
    func forward(_ request: HTTPRequest, to function: Function, in app: FunctionApp) async -> HTTPResponse {
        let watch = InvocationWatch(function, cause: request.cause, tell: tell)
        let copy = RequestCopy(
            request: request, function: function, wire: app.host.httpWire, invocationID: watch.id, isSecure: isSecure)
        func fail(_ reason: String) -> HTTPResponse {
            watch.end {
                $0.status = 500
                $0.failure = reason
            }
            return HTTPResponse(status: 500)
        }
        if let failure = copy.failure { return fail(failure) }
        recorder?.keep(copy.recorded(copy.framed.body), to: function)
        do {
            var outgoing = ClientRequest(
                request.method, try url(of: "/"), fields: copy.fields, body: copy.body)
            outgoing.target = copy.target
            outgoing.keepsPlaces = true
            if tracesCalls, !copy.fields.contains(HostHeader.traceparent) {
                TraceContext(continuing: request.fields).add(to: &outgoing.fields)
            }
            // .NET sends a request without a body up to four times if it is dropped without an answer.
            if !request.hasLength { outgoing.resends = 3 }
            let mcp = MCPCall(request)
            let response = try await exchange(outgoing, for: function, in: app)
            _ = mcp?.begin(response.head.fields)
            mcp?.received(response.body.span.bytes)
            if let lateness = response.lateness { throw lateness }
            watch.end {
                $0.status = response.head.status
                $0.warnings = response.head.warnings
                $0.call = mcp?.line(status: response.head.status, isComplete: true)
            }
            var answer = HTTPResponse(
                status: response.head.status, fields: response.head.forwardedFields, body: .bytes(response.body))
            answer.reason = response.head.reason
            return answer
        } catch {
            return fail("\(error)")
        }
    }

    /// Passes on a request and its response as they arrive (host-contract §8). Returns when the handler has the
    /// request; the response is sent later.
    ///
    /// - Parameters:
    ///   - ours: the fields that the host adds to the response.
    ///   - bodyLimit: the largest body in bytes.
    ///   - ended: called once after the response.
    func proxy(
        _ request: HTTPRequest, through connection: HTTPConnection, to function: Function, in app: FunctionApp,
        adding ours: HostFields, bodyLimit: Int, ended: @escaping @MainLoop () -> Void
    ) async {
        let watch = InvocationWatch(function, cause: request.cause, tell: tell)
        let exchange = ProxiedExchange(request, connection, watch, adding: ours, bodyLimit: bodyLimit, ended: ended)
        do {
            let life = try await life()
            let copy = RequestCopy(
                request: request, function: function, wire: .proxied, invocationID: watch.id, isSecure: isSecure)
            var outgoing = ClientRequest(request.method, try url(of: copy.target), fields: copy.fields)
            outgoing.target = copy.target
            outgoing.dropsOddFields = true
            handler.sign(&outgoing)
            if let recorder {
                exchange.record = { body in
                    if let body { recorder.keep(copy.recorded(body), to: function) } else { recorder.skip(function) }
                }
            }
            exchange.begin(outgoing, by: client)
            if let limit = app.host.functionTimeout {
                exchange.limitHead(to: limit, grace: grace) { [self] in "\(killed(life, after: limit))" }
            }
        } catch {
            exchange.fail("\(error)")
        }
    }
}
