import EventLoop
import FunctionsModel
import HTTP
import HTTP1

/// Passes on callers' own requests.
extension Invoker {
    /// Passes on a whole request and its whole response (host-contract §7).
    func forward(_ request: HTTPRequest, to function: Function, in app: FunctionApp) async -> HTTPResponse {
        let watch = InvocationWatch(function, cause: request.cause, tell: tell)
        let copy = RequestCopy(request: request, function: function, wire: app.host.httpWire, invocationID: watch.id)
        do {
            let body = request.hasLength ? ClientRequest.Body.bytes(request.body) : .none
            let response = try await exchange(
                ClientRequest(request.method, try url(of: copy.target), fields: copy.fields, body: body), in: app)
            watch.end {
                $0.status = response.head.status
                $0.warnings = copy.warnings + response.head.warnings
            }
            return HTTPResponse(
                status: response.head.status, fields: response.head.fields, body: .bytes(response.body))
        } catch {
            watch.end {
                $0.status = 500
                $0.failure = "\(error)"
                $0.warnings = copy.warnings
            }
            return HTTPResponse(status: 500)
        }
    }

    /// Passes on a request and its response as they arrive (host-contract §8). Returns when the handler has the
    /// request; the response is sent later.
    ///
    /// - Parameter granted: fields to add to the response.
    func proxy(
        _ request: HTTPRequest, through connection: HTTPConnection, to function: Function, in app: FunctionApp,
        adding granted: HTTPFields
    ) async {
        let watch = InvocationWatch(function, cause: request.cause, tell: tell)
        let exchange = ProxiedExchange(request, connection, watch, adding: granted)
        do {
            let life = try await life()
            let copy = RequestCopy(request: request, function: function, wire: .proxied, invocationID: watch.id)
            var outgoing = ClientRequest(request.method, try url(of: copy.target), fields: copy.fields)
            outgoing.target = copy.target
            outgoing.dropsOddFields = true
            handler.sign(&outgoing)
            exchange.begin(outgoing, by: client)
            if let limit = app.host.functionTimeout {
                exchange.limitHead(to: limit) { [self] in "\(killed(life, after: limit))" }
            }
        } catch {
            exchange.fail("\(error)")
        }
    }
}
