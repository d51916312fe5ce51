import JSON

/// Reads the route and methods of an HTTP trigger (host-contract §12).
struct HTTPTriggerReader {
    let file: String
    /// The function's name. It is the route if the trigger names none.
    let name: String

    private func trigger(_ bindings: [Binding]) -> Binding? {
        bindings.first { $0.type == .httpTrigger }
    }

    /// The route; nil for another trigger. Throws for a route that the host would refuse.
    func route(_ bindings: [Binding]) throws(Problem) -> String? {
        guard let trigger = trigger(bindings) else { return nil }
        let tree = trigger.tree.member(anyCase: "route") ?? JSONTree(.null, line: trigger.tree.line)
        guard let written = tree.value.isPresent ? tree.string : "" else {
            throw problem(tree, trigger, "\"route\" must be a string such as \"orders/{id}\", not \(tree.kind)")
        }
        let route = written.isEmpty ? name : written
        do throws(RouteTemplateError) {
            try RouteTemplate.checkReserved(route)
            _ = try RouteTemplate(route)
        } catch {
            throw problem(tree, trigger, "\(error)")
        }
        return route
    }

    /// The methods in upper case; nil if the trigger takes all methods.
    func methods(_ bindings: [Binding]) throws(Problem) -> Set<String>? {
        guard let trigger = trigger(bindings), let tree = trigger.tree.member(anyCase: "methods"), tree.value.isPresent
        else { return nil }
        guard let elements = tree.elements, elements.allSatisfy({ $0.string != nil }) else {
            throw problem(tree, trigger, "\"methods\" must be a list such as [\"get\", \"post\"]")
        }
        let known = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT"]
        for element in elements {
            let method = element.string ?? ""
            guard !known.contains(method.uppercased()) else { continue }
            let nearest = NearestName.find(method, among: known).map { "; did you mean '\($0.lowercased())'?" } ?? ""
            throw problem(element, trigger, "'\(method)' is not an HTTP method\(nearest)")
        }
        return elements.isEmpty ? nil : Set(elements.compactMap { $0.string?.uppercased() })
    }

    private func problem(_ tree: JSONTree, _ trigger: Binding, _ reason: String) -> Problem {
        Problem(file, line: tree.line, "binding '\(trigger.name)': \(reason)")
    }
}

extension JSONTree.Value {
    fileprivate var isPresent: Bool { if case .null = self { false } else { true } }
}
