import FunctionsModel
import HTTP
import HTTP1
import JSON
import Log

/// Decides whether a request is the payload of an invocation or a caller's own request (host-contract §5).
final class Dispatcher {
    enum Destination {
        /// The function's number in the app, and the form of its request.
        case invoke(Int, Wire)
        case respond(HTTPResponse)
        /// The host's readiness probe, which is not an invocation (host-contract §3).
        case probe
    }

    var app: FunctionApp { didSet { recent = RecentPaths() } }
    let callerCheck: CallerCheck
    let logger: Logger
    private var recent = RecentPaths()

    init(app: FunctionApp, callerCheck: CallerCheck, logger: Logger) {
        self.app = app
        self.callerCheck = callerCheck
        self.logger = logger
    }

    func destination(of request: HTTPRequest) -> Destination {
        let bytes = request.headBytes
        let path = bytes.span.extracting(request.pathRange)
        if path.count <= 1, request.isProbe { return .probe }
        if let number = recent.find(request.method, path) {
            return .invoke(number, .forwarded([], isProxied: isProxied))
        }
        let number = path.isEmpty ? nil : app.table.find(path.extracting(droppingFirst: 1))
        switch app.host.httpWire {
        case .payload:
            return payload(number, request) ?? .respond(.notFound(request, app))
        case .named:
            if let number, app.list[number].isHTTPOnly { return .invoke(number, .forwarded([], isProxied: false)) }
            return payload(number, request) ?? .respond(.notFound(request, app))
        case .forwarded, .proxied:
            let match = app.router.match(method: request.method.text, path: path) { logger.warning($0) }
            // A server gets no payloads, so a caller may `POST` to any path.
            if number.map({ app.list[$0].isHTTPOnly }) != true, app.host.serverRoutes == nil,
                let payload = payload(number, request)
            {
                // A route such as `{*rest}` can lead a caller to the path of another function that callers may not use.
                if case .notFound = match { return payload }
                if isPayload(request) { return payload }
            }
            switch match {
            case .found(let match):
                let destination = forwarded(match, request)
                if case .invoke(let number, _) = destination, match.parameters.isEmpty {
                    recent.note(request.method, path, number)
                }
                return destination
            case .notFound: return .respond(.notFound(request, app))
            case .failed(let function, let reason):
                logger.warning("function '\(function)': \(reason)")
                return .respond(HTTPResponse(status: 500))
            case .bad: return .respond(.badPath)
            }
        }
    }

    private func forwarded(_ match: Router.Match, _ request: HTTPRequest) -> Destination {
        guard let number = app.routed[match.index] else { return .respond(.notFound(request, app)) }
        let function = app.list[number]
        guard function.isHTTPOnly else { return .respond(.notForwarded(function)) }
        return .invoke(number, .forwarded(match.parameters, isProxied: isProxied))
    }

    private var isProxied: Bool { app.host.httpWire == .proxied }

    /// Whether a request that two functions could take is the host's own payload; a caller cannot imitate one. The host
    /// sends payloads in chunks but forwards only bodies with a length, and it adds headers to proxied requests.
    private func isPayload(_ request: HTTPRequest) -> Bool {
        request.isOfHost && request.contains("transfer-encoding")
            && (app.host.httpWire == .forwarded || !request.contains(HostHeader.forwardedFor))
    }

    /// The destination of a payload; nil if no function with this name takes payloads.
    private func payload(_ number: Int?, _ request: HTTPRequest) -> Destination? {
        guard case .post = request.method else { return nil }
        if let refusal = callerCheck.refusal(ofPayload: request) { return .respond(refusal) }
        if let number { return .invoke(number, .payload) }
        if app.broken.isEmpty { return nil }
        let name = String(request.path.dropFirst())
        guard let problem = app.broken[name] else { return nil }
        let failure = InvocationFailure(.function, problem.description)
        return .respond(PayloadWire.response(to: failure, function: name, id: nil, toHost: request.isOfHost))
    }
}

extension HTTPResponse {
    fileprivate static let badPath = problem(
        status: 400, title: "The path cannot be read", detail: "a path cannot contain a NUL character (%00)")

    /// The response for a function that the host invokes with a payload even if it forwards requests.
    fileprivate static func notForwarded(_ function: Function) -> HTTPResponse {
        problem(
            status: 404, title: "This function does not take plain requests",
            detail:
                "'\(function.name)' has other bindings than one HTTP trigger and one http output, so the host invokes "
                + "it with a payload, POST /\(function.name)")
    }

    fileprivate static func notFound(_ request: HTTPRequest, _ app: FunctionApp) -> HTTPResponse {
        // A caller behind the host must not learn which functions exist.
        guard !request.isOfHost else {
            return problem(status: 404, title: "No such function", detail: "there is no such route")
        }
        return ProblemDetails.response(
            404, title: "No such function", detail: advice(request, app), [("functions", .list(app.names))])
    }

    /// Describes the request and suggests what the caller probably meant.
    private static func advice(_ request: HTTPRequest, _ app: FunctionApp) -> String {
        if app.names.isEmpty { return "this app has no functions; a function is a folder with a function.json" }
        let path = request.path
        let method = request.method.text
        let last = path.split(separator: "/").last.map(String.init) ?? ""
        if app.host.httpWire != .payload {
            return "there is no route for \(method) \(path)"
                + (NearestName.find(last, among: app.names).map { "; " + address(of: $0, app) } ?? "")
        }
        let name = String(path.dropFirst())
        if app.names.contains(name) { return "a function is invoked with POST /\(name), not \(method)" }
        if name.hasPrefix(app.host.routePrefix + "/") {
            return "this app takes invocation payloads, POST /<function>; for plain requests set "
                + "\"enableForwardingHttpRequest\" in \"customHandler\" of host.json to true"
        }
        return "there is no function '\(name)'; invoke one with POST /<name>"
            + NearestName.question(last, among: app.names)
    }

    private static func address(of name: String, _ app: FunctionApp) -> String {
        if let problem = app.broken[name] { return "'\(name)' is not served: \(problem)" }
        return "'\(name)' is at \(app.functions[name].map { app.address(of: $0) } ?? "")"
    }
}
