import FoundationEssentials
import NIOCore
import NIOHTTP1

/// The default way the host speaks: `POST /<function>` with a payload (host-contract §6.1, §9.1).
enum PayloadWire {
    enum Route {
        case invoke(Invocation)
        case respond(Response)
    }

    static func route(_ request: Request, _ app: FunctionApp) -> Route {
        let headers = request.head.headers
        let name = String(request.path.dropFirst())
        let hostVersion = headers.first(name: "X-Azure-Functions-HostVersion")
        guard request.head.method == .POST, let function = app.functions[name] else {
            if request.head.method == .POST, let problem = app.broken[name] {
                let failure = InvocationFailure(.function, problem.description)
                return .respond(response(failure, function: name, id: nil, toHost: hostVersion != nil))
            }
            return .respond(.notFound(request, app))
        }
        return .invoke(
            Invocation(
                // A caller of the host may have sent the header too; the host's own is the last.
                id: headers["X-Azure-Functions-InvocationId"].last ?? UUID().uuidString.lowercased(),
                function: function, payload: request.body, hostVersion: hostVersion,
                traceparent: headers.first(name: "traceparent")))
    }

    static func response(_ outcome: Outcome, to invocation: Invocation) -> Response {
        switch outcome {
        case .succeeded(let payload): Response(status: .ok, contentType: "application/json", body: payload)
        case .failed(let failure):
            response(
                failure, function: invocation.function.name, id: invocation.id, toHost: invocation.hostVersion != nil)
        }
    }

    /// The host throws the body of an error status away, but logs a text that it cannot take for a payload, and fails
    /// the invocation all the same (host-contract §9.1). Anybody else gets an honest status.
    private static func response(
        _ failure: InvocationFailure, function: String, id: String?, toHost: Bool
    ) -> Response {
        if toHost {
            return Response(
                status: .ok, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: failure.text))
        }
        let isRequest = failure.fault == .request
        var members: [(String, JSONText.Value)] = [("function", .text(function))]
        if let id { members.append(("invocationId", .text(id))) }
        if !failure.traceback.isEmpty { members.append(("traceback", .list(failure.traceback))) }
        if !failure.logs.isEmpty { members.append(("logs", .list(failure.logs))) }
        return ProblemDetails.response(
            isRequest ? .badRequest : .internalServerError,
            title: isRequest ? "The request is not an invocation" : "The function failed",
            detail: failure.message, members)
    }
}

extension Response {
    /// What the host's readiness probe gets (host-contract §3).
    static let ready = Response(
        status: .ok, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: "luafunc is ready\n"))

    static func tooLarge(limit: Int) -> Response {
        var response = ProblemDetails.response(
            .payloadTooLarge, title: "The request body is too large",
            detail: "a request body may have at most \(ByteCount.text(limit)); raise it with --body-limit")
        response.closes = true
        return response
    }

    static func notFound(_ request: Request, _ app: FunctionApp) -> Response {
        let name = String(request.path.dropFirst())
        let names = app.names
        let known = names.contains(name)
        let detail =
            if known {
                "a function is invoked with POST /\(name), not \(request.head.method.rawValue)"
            } else if names.isEmpty {
                "this app has no functions; a function is a folder with a function.json"
            } else {
                "there is no function '\(name)'; invoke one with POST /<name>"
                    + (NearestName.find(name, among: names).map { " (did you mean '\($0)'?)" } ?? "")
            }
        return ProblemDetails.response(
            .notFound, title: "No such function", detail: detail, [("functions", .list(names))])
    }
}
