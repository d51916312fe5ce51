/// Finds functions whose requests go to another function, because its route comes first in the host's order
/// (host-contract §12).
struct RouteCheck {
    private(set) var findings: [Finding] = []

    init(_ app: FunctionApp) {
        let router = app.router
        // A route without methods also takes one that no other route names.
        let methods = Set(app.list.flatMap { $0.methods ?? [] }.map { $0.uppercased() }).union(["ANY-OTHER"]).sorted()
        for (index, name) in router.functions.enumerated() {
            guard let function = app.functions[name], function.methods?.isEmpty != true else { continue }
            let template = router.template(at: index)
            let paths = template.samples
            guard !paths.isEmpty else { continue }
            let own = function.methods?.map { $0.uppercased() }.sorted() ?? methods
            var winners: Set<Int> = []
            var lost: [String] = []
            for method in own {
                let found = paths.map { path -> Int? in
                    if case .found(let match) = router.match(method: method, path: path) { return match.index }
                    return nil
                }
                // A route with constraints may let other values pass.
                let isLost = found.allSatisfy { winner in
                    guard let winner, winner < index else { return false }
                    return template.isLiteral || router.template(at: winner).isUnconstrained
                }
                guard isLost else { continue }
                lost.append(method)
                winners.formUnion(found.compactMap(\.self))
            }
            guard !lost.isEmpty, let winner = winners.min(), let other = app.functions[router.functions[winner]] else {
                continue
            }
            let isWhole = lost.count == own.count
            // Whichever of two equal routes comes first takes all requests.
            let isSame = template.matchesSame(as: router.template(at: winner))
            let route = function.routes[router.place(at: index)]
            let first = other.routes[router.place(at: winner)].template
            guard !function.isServer else {
                findings.append(
                    Finding(
                        .error, .routeShadowed, function.file, at: route.place,
                        "no request uses the route '\(route.template)': '\(first)' comes first, as the host tries the routes "
                            + "in their order",
                        remedy: isSame ? "remove one of them" : "put the narrower route before the other",
                        function: name))
                continue
            }
            let what = isWhole ? "" : "with \(lost.joined(separator: ", ")) "
            findings.append(
                Finding(
                    isWhole ? .error : .warning, .routeShadowed, function.file, at: route.place,
                    "no request \(what)reaches '\(name)': the route '\(first)' of '\(other.name)' comes first, as "
                        + "the host tries the functions in the order of their names",
                    remedy: isSame
                        ? "change the route or the methods of one of them"
                        : "give '\(name)' a name before '\(other.name)', or narrow the other route, as {id:int} does",
                    function: name))
        }
    }
}

extension RouteTemplate {
    /// Whether only one path matches.
    var isLiteral: Bool { segments.allSatisfy { if case .literal = $0 { true } else { false } } }

    /// Whether the route takes any text for each parameter.
    var isUnconstrained: Bool {
        segments.allSatisfy { segment in
            switch segment {
            case .literal: true
            case .parameter(let parameter), .catchAll(let parameter): parameter.constraints.isEmpty
            case .mixed: false
            }
        }
    }

    /// Whether two routes without constraints match the same paths, as they differ only in the names of parameters.
    func matchesSame(as other: RouteTemplate) -> Bool {
        guard isUnconstrained, other.isUnconstrained, leastCount == other.leastCount,
            segments.count == other.segments.count
        else { return false }
        return zip(segments, other.segments).allSatisfy { pair in
            switch pair {
            case (.literal(let own), .literal(let text)): own.lowercased() == text.lowercased()
            case (.parameter, .parameter), (.catchAll, .catchAll): true
            default: false
            }
        }
    }

    /// Paths of the route's form: the shortest, the longest, and for a catch-all one that is longer. They have values that
    /// no literal of another route has. The route itself may refuse them, but a route that takes any value takes all that
    /// this one takes. Empty for a route with a mixture of texts and parameters in one segment.
    var samples: [String] {
        var texts: [String] = []
        var rest: [String] = []
        for segment in segments {
            switch segment {
            case .literal(let text): texts.append(text.pathEscaped)
            case .parameter: texts.append("zq7-\(texts.count)")
            case .catchAll: rest = ["zq7-a", "zq7-b", "zq7-c"]
            case .mixed: return []
            }
        }
        var lists = [Array(texts.prefix(leastCount)), texts]
        if !rest.isEmpty { lists += [texts + rest.prefix(1), texts + rest] }
        return Set(lists).map { "/" + $0.joined(separator: "/") }.sorted()
    }
}

extension String {
    /// The text as a path has it, with everything unusual as percent and two digits.
    fileprivate var pathEscaped: String {
        utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
