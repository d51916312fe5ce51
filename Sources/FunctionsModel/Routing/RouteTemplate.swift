/// A route as ASP.NET Core reads it. Its segments are literals, parameters, or mixtures of both (host-contract §12).
struct RouteTemplate: Sendable, Equatable {
    enum Segment: Sendable, Equatable {
        case literal(String)
        case parameter(RouteParameter)
        /// Alternating literals and parameters, such as `{name}.{ext}`.
        case mixed([Part])
        /// A parameter that takes the rest of the path, including slashes. It is always the last segment.
        case catchAll(RouteParameter)
    }

    enum Part: Sendable, Equatable {
        case literal(FoldedText)
        case parameter(RouteParameter)
    }

    /// The text of the route, including the prefix.
    let text: String
    let segments: [Segment]

    /// Reads a route, with the `routePrefix` that the host puts before every route.
    ///
    /// It does not check for beginnings that the host reserves; see ``checkReserved(_:)``.
    init(_ route: String, prefix: String = "") throws(RouteTemplateError) {
        var parser = RouteTemplateParser(route, prefix: prefix)
        text = parser.text
        segments = try parser.parse()
    }

    /// Throws if the route begins with a word that the host reserves. This applies even to the beginning of a longer
    /// word such as `administrator`, and to a function name that serves as the route. The host checks the route without
    /// the prefix (host-contract §12).
    static func checkReserved(_ route: String) throws(RouteTemplateError) {
        let bare = route.drop { $0 == "/" }
        for word in ["admin", "runtime"] where bare.prefix(word.count).lowercased() == word {
            throw RouteTemplateError(.route, route, at: route.count - bare.count, .reserved(word))
        }
    }

    /// The parameters in the order in which the text names them.
    var parameters: [RouteParameter] {
        segments.flatMap { segment -> [RouteParameter] in
            switch segment {
            case .literal: []
            case .parameter(let parameter), .catchAll(let parameter): [parameter]
            case .mixed(let parts):
                parts.compactMap { if case .parameter(let parameter) = $0 { parameter } else { nil } }
            }
        }
    }

    var patterns: [RoutePattern] {
        parameters.flatMap(\.constraints).compactMap { if case .regex(let pattern) = $0 { pattern } else { nil } }
    }

    /// The minimum number of segments of a matching path. Segments at the end that are optional or have a default may
    /// be missing.
    var leastCount: Int {
        let needed = segments.lastIndex { segment in
            switch segment {
            case .literal, .mixed: true
            case .parameter(let parameter): !parameter.isOptional && parameter.defaultValue == nil
            case .catchAll: false
            }
        }
        return needed.map { $0 + 1 } ?? 0
    }
}

/// A parameter of a route.
struct RouteParameter: Sendable, Equatable {
    let name: String
    let isOptional: Bool
    let defaultValue: String?
    let constraints: [RouteConstraint]

    func accepts(_ value: Span<UInt8>) throws(RefusedPattern) -> Bool {
        for constraint in constraints where try !constraint.accepts(value) { return false }
        return true
    }

    /// Whether the parameter may be missing. As in ASP.NET Core, a missing optional parameter is not checked, a default
    /// is checked like a value from the path, and a catch-all without a value meets no constraint but `nonfile`.
    func acceptsAbsence() throws(RefusedPattern) -> Bool {
        if let defaultValue { return try accepts(defaultValue.utf8Span.span) }
        return isOptional || constraints.allSatisfy { $0 == .nonfile }
    }
}
