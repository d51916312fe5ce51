import FunctionsModel
import HTTP
import HTTP1

extension DevHost: HostResponder {
    func takesStream(_ request: HTTPRequest) -> Bool {
        let app = current
        guard app.host.httpWire == .proxied, case .function(let function, _, _) = route(request, app) else {
            return false
        }
        return app.takesRequests(function)
    }

    private enum Route {
        case function(Function, Function.Route, [(name: String, value: String?)])
        case disabled(Function.Route)
        case admin
        case home
        case bad
        case failed(String)
        case nothing
    }

    private func route(_ request: HTTPRequest, _ app: FunctionApp) -> Route {
        guard request.hasPlainTarget else { return .bad }
        let path = request.path
        let first = path.split(separator: "/").first?.lowercased()
        // The host's own paths take precedence, even with an empty prefix.
        if first == "admin" || first == "runtime" { return .admin }
        switch app.router.match(method: request.method.text, path: path, warn: { tell(.warning($0)) }) {
        case .found(let match):
            guard let function = app.functions[match.function] else { return .nothing }
            // The master key runs a disabled function too (host-contract §12).
            let route = function.routes[match.place]
            if disabled(app).contains(function.name), keys?.kind(in: request) != .master {
                return .disabled(route)
            }
            return .function(function, route, match.parameters)
        case .bad: return .bad
        case .failed(let function, let reason):
            return .failed("\(request.cause): 500, function '\(function)': \(reason)")
        case .notFound: return path == "/" && [.get, .head].contains(request.method) ? .home : .nothing
        }
    }

    func answer(_ request: HTTPRequest, through connection: HTTPConnection) async {
        lookForOfflinePage()
        if isOffline { return connection.respond(offlinePage) }
        let app = current
        let route = route(request, app)
        var ours = HostFields(custom: app.host.http.customHeaders)
        func respond(_ response: HTTPResponse) {
            var response = response
            ours.apply(to: &response.fields)
            response.leaveOutZeroLength(to: request)
            connection.respond(response)
        }
        if case .admin = route { return respond(await admin(request, app)) }
        if cors.isPreflight(request) {
            if !cors.allows(request) { tell(.warning(cors.advice(on: request, isOption: options.origins != nil))) }
            return respond(cors.preflight(request))
        }
        ours.cors = cors.fields(for: request)
        guard case .function(let function, let chosen, let parameters) = route else {
            switch route {
            case .home: return respond(home)
            case .bad: return respond(HTTPResponse(status: 400))
            case .failed(let reason):
                tell(.warning(reason))
                return respond(HTTPResponse(status: 500))
            case .disabled(let chosen): return respond(refusal(of: request, to: chosen) ?? notFound(request, app))
            case .nothing, .admin, .function: return respond(notFound(request, app))
            }
        }
        guard await requestQueue.enter(app.host.http) else { return respond(tooMany(request)) }
        if let refusal = refusal(of: request, to: chosen) {
            requestQueue.leave()
            return respond(refusal)
        }
        if app.takesRequests(function), app.host.httpWire == .proxied {
            return await invoker.proxy(
                request, through: connection, to: function, in: app, adding: ours, bodyLimit: server.bodyLimit,
                ended: { [requestQueue] in requestQueue.leave() })
        }
        guard app.takesRequests(function) else {
            let result = await call(function, parameters, request, app)
            requestQueue.leave()
            return connection.respond(result, adding: ours)
        }
        let response = await invoker.forward(request, to: function, in: app)
        requestQueue.leave()
        respond(response)
    }

    /// The response to a request above `maxOutstandingRequests`.
    private func tooMany(_ request: HTTPRequest) -> HTTPResponse {
        tell(.warning("\(request.cause): 429, maxOutstandingRequests in host.json allows no more requests at a time"))
        return HTTPResponse(status: 429, fields: ["X-FUNCTION-SCALEOUT": "1"])
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
                options.functions == nil
                    ? "no function has this route" : "none of the functions that --functions names has this route"
            }
        tell(.warning("\(request.cause): 404, \(advice)"))
        return HTTPResponse(status: 404)
    }

    var cors: CORS {
        CORS(
            origins: options.origins ?? settings.origins,
            allowsCredentials: options.allowsCredentials || settings.allowsCredentials)
    }

    private var home: HTTPResponse {
        let hides = options.environment.merging(settings.values) { own, _ in own }["AzureWebJobsDisableHomepage"]
        return hides?.lowercased() == "true" ? HTTPResponse(status: 204) : LandingPage(listing: listing).response
    }

    // MARK: Functions

    /// The response to a caller without the key; nil if the caller may call.
    private func refusal(of request: HTTPRequest, to route: Function.Route) -> HTTPResponse? {
        let level = (try? HTTPTrigger(route.trigger).level) ?? .function
        guard let keys, !keys.opens(level, request) else { return nil }
        tell(.warning("\(request.cause): 401, the header x-functions-key or the query parameter code is missing"))
        return HTTPResponse(status: 401)
    }

    private func call(
        _ function: Function, _ parameters: [(name: String, value: String?)], _ request: HTTPRequest,
        _ app: FunctionApp
    ) async -> HTTPResult {
        var trigger = HTTPTriggerRequest(request, parameters, at: "\(scheme)://localhost:\(server.port)")
        // The host looks for a key even if the function needs none.
        if let keys, keys.opens(.function, request) {
            let isMaster = keys.opens(.admin, request)
            trigger.identity = .key(level: isMaster ? "Admin" : "Function", id: isMaster ? "master" : "default")
        }
        var payload = trigger.payload(for: function.triggerBinding, invoker.zone)
        payload.trace = TraceContext(continuing: request.fields)
        let accept = request.fields.values("accept").joined(separator: ",")
        let result = await invoker.invoke(
            function, payload, cause: request.cause, in: app, accept: accept.isEmpty ? nil : accept,
            warnings: trigger.warnings.map { "\($0)" })
        guard let reason = result.reason else { return result.http ?? HTTPResult(status: 204) }
        // A browser gets the reason for a person to read; a program gets the same response as in Azure.
        guard options.showsReasons || accept.contains("text/html") else { return HTTPResult(status: 500) }
        return HTTPResult(
            status: 500, headers: [("Content-Type", "text/plain; charset=utf-8")],
            body: Array("\(function.name) failed\n\n\(reason)\n".utf8))
    }
}
