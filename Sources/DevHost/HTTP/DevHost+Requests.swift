import CustomHandler
import FoundationEssentials
import Lua
import NIOHTTP1

extension DevHost: FrontResponder {
    func takesStream(_ head: HTTPRequestHead) async -> Bool {
        let app = current
        guard app.host.httpWire == .proxied, case .function(let function, _) = route(FrontRequest(head: head), app)
        else { return false }
        return app.takesRequests(function)
    }

    private enum Route {
        case function(Function, [(name: String, value: String?)])
        case admin
        case home
        case bad
        case nothing
    }

    private func route(_ request: FrontRequest, _ app: FunctionApp) -> Route {
        let path = request.path
        let first = path.split(separator: "/").first?.lowercased()
        // The host's own paths win, also with an empty prefix.
        if first == "admin" || first == "runtime" { return .admin }
        switch app.router.match(method: request.method, path: path) {
        case .found(let match):
            guard let function = app.functions[match.function], !disabled(app).contains(function.name) else {
                return .nothing
            }
            return .function(function, match.parameters)
        case .bad: return .bad
        case .notFound: return path == "/" && ["GET", "HEAD"].contains(request.method) ? .home : .nothing
        }
    }

    func respond(to request: FrontRequest) async -> FrontResponse {
        let app = current
        let route = route(request, app)
        if case .admin = route { return await admin(request, app) }
        let cors = CORS(origins: settings.origins, allowsCredentials: settings.allowsCredentials)
        if let answer = cors.preflight(request) { return answer }
        var response =
            switch route {
            case .function(let function, let parameters): await call(function, parameters, request, app)
            case .home: home
            case .bad: FrontResponse(.badRequest)
            case .nothing, .admin: notFound(request, app)
            }
        if let granted = cors.grant(request) { response.headers.add(contentsOf: granted) }
        return response
    }

    /// The real host says nothing to the caller; who sits at the terminal may have left the prefix out.
    private func notFound(_ request: FrontRequest, _ app: FunctionApp) -> FrontResponse {
        // Browsers ask for it of themselves.
        guard request.path != "/favicon.ico" else { return FrontResponse(.notFound) }
        let prefixed = "/\(app.host.routePrefix)\(request.path)"
        let others = ["GET", "POST", "PUT", "PATCH", "DELETE"].filter { method in
            if case .found = app.router.match(method: method, path: request.path) { true } else { false }
        }
        let advice =
            if case .found = app.router.match(method: request.method, path: prefixed) {
                "no function has this route; is it \(prefixed)?"
            } else if others.contains(request.method) {
                "the function at this route is disabled"
            } else if !others.isEmpty {
                "the function at this route takes \(others.joined(separator: ", "))"
            } else {
                "no function has this route"
            }
        tell(.warning("\(request.method) \(request.path): 404, \(advice)"))
        return FrontResponse(.notFound)
    }

    private var home: FrontResponse {
        let hides = options.environment.merging(settings.values) { own, _ in own }["AzureWebJobsDisableHomepage"]
        return hides?.lowercased() == "true" ? FrontResponse(.noContent) : LandingPage(listing: listing).response
    }

    private func call(
        _ function: Function, _ parameters: [(name: String, value: String?)], _ request: FrontRequest,
        _ app: FunctionApp
    ) async -> FrontResponse {
        let level = function.trigger?.tree.member(anyCase: "authLevel")?.string?.lowercased() ?? "function"
        let needed = Keys.Level(rawValue: level) ?? .function
        if let keys, !keys.opens(needed, request) {
            tell(
                .warning(
                    "\(request.method) \(request.path): 401, it needs the header x-functions-key or the query's code"))
            return FrontResponse(.unauthorized)
        }
        if app.takesRequests(function) { return await invoker.forward(request, to: function, in: app) }
        var trigger = HTTPTriggerRequest(
            method: request.method,
            url: "http://\(request.header("host") ?? "localhost:\(front.port)")\(request.target)",
            headers: request.head.headers.map { ($0.name, $0.value) })
        trigger.routeParameters = parameters
        trigger.body = request.body
        trigger.hasContentLength = request.hasLength
        if let keys, needed != .anonymous {
            let isMaster = keys.opens(.admin, request)
            trigger.identity = .key(level: isMaster ? "Admin" : "Function", id: isMaster ? "master" : "default")
        }
        let result = await invoker.invoke(
            function, trigger.payload(for: function.triggerBinding), cause: request.cause, in: app,
            warnings: trigger.warnings.map { "\($0)" })
        guard result.failure != nil else {
            guard let http = result.http else { return FrontResponse(.noContent) }
            return FrontResponse(
                .init(statusCode: http.status), .init(http.headers.map { ($0.name, $0.value) }), body: http.body)
        }
        // A browser is a person; what a program gets here is what it would get in Azure.
        let isPerson = request.header("accept")?.contains("text/html") == true
        guard options.showsReasons || isPerson else { return FrontResponse(.internalServerError) }
        return FrontResponse(.internalServerError, text: "\(function.name) failed\n\n\(result.reason ?? "")\n")
    }
}
