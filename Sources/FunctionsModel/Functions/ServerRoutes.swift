import JSON

/// The functions that `customHandler.http.routes` of host.json makes for a handler that is a whole server: they have no
/// function.json (host-contract §17). In an app with the profile of MCP servers, one script in Lua can answer all routes.
package struct ServerRoutes: Sendable, Equatable {
    private let routes: [JSONTree]
    private let defaultLevel: String
    /// Whether the app has the profile of MCP servers.
    let isMCP: Bool
    let line: Int

    /// Returns nil if host.json has no routes.
    init?(_ host: JSONTree) throws(Problem) {
        let section = host.member(anyCase: "customHandler")?.member(anyCase: "http")
        guard let list = section?.member(anyCase: "routes"), list.value != .null else { return nil }
        guard let routes = list.elements, routes.allSatisfy({ $0.members != nil }) else {
            throw Problem(
                "host.json", at: list.place,
                "\"routes\" must be an array of objects such as { \"route\": \"{*route}\" }")
        }
        guard let first = routes.first else { return nil }
        self.routes = routes
        line = first.line
        defaultLevel = section?.member(anyCase: "defaultAuthorizationLevel")?.string ?? "function"
        isMCP = ConfigurationProfile(of: host) == .mcpServer
    }

    /// The functions with their names, or the reasons why the host skips them.
    func functions(
        prefix: String, _ conditions: LoadConditions
    ) -> [(name: String, Result<Function, Problem>)] {
        routes.enumerated().map { index, route in
            let name = "http-handler\(index + 1)"
            return (name, Result { () throws(Problem) in try function(name, route, prefix, conditions) })
        }
    }

    /// The name of the function, and of its folder, that answers all routes.
    package static let function = "mcp"

    /// The function whose script answers all routes; nil if the host would skip all of them. It takes the place of the
    /// host's functions, which have the same routes and levels.
    func server(
        in folder: String, prefix: String, _ conditions: LoadConditions
    ) -> (function: Function?, broken: [String: Problem]) {
        var served: [Function] = []
        var broken: [String: Problem] = [:]
        // The host tries the routes in the order of its functions' names.
        for (name, result) in functions(prefix: prefix, conditions).sorted(by: { $0.name < $1.name }) {
            switch result {
            case .success(let function): served.append(function)
            case .failure(let problem): broken[name] = problem
            }
        }
        guard let first = served.first else { return (nil, broken) }
        let server = Function(
            name: Self.function, directory: folder, bindings: first.bindings, script: Self.script(in: folder),
            routes: served.flatMap(\.routes), warnings: served.flatMap(\.warnings), file: first.file)
        return (server, broken)
    }

    static func script(in folder: String) -> String { "\(folder)/handler.lua" }

    private func function(
        _ name: String, _ route: JSONTree, _ prefix: String, _ conditions: LoadConditions
    ) throws(Problem) -> Function {
        guard let template = route.member(anyCase: "route")?.string, !template.isEmpty else {
            throw Problem("host.json", at: route.place, "a route needs a \"route\" such as \"{*route}\"")
        }
        let level = route.member(anyCase: "authorizationLevel")?.string ?? defaultLevel
        func binding(_ members: KeyValuePairs<String, String>) -> JSONTree {
            let members = members.map {
                JSONTree.Member(name: $0.key, tree: JSONTree(.string($0.value), line: route.line))
            }
            return JSONTree(.object(members), line: route.line)
        }
        let bindings = JSONTree(
            .array([
                binding(["name": "req", "type": "httpTrigger", "authLevel": level, "route": template]),
                binding(["name": "res", "type": "http", "direction": "out"]),
            ]), line: route.line)
        let reader = FunctionReader(
            name: name, directory: name, prefix: prefix, settings: conditions.settings, types: conditions.types,
            requiresScript: false, file: "host.json", exists: { _ in true })
        do throws(Problem) {
            return try reader.read(JSONTree(.object([.init(name: "bindings", tree: bindings)]), line: route.line))
        } catch {
            // The host skips such a route.
            throw Problem("host.json", at: route.place, error.reason.trimmingSuffix(RouteTemplateError.consequence))
        }
    }
}
