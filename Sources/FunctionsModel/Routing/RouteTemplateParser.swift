/// Reads the text of a prefix and a route, segment by segment.
struct RouteTemplateParser {
    typealias Segment = RouteTemplate.Segment
    typealias Part = RouteTemplate.Part

    /// The prefix, a slash and the route, as the host joins them whatever they end and begin with.
    let text: String
    private let scalars: [Unicode.Scalar]
    /// The number of scalars of the prefix.
    private let prefixCount: Int
    /// Where the route begins.
    private let start: Int
    private var index = 0
    /// The names of the parameters that were read.
    private var names: [String] = []

    init(_ route: String, prefix: String) {
        text = prefix.isEmpty ? route : prefix + "/" + route
        scalars = Array(text.unicodeScalars)
        prefixCount = prefix.unicodeScalars.count
        start = prefix.isEmpty ? 0 : prefixCount + 1
    }

    /// Reads all segments. It ignores one slash at the end.
    mutating func parse() throws(RouteTemplateError) -> [Segment] {
        try readBeginning()
        var segments: [Segment] = []
        var catchAll: (index: Int, name: String)?
        while index < scalars.count {
            let begin = index
            if let catchAll { throw error(.catchAllNotLast(catchAll.name), at: catchAll.index) }
            guard scalars[index] != "/" else {
                throw error(index == start && start > 0 ? .leadingSlash("/") : .emptySegment, at: index)
            }
            let segment = try readSegment()
            if case .catchAll(let parameter) = segment { catchAll = (begin, parameter.name) }
            segments.append(segment)
            index += 1
        }
        return segments
    }

    /// Skips `/` or `~/` as ASP.NET Core does.
    private mutating func readBeginning() throws(RouteTemplateError) {
        if text.hasPrefix("/") { index = 1 }
        guard text.hasPrefix("~") else { return }
        guard text.hasPrefix("~/") else { throw error(.leadingSlash("~"), at: 0) }
        index = 2
    }

    private mutating func readSegment() throws(RouteTemplateError) -> Segment {
        var parts: [Part] = []
        var lastParameter = index
        while index < scalars.count, scalars[index] != "/" {
            let start = index
            guard scalars[index] == "{", scalar(at: index + 1) != "{" else {
                let literal = try readLiteral()
                if case .parameter(let parameter)? = parts.last, parameter.isOptional {
                    throw error(.optionalNotLast(parameter.name), at: lastParameter)
                }
                parts.append(.literal(FoldedText(literal)))
                continue
            }
            let (parameter, isCatchAll) = try readParameter()
            let isAlone = parts.isEmpty && (index == scalars.count || scalars[index] == "/")
            if isCatchAll {
                guard isAlone else { throw error(.catchAllBesideText(parameter.name), at: start) }
                return .catchAll(parameter)
            }
            guard !isAlone else { return .parameter(parameter) }
            switch parts.last {
            case .parameter(let before)?: throw error(.adjacentParameters(before.name, parameter.name), at: start)
            case .literal(let before)? where parameter.isOptional && before.text != ".":
                throw error(.optionalAfter(before.text, name: parameter.name), at: start)
            default: break
            }
            parts.append(.parameter(parameter))
            lastParameter = start
        }
        if parts.count == 1, case .literal(let literal) = parts[0] { return .literal(literal.text) }
        return .mixed(parts)
    }

    private mutating func readLiteral() throws(RouteTemplateError) -> String {
        var literal = String.UnicodeScalarView()
        while index < scalars.count, scalars[index] != "/" {
            let scalar = scalars[index]
            if scalar == "?" { throw error(.questionMark, at: index) }
            if scalar == "{" || scalar == "}" {
                if self.scalar(at: index + 1) == scalar {
                    index += 1
                } else if scalar == "{" {
                    break
                } else {
                    throw error(.strayBrace, at: index)
                }
            }
            literal.append(scalar)
            index += 1
        }
        return String(literal)
    }

    private mutating func readParameter() throws(RouteTemplateError) -> (RouteParameter, isCatchAll: Bool) {
        let start = index
        let inside = try readBraces()
        let reader = RouteParameterReader(inside)
        do throws(RouteParameterReader.Failure) {
            let result = try reader.read()
            let name = result.parameter.name
            guard !names.contains(where: { FoldedText($0) == FoldedText(name) }) else {
                throw RouteParameterReader.Failure(.repeatedName(name))
            }
            names.append(name)
            return result
        } catch {
            throw self.error(error.reason, at: error.index ?? start)
        }
    }

    /// Reads the text between the braces, in which a doubled brace becomes a single one. Each character has its
    /// position.
    private mutating func readBraces() throws(RouteTemplateError) -> [(scalar: Unicode.Scalar, index: Int)] {
        let start = index
        var inside: [(scalar: Unicode.Scalar, index: Int)] = []
        index += 1
        while index < scalars.count {
            let scalar = scalars[index]
            inside.append((scalar, index))
            if scalar == "{" || scalar == "}" {
                if self.scalar(at: index + 1) == scalar {
                    index += 1
                } else if scalar == "}" {
                    index += 1
                    return inside.dropLast()
                } else if inside.contains(where: { $0.scalar == "(" }) {
                    throw error(.singleBrace, at: index)
                } else {
                    break
                }
            }
            index += 1
        }
        var name = String.UnicodeScalarView()
        name.append(contentsOf: inside.map(\.scalar).prefix { !"/{} ".unicodeScalars.contains($0) })
        throw error(.unclosedBrace(name: name.isEmpty ? "id" : String(name)), at: start)
    }

    private func scalar(at index: Int) -> Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private func error(_ reason: RouteTemplateError.Reason, at index: Int) -> RouteTemplateError {
        guard index < start else {
            return RouteTemplateError(.route, text(from: start), at: index - start, reason)
        }
        return RouteTemplateError(
            .prefix, String(text(from: 0).unicodeScalars.prefix(prefixCount)), at: min(index, prefixCount - 1), reason)
    }

    private func text(from place: Int) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[place...])
        return String(view)
    }
}
