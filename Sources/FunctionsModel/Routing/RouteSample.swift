/// A path that leads to a route.
extension Router {
    /// A path for a function's route, with the values that are given for its parameters and examples for the others.
    /// Throws if a value does not meet the constraints of its parameter, or no example does.
    ///
    /// - Returns: nil for a function without a route.
    package func path(
        to function: String, _ values: CaselessDictionary<String> = [:]
    ) throws(RouteSampleError) -> String? {
        guard let template = template(of: function) else { return nil }
        var used: Set<String> = []
        var path = ""
        for segment in template.segments {
            let text: String?
            switch segment {
            case .literal(let literal): text = EscapedText.encode(literal.utf8Span.span, keeping: Self.kept)
            case .parameter(let parameter), .catchAll(let parameter):
                used.insert(parameter.name.lowercased())
                text = try parameter.sample(values[parameter.name], isCatchAll: segment.isCatchAll)
            case .mixed(let parts):
                var mixed = ""
                for part in parts {
                    switch part {
                    case .literal(let literal):
                        mixed += EscapedText.encode(literal.text.utf8Span.span, keeping: Self.kept)
                    case .parameter(let parameter):
                        used.insert(parameter.name.lowercased())
                        mixed += try parameter.sample(values[parameter.name], isCatchAll: false) ?? ""
                    }
                }
                text = mixed
            }
            // What follows an optional parameter is optional too.
            guard let text, !text.isEmpty else { break }
            path += "/" + text
        }
        if let unknown = values.entries.first(where: { !used.contains($0.name.lowercased()) }) {
            throw .unknown(unknown.name, route: template.text, known: template.parameters.map(\.name))
        }
        return path.isEmpty ? "/" : path
    }

    fileprivate static let kept: StaticString = "/!$&'()*+,;=:@"
}

/// Why there is no path to a route.
package enum RouteSampleError: Error, CustomStringConvertible {
    case unknown(String, route: String, known: [String])
    case refused(String, parameter: String)
    case noExample(parameter: String)

    package var description: String {
        switch self {
        case .unknown(let name, let route, let known):
            "the route '\(route)' has no parameter '\(name)'" + NearestName.question(name, among: known)
        case .refused(let value, let parameter):
            "'\(value)' does not meet the constraints of the route parameter '\(parameter)'"
        case .noExample(let parameter):
            "the constraints of the route parameter '\(parameter)' need a value of your own"
        }
    }
}

extension RouteTemplate.Segment {
    fileprivate var isCatchAll: Bool { if case .catchAll = self { true } else { false } }
}

extension RouteParameter {
    /// The parameter's text in a path; nil for an optional one without a value.
    fileprivate func sample(_ given: String?, isCatchAll: Bool) throws(RouteSampleError) -> String? {
        if let given {
            guard (try? accepts(given.utf8Span.span)) == true else { throw .refused(given, parameter: name) }
            return encoded(given, isCatchAll)
        }
        guard let example = examples.first(where: { (try? accepts($0.utf8Span.span)) == true }) else {
            guard isOptional || defaultValue != nil else { throw .noExample(parameter: name) }
            return nil
        }
        return encoded(example, isCatchAll)
    }

    private func encoded(_ text: String, _ isCatchAll: Bool) -> String {
        EscapedText.encode(text.utf8Span.span, keeping: isCatchAll ? Router.kept : "!$&'()*+,;=:@")
    }

    /// Values that meet the usual constraints: the plain one first, then those that a constraint calls for.
    private var examples: [String] {
        var examples = ["sample", "1", "true", "2026-01-01", "11111111-1111-1111-1111-111111111111", "sample.txt"]
        for constraint in constraints {
            switch constraint {
            case .length(let lengths):
                let count = max(1, min(lengths.lowerBound, 1000))
                examples += [String(repeating: "a", count: count), String(repeating: "1", count: count)]
            case .range(let numbers):
                examples += ["\(max(numbers.lowerBound, min(numbers.upperBound, 1)))"]
            default: break
            }
        }
        return examples + ["a", "abc", "ABC", "a1", "12", "123", "1234", "12345", "1.0", "a-b", "A1", "1.0.0"]
    }
}
