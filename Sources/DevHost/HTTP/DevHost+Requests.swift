import FunctionsModel
import HTTP
import HTTP1

extension DevHost: HostResponder {
    func takesStream(_ request: HTTPRequest) -> Bool {
        let app = current
        guard app.host.httpWire == .proxied, case .function(let function, _) = route(request, app) else { return false }
        return app.takesRequests(function)
    }

    private enum Route {
        case function(Function, [(name: String, value: String?)])
        case admin
        case home
        case bad
        case nothing
    }

    private func route(_ request: HTTPRequest, _ app: FunctionApp) -> Route {
        let path = request.path
        let first = path.split(separator: "/").first?.lowercased()
        // The host's own paths take precedence, even with an empty prefix.
        if first == "admin" || first == "runtime" { return .admin }
        switch app.router.match(method: request.method.text, path: path, warn: { tell(.warning($0)) }) {
        case .found(let match):
            guard let function = app.functions[match.function], !disabled(app).contains(function.name) else {
                return .nothing
            }
            return .function(function, match.parameters)
        case .bad: return .bad
        case .notFound: return path == "/" && [.get, .head].contains(request.method) ? .home : .nothing
        }
    }

    func answer(_ request: HTTPRequest, through connection: HTTPConnection) async {
        let app = current
        let route = route(request, app)
        if case .admin = route { return connection.respond(await admin(request, app)) }
        let cors = CORS(origins: settings.origins, allowsCredentials: settings.allowsCredentials)
        if let answer = cors.preflight(request) { return connection.respond(answer) }
        let granted = cors.grant(request) ?? HTTPFields()
        var response: HTTPResponse
        switch route {
        case .function(let function, let parameters):
            if let refusal = refusal(of: request, to: function) {
                response = refusal
            } else if app.takesRequests(function), app.host.httpWire == .proxied {
                return await invoker.proxy(request, through: connection, to: function, in: app, adding: granted)
            } else if app.takesRequests(function) {
                response = await invoker.forward(request, to: function, in: app)
            } else {
                response = await call(function, parameters, request, app)
            }
        case .home: response = home
        case .bad: response = HTTPResponse(status: 400)
        case .nothing, .admin: response = notFound(request, app)
        }
        for (name, value) in granted { response.fields.add(name, value) }
        connection.respond(response)
    }

    /// The response to a request without a route. The real host sends no explanation; this one does, because the
    /// developer may have forgotten the prefix.
    private func notFound(_ request: HTTPRequest, _ app: FunctionApp) -> HTTPResponse {
        // Browsers request this file by themselves.
        guard request.path != "/favicon.ico" else { return HTTPResponse(status: 404) }
        let prefixed = "/\(app.host.routePrefix)\(request.path)"
        let others = ["GET", "POST", "PUT", "PATCH", "DELETE"].filter { method in
            if case .found = app.router.match(method: method, path: request.path) { true } else { false }
        }
        let advice =
            if case .found = app.router.match(method: request.method.text, path: prefixed) {
                "no function has this route; is it \(prefixed)?"
            } else if others.contains(request.method.text) {
                "the function at this route is disabled"
            } else if !others.isEmpty {
                "the function at this route takes \(others.joined(separator: ", "))"
            } else {
                "no function has this route"
            }
        tell(.warning("\(request.cause): 404, \(advice)"))
        return HTTPResponse(status: 404)
    }

    private var home: HTTPResponse {
        let hides = options.environment.merging(settings.values) { own, _ in own }["AzureWebJobsDisableHomepage"]
        return hides?.lowercased() == "true" ? HTTPResponse(status: 204) : LandingPage(listing: listing).response
    }

    // MARK: Functions

    private func level(of function: Function) -> Keys.Level {
        function.trigger.flatMap { try? HTTPTrigger($0).level } ?? .function
    }

    /// The response to a caller without the key; nil if the caller may call.
    private func refusal(of request: HTTPRequest, to function: Function) -> HTTPResponse? {
        guard let keys, !keys.opens(level(of: function), request) else { return nil }
        tell(.warning("\(request.cause): 401, the header x-functions-key or the query parameter code is missing"))
        return HTTPResponse(status: 401)
    }

    private func call(
        _ function: Function, _ parameters: [(name: String, value: String?)], _ request: HTTPRequest,
        _ app: FunctionApp
    ) async -> HTTPResponse {
        var trigger = HTTPTriggerRequest(
            method: request.method.text,
            url: "http://\(request.host ?? "localhost:\(server.port)")\(request.target)",
            headers: request.fields.map { ($0.name, $0.value) })
        trigger.routeParameters = parameters
        trigger.body = request.body
        trigger.hasContentLength = request.hasLength
        if let keys, level(of: function) != .anonymous {
            let isMaster = keys.opens(.admin, request)
            trigger.identity = .key(level: isMaster ? "Admin" : "Function", id: isMaster ? "master" : "default")
        }
        let result = await invoker.invoke(
            function, trigger.payload(for: function.triggerBinding), cause: request.cause, in: app,
            warnings: trigger.warnings.map { "\($0)" })
        guard result.failure != nil else {
            guard let http = result.http else { return HTTPResponse(status: 204) }
            return HTTPResponse(
                status: http.status, fields: HTTPFields(http.headers.map { ($0.name, $0.value) }),
                body: .bytes(http.body))
        }
        // A browser gets the reason for a person to read; a program gets the same response as in Azure.
        let isPerson = request.first("accept")?.contains("text/html") == true
        guard options.showsReasons || isPerson else { return HTTPResponse(status: 500) }
        return HTTPResponse(status: 500, text: "\(function.name) failed\n\n\(result.reason ?? "")\n")
    }
}
