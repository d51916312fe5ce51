import FoundationEssentials
import NIOCore
import NIOHTTP1

/// Finds out what a request is: the payload of an invocation, or a caller's own request (host-contract §5).
struct Dispatch {
    enum Destination {
        case invoke(Invocation)
        case respond(Response)
    }

    let request: Request
    let app: FunctionApp

    func destination() -> Destination {
        let path = request.path
        let name = String(path.dropFirst())
        let function = app.functions[name]
        switch app.host.httpWire {
        case .payload:
            return payload(name) ?? .respond(.notFound(request, app))
        case .named:
            if let function, function.isHTTPOnly { return plain(function, []) }
            return payload(name) ?? .respond(.notFound(request, app))
        case .forwarded, .proxied:
            let match = app.router.match(method: request.head.method.rawValue, path: String(path))
            if function?.isHTTPOnly != true, let payload = payload(name) {
                // A route such as `{*rest}` takes a caller to the path of another function, which is not for callers.
                if case .notFound = match { return payload }
                if isPayload { return payload }
            }
            switch match {
            case .found(let match):
                guard let function = app.functions[match.function] else { return .respond(.notFound(request, app)) }
                return function.isHTTPOnly
                    ? plain(function, match.parameters) : .respond(.notForwarded(function, request))
            case .notFound: return .respond(.notFound(request, app))
            case .bad: return .respond(.badPath)
            }
        }
    }

    /// Whether a request that two functions could take is the host's own payload: a caller cannot make one look so.
    /// The host sends payloads in chunks and forwards only bodies with a length; to what it proxies, it adds headers.
    private var isPayload: Bool {
        let headers = request.head.headers
        return request.hostVersion != nil && headers.contains(name: "transfer-encoding")
            && (app.host.httpWire == .forwarded || !headers.contains(name: "x-forwarded-for"))
    }

    /// nil where no function of that name takes payloads.
    private func payload(_ name: String) -> Destination? {
        guard request.head.method == .POST else { return nil }
        if let problem = app.broken[name] {
            let failure = InvocationFailure(.function, problem.description)
            return .respond(
                PayloadWire.response(failure, function: name, id: nil, toHost: request.hostVersion != nil))
        }
        return app.functions[name].map { .invoke(invocation(of: $0, .payload(request.body))) }
    }

    private func plain(_ function: Function, _ parameters: Invocation.Parameters) -> Destination {
        let url = request.url(isProxied: app.host.httpWire == .proxied)
        return .invoke(invocation(of: function, .request(request, url: url, parameters)))
    }

    private func invocation(of function: Function, _ input: Invocation.Input) -> Invocation {
        Invocation(
            id: request.invocationID ?? UUID().uuidString.lowercased(), function: function, input: input,
            hostVersion: request.hostVersion, traceparent: request.head.headers.first(name: "traceparent"))
    }
}

extension Response {
    /// What the host's readiness probe gets (host-contract §3).
    static let ready = Response(
        status: .ok, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: "luafunc is ready\n"))

    fileprivate static let badPath = ProblemDetails.response(
        .badRequest, title: "The path cannot be read", detail: "a path cannot hold the character NUL (%00)")

    /// A function that the host invokes with a payload even where it forwards requests.
    fileprivate static func notForwarded(_ function: Function, _ request: Request) -> Response {
        ProblemDetails.response(
            .notFound, title: "This function takes no requests of its own",
            detail:
                "'\(function.name)' has other bindings than one HTTP trigger and one http output, so the host invokes "
                + "it with a payload, POST /\(function.name)")
    }

    fileprivate static func notFound(_ request: Request, _ app: FunctionApp) -> Response {
        // Whom the host forwards is not told what else there is.
        guard request.hostVersion == nil else {
            return ProblemDetails.response(.notFound, title: "No such function", detail: "there is no such route")
        }
        return ProblemDetails.response(
            .notFound, title: "No such function", detail: advice(request, app), [("functions", .list(app.names))])
    }

    /// What was asked for, and what was probably meant.
    private static func advice(_ request: Request, _ app: FunctionApp) -> String {
        if app.names.isEmpty { return "this app has no functions; a function is a folder with a function.json" }
        let path = String(request.path)
        let method = request.head.method.rawValue
        let meant = NearestName.find(path.split(separator: "/").last.map(String.init) ?? "", among: app.names)
        if app.host.httpWire != .payload {
            return "there is no route for \(method) \(path)" + (meant.map { "; " + address(of: $0, app) } ?? "")
        }
        let name = String(path.dropFirst())
        if app.names.contains(name) { return "a function is invoked with POST /\(name), not \(method)" }
        if name.hasPrefix(app.host.routePrefix + "/") {
            return "this app takes invocation payloads, POST /<function>; for plain requests set "
                + "\"enableForwardingHttpRequest\" in \"customHandler\" of host.json to true"
        }
        return "there is no function '\(name)'; invoke one with POST /<name>"
            + (meant.map { " (did you mean '\($0)'?)" } ?? "")
    }

    private static func address(of name: String, _ app: FunctionApp) -> String {
        if let problem = app.broken[name] { return "'\(name)' is not served: \(problem)" }
        return "'\(name)' is at \(app.functions[name].map { app.address(of: $0) } ?? "")"
    }
}
