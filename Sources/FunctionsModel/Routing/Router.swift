/// Finds the function that the host would choose for a request (host-contract §12): the first route, in the given
/// order, that matches the path and the method. A more specific route does not take precedence.
public struct Router: Sendable {
    struct Route: Sendable {
        /// The template, including the prefix.
        let template: RouteTemplate
        /// The methods; nil if the route takes all methods.
        let methods: Set<String>?
        let function: String
        /// The route's index among the function's own.
        var place = 0
    }

    public struct Match: Sendable {
        /// The route's index in the router's list.
        package let index: Int
        public let function: String
        /// The route's index among the function's own.
        package let place: Int
        /// The parameters in the order of the template, including defaults. A missing optional parameter and an empty
        /// catch-all have the value nil.
        public let parameters: [(name: String, value: String?)]
    }

    public enum Answer: Sendable {
        case found(Match)
        /// The host answers 404, even if only the method is wrong.
        case notFound
        /// The host answers 500, because the first matching route has a pattern that .NET cannot read.
        case failed(function: String, reason: String)
        /// The host answers 400, because Kestrel refuses the path.
        case bad
    }

    private let routes: [Route]
    /// The methods of each route, as a list, because a few short texts are faster to compare than to hash.
    private let methods: [[String]?]
    /// The patterns of each route; usually none.
    private let patterns: [[RoutePattern]]
    private let index: RouteIndex

    /// - Parameter routes: in the host's order, by function name ignoring case.
    init(_ routes: [Route]) {
        self.routes = routes
        methods = routes.map { $0.methods.map { $0.map { $0.uppercased() } } }
        patterns = routes.map { $0.template.patterns }
        index = RouteIndex(routes.map(\.template))
    }

    /// The template of a function's route, with the prefix.
    func template(of function: String) -> RouteTemplate? { routes.first { $0.function == function }?.template }

    /// The function behind each route.
    var functions: [String] { routes.map(\.function) }

    func template(at index: Int) -> RouteTemplate { routes[index].template }

    /// The index of a route among its function's own.
    func place(at index: Int) -> Int { routes[index].place }

    /// Finds the route for a method and a path. `path` is the path of the request line, without the query and not
    /// decoded.
    ///
    /// `warn` gets a message, once for each pattern that gives up on a value.
    public func match(method: String, path: String, warn: (String) -> Void = { _ in }) -> Answer {
        match(method: method, path: path.utf8Span.span, warn: warn)
    }

    package func match(method: String, path raw: Span<UInt8>, warn: (String) -> Void = { _ in }) -> Answer {
        switch RequestPath.form(raw) {
        case .plain: return find(method, raw, warn)
        case .needsDecoding:
            guard let decoded = RequestPath.decode(raw) else { return .bad }
            return find(method, decoded.span, warn)
        case .bad: return .bad
        }
    }

    private func find(_ method: String, _ path: Span<UInt8>, _ warn: (String) -> Void) -> Answer {
        let search = search(method, path)
        for route in search.hard {
            for pattern in patterns[route] where pattern.hasNews() { warn(Self.warning(routes[route], pattern)) }
        }
        if let refusal = search.refusal {
            return .failed(function: routes[search.best].function, reason: "\(refusal)")
        }
        guard let parameters = search.parameters else { return .notFound }
        let route = routes[search.best]
        return .found(
            Match(index: search.best, function: route.function, place: route.place, parameters: parameters))
    }

    /// The number of nodes and routes that a search visits for a path that needs no decoding.
    func work(method: String, path: String) -> Int { search(method, path.utf8Span.span).looks }

    private func search(_ method: String, _ path: Span<UInt8>) -> Search {
        var search = Search(method: method.utf8.contains { $0 >= 0x60 } ? method.uppercased() : method)
        if !routes.isEmpty { visit(0, path, from: 1, &search) }
        return search
    }

    private struct Search {
        /// The method in upper case, because the host ignores the case of methods.
        let method: String
        /// The number of nodes visited and routes tried, which determines the time of a search.
        var looks = 0
        /// The lowest matching route so far.
        var best = Int.max
        var parameters: [(name: String, value: String?)]?
        /// Why the lowest route fails the request.
        var refusal: RefusedPattern?
        /// The routes with patterns that did not match, perhaps because a pattern gave up.
        var hard: [Int] = []
    }

    private static func warning(_ route: Route, _ pattern: RoutePattern) -> String {
        "function '\(route.function)': the constraint regex(\(pattern.text)) takes too many steps for some values and "
            + "does not match them; write it so that no repetition repeats another, as (a+)+ does, and let it begin "
            + "with '^'"
    }

    private func visit(_ node: Int, _ path: Span<UInt8>, from start: Int, _ search: inout Search) {
        search.looks &+= 1
        // One slash at the end of the path is ignored.
        guard start < path.count else {
            tryRoutes(index.nodes[node].ends, path, &search)
            return tryRoutes(index.nodes[node].rests, path, &search)
        }
        let (literal, end) = index.child(of: node, in: path, from: start)
        // No route matches an empty segment, not even the beginning of a catch-all.
        guard end > start else { return }
        tryRoutes(index.nodes[node].rests, path, &search)
        let any = index.nodes[node].any
        // The child that may hold the lowest route comes first, so that the other is usually not visited.
        if let literal, let any, index.nodes[any].first < index.nodes[literal].first {
            descend(any, path, from: end + 1, &search)
            descend(literal, path, from: end + 1, &search)
        } else {
            if let literal { descend(literal, path, from: end + 1, &search) }
            if let any { descend(any, path, from: end + 1, &search) }
        }
    }

    private func descend(_ node: Int, _ path: Span<UInt8>, from start: Int, _ search: inout Search) {
        if index.nodes[node].first < search.best { visit(node, path, from: start, &search) }
    }

    private func tryRoutes(_ candidates: [Int], _ path: Span<UInt8>, _ search: inout Search) {
        for route in candidates {
            guard route < search.best else { return }
            search.looks &+= 1
            if let allowed = methods[route], !allowed.contains(search.method) { continue }
            do throws(RefusedPattern) {
                guard let parameters = try routes[route].template.values(in: path) else {
                    if !patterns[route].isEmpty { search.hard.append(route) }
                    continue
                }
                search.parameters = parameters
                search.refusal = nil
            } catch {
                search.refusal = error
            }
            search.best = route
            return
        }
    }
}
