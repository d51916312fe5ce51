/// Reads the text between the braces of a parameter: `*name:constraint(argument):constraint=default` or `name?`.
struct RouteParameterReader {
    /// The reason why the parameter is refused. If `index` is nil, the reason concerns the whole parameter.
    struct Failure: Error {
        let reason: RouteTemplateError.Reason
        let index: Int?

        init(_ reason: RouteTemplateError.Reason, at index: Int? = nil) {
            self.reason = reason
            self.index = index
        }
    }

    private let letters: [(scalar: Unicode.Scalar, index: Int)]

    init(_ letters: [(scalar: Unicode.Scalar, index: Int)]) { self.letters = letters }

    func read() throws(Failure) -> (parameter: RouteParameter, isCatchAll: Bool) {
        let stars = letters.prefix(2).prefix { $0.scalar == "*" }.count
        let isOptional = letters.last?.scalar == "?"
        let end = max(stars, letters.count - (isOptional ? 1 : 0))
        // A name may begin with ':' or '='.
        let nameEnd = (stars..<end).dropFirst().first { letters[$0].scalar == ":" || letters[$0].scalar == "=" } ?? end
        let name = text(stars..<nameEnd)
        guard !name.isEmpty else { throw Failure(.emptyName) }
        for letter in letters[stars..<nameEnd] where "/{}?*".unicodeScalars.contains(letter.scalar) {
            throw Failure(.badName(name, holds: letter.scalar), at: letter.index)
        }
        var constraints: [RouteConstraint] = []
        var index = nameEnd
        while index < end, letters[index].scalar == ":" {
            let start = index + 1
            index = constraintEnd(from: start, to: end)
            if index > start { constraints.append(try constraint(start..<index)) }
        }
        let defaultValue = index < end ? text(index + 1..<end) : nil
        if isOptional {
            let mark = letters.last?.index
            if stars > 0 { throw Failure(.optionalCatchAll(name), at: mark) }
            if let defaultValue { throw Failure(.optionalWithDefault(name, defaultValue: defaultValue), at: mark) }
        }
        let parameter = RouteParameter(
            name: name, isOptional: isOptional, defaultValue: defaultValue, constraints: constraints)
        return (parameter, stars > 0)
    }

    /// The end of the constraint that begins at `start`. A constraint's argument ends at a ')' after which the
    /// constraint ends too. If any ')' follows a ':' or '=' inside the parentheses, everything up to and including that
    /// ')' belongs to the argument. ASP.NET Core therefore reads `regex(a:b):min(5)` as one constraint, and so does
    /// this function.
    private func constraintEnd(from start: Int, to end: Int) -> Int {
        var index = start
        while index < end, !":=(".unicodeScalars.contains(letters[index].scalar) { index += 1 }
        guard index < end, letters[index].scalar == "(" else { return index }
        index += 1
        while index < end {
            switch letters[index].scalar {
            case ")" where index + 1 == end || ":=".unicodeScalars.contains(letters[index + 1].scalar):
                return index + 1
            case ":", "=":
                guard let close = letters[(index + 1)...].firstIndex(where: { $0.scalar == ")" }) else { return index }
                index = close + 1
            default: index += 1
            }
        }
        return end
    }

    private func constraint(_ range: Range<Int>) throws(Failure) -> RouteConstraint {
        let open = range.first { letters[$0].scalar == "(" }
        let name = text(range.lowerBound..<(open ?? range.upperBound))
        if open != nil, letters[range.upperBound - 1].scalar != ")" {
            throw Failure(.constraint(.unclosed(name)), at: letters[range.lowerBound].index)
        }
        do throws(RouteConstraint.Reason) {
            return try RouteConstraint(name, argument: open.map { text($0 + 1..<range.upperBound - 1) })
        } catch {
            throw Failure(.constraint(error), at: letters[range.lowerBound].index)
        }
    }

    private func text(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: letters[range].map(\.scalar))
        return String(view)
    }
}
