import JSON

/// The functions that `customHandler.http.routes` of host.json makes for a handler that is a whole server: they have no
/// folders (host-contract §17).
package struct ServerRoutes: Sendable, Equatable {
    private let routes: [JSONTree]
    private let defaultLevel: String
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
        guard !routes.isEmpty else { return nil }
        self.routes = routes
        line = list.line
        defaultLevel = section?.member(anyCase: "defaultAuthorizationLevel")?.string ?? "function"
    }

    /// The functions with their names, or the reasons why the host skips them.
    func functions(
        prefix: String, settings: [String: String], types: BindingTypes
    ) -> [(name: String, Result<Function, Problem>)] {
        routes.enumerated().map { index, route in
            let name = "http-handler\(index + 1)"
            return (name, Result { () throws(Problem) in try function(name, route, prefix, settings, types) })
        }
    }

    private func function(
        _ name: String, _ route: JSONTree, _ prefix: String, _ settings: [String: String], _ types: BindingTypes
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
            name: name, directory: name, prefix: prefix, settings: settings, types: types, requiresScript: false,
            exists: { _ in true })
        do throws(Problem) {
            return try reader.read(JSONTree(.object([.init(name: "bindings", tree: bindings)]), line: route.line))
        } catch {
            // The host skips such a route.
            throw Problem("host.json", at: route.place, error.reason.trimmingSuffix(RouteTemplateError.consequence))
        }
    }
}
