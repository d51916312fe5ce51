import JSON

/// The routes of an app's HTTP functions in the host's order: sorted by function name, ignoring case. The first
/// matching route wins (host-contract §12).
struct Routes {
    let router: Router
    /// The problems of functions whose route another function already has.
    private(set) var problems: [String: Problem] = [:]

    /// - Parameter kept: the functions that keep an earlier version. No other function can take their routes.
    init(_ functions: [String: Function], prefix: String, kept: Set<String> = []) {
        var routes: [Router.Route] = []
        var owners: [String: [Function]] = [:]
        for name in kept {
            guard let function = functions[name] else { continue }
            for route in function.routes { owners[Self.key(route.template), default: []].append(function) }
        }
        let all = functions.values.sorted { $0.name.lowercased() < $1.name.lowercased() }
        for (function, (place, route)) in all.flatMap({ function in function.routes.enumerated().map { (function, $0) }
        }) {
            let key = Self.key(route.template)
            let twin = owners[key]?.first { $0.name != function.name && $0.sharesMethod(with: function) }
            if let twin, !kept.contains(function.name) {
                problems[function.name] = Problem(
                    function.file, at: route.place, rule: .routeConflict,
                    "'\(twin.name)' has the same route '\(route.template)' for one of these methods, so the host does not "
                        + "load '\(function.name)'; change \"route\" or \"methods\"")
                continue
            }
            owners[key, default: []].append(function)
            do throws(RouteTemplateError) {
                let template = try RouteTemplate(route.template, prefix: prefix)
                routes.append(
                    Router.Route(template: template, methods: function.methods, function: function.name, place: place))
            } catch {
                // The prefix has changed since a function was read that keeps an earlier version.
                problems[function.name] = Problem(function.file, at: route.place, rule: .route, "\(error)")
            }
        }
        router = Router(routes)
    }

    /// The host compares routes by their texts, without the slashes around them.
    private static func key(_ route: String) -> String {
        route.lowercased().split(separator: "/", omittingEmptySubsequences: true).joined(separator: "/")
    }
}

extension Function.Route {
    /// Where the file has the route, or the trigger whose route is the function's name.
    var place: JSONTree.Place? { (trigger.tree.member(anyCase: "route") ?? trigger.tree).place }
}

extension Function {
    /// The host compares the methods as they are spelled, so `get` and `GET` differ.
    fileprivate func sharesMethod(with other: Function) -> Bool {
        guard let methods, let others = other.methods else { return true }
        return !methods.isDisjoint(with: others)
    }
}
