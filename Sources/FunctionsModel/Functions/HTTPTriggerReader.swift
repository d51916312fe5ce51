import JSON

/// Reads the route and methods of an HTTP trigger (host-contract §12).
struct HTTPTriggerReader {
    /// The route; nil for another trigger.
    private(set) var route: String?
    /// The methods as they are spelled; nil if the trigger takes all methods.
    private(set) var methods: Set<String>?
    private(set) var warnings: [Problem] = []
    private let file: String

    /// Throws for a route that the host would refuse.
    ///
    /// - Parameters:
    ///   - name: the function's name. It is the route if the trigger names none.
    ///   - prefix: the `routePrefix` that the host puts before every route.
    init(_ bindings: [Binding], of name: String, in file: String, prefix: String) throws(Problem) {
        self.file = file
        guard let trigger = bindings.first(where: { $0.type == .httpTrigger }) else { return }
        try readRoute(trigger, name, prefix)
        try readMethods(trigger)
    }

    private mutating func readRoute(_ trigger: Binding, _ name: String, _ prefix: String) throws(Problem) {
        let tree = trigger.tree.member(anyCase: "route") ?? JSONTree(.null, at: trigger.tree.place)
        guard let written = tree.value.isPresent ? tree.string : "" else {
            throw problem(tree, trigger, "\"route\" must be a string such as \"orders/{id}\", not \(tree.kind)")
        }
        let route = written.isEmpty ? name : written
        do throws(RouteTemplateError) {
            try RouteTemplate.checkReserved(route)
            for refusal in try RouteTemplate(route, prefix: prefix).patterns.compactMap(\.refusal) {
                warnings.append(problem(tree, trigger, "route '\(route)': \(refusal)"))
            }
        } catch {
            throw problem(tree, trigger, "\(error)")
        }
        if let reference = SettingReferences(in: route, [:]).unset {
            warnings.append(
                problem(
                    tree, trigger,
                    "the host does not replace '%\(reference)%' in \"route\", so a path matches only if it contains "
                        + "these characters; write the text itself"))
        }
        self.route = route
    }

    private mutating func readMethods(_ trigger: Binding) throws(Problem) {
        guard let tree = trigger.tree.member(anyCase: "methods"), tree.value.isPresent else { return }
        guard let elements = tree.elements, elements.allSatisfy({ $0.string != nil }) else {
            throw problem(tree, trigger, "\"methods\" must be a list such as [\"get\", \"post\"]", .method)
        }
        if elements.isEmpty {
            warnings.append(
                problem(
                    tree, trigger, "an empty \"methods\" matches no request; leave it out to take all methods", .method)
            )
        }
        let known = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT"]
        for element in elements {
            let method = element.string ?? ""
            guard !known.contains(method.uppercased()), let nearest = NearestName.find(method, among: known) else {
                continue
            }
            warnings.append(
                problem(
                    element, trigger, "the method '\(method)' is unusual; did you mean '\(nearest.lowercased())'?",
                    .method))
        }
        methods = Set(elements.compactMap(\.string))
    }

    private func problem(_ tree: JSONTree, _ trigger: Binding, _ reason: String, _ rule: Rule = .route) -> Problem {
        Problem(file, at: tree.place, rule: rule, "binding '\(trigger.name)': \(reason)")
    }
}

extension JSONTree.Value {
    fileprivate var isPresent: Bool { if case .null = self { false } else { true } }
}
