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
            guard let function = functions[name], let route = function.route else { continue }
            owners[route.lowercased(), default: []].append(function)
        }
        for function in functions.values.sorted(by: { $0.name.lowercased() < $1.name.lowercased() }) {
            guard let route = function.route else { continue }
            // The host compares routes by their texts.
            let twin = owners[route.lowercased()]?.first {
                $0.name != function.name && $0.sharesMethod(with: function)
            }
            if let twin, !kept.contains(function.name) {
                problems[function.name] = Problem(
                    "\(function.directory)/function.json",
                    "'\(twin.name)' has the same route '\(route)' for one of these methods, so the host does not load "
                        + "'\(function.name)'; change \"route\" or \"methods\"")
                continue
            }
            owners[route.lowercased(), default: []].append(function)
            do throws(RouteTemplateError) {
                let template = try RouteTemplate(route, prefix: prefix)
                routes.append(Router.Route(template: template, methods: function.methods, function: function.name))
            } catch {
                // The prefix and the route have a parameter of the same name.
                problems[function.name] = Problem("\(function.directory)/function.json", "\(error)")
            }
        }
        router = Router(routes)
    }
}

extension Function {
    fileprivate func sharesMethod(with other: Function) -> Bool {
        guard let methods, let others = other.methods else { return true }
        return !methods.isDisjoint(with: others)
    }
}
