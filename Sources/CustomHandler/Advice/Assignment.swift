/// Finds what a script assigns to a variable.
enum Assignment {
    /// The text after the `=` of the last assignment on a line whose first variable has this name; nil if there is none.
    static func value(of name: String, in line: String) -> Substring? {
        line.indices.last { index in
            line[index] == "=" && isValue(line[line.index(after: index)...], of: name)
                && isTarget(line[..<index], name)
        }.map { line[line.index(after: $0)...] }
    }

    /// Whether it is a value, and not one that uses the variable, as in `node = node.next`.
    private static func isValue(_ value: Substring, of name: String) -> Bool {
        guard value.first != "=" else { return false }
        guard let chain = NameChain.all(in: String(value)).first else { return true }
        return chain.names.count == 1 || chain.names[0] != name
    }

    /// Whether a text ends with variables that are assigned, of which the first has this name. Only at the beginning of a
    /// line, or after `local`, a name before `=` is certainly a variable.
    private static func isTarget(_ text: Substring, _ name: String) -> Bool {
        guard let last = text.last, !"=~<>".contains(last), text.index(of: "--") == nil else { return false }
        var rest = text
        var first: Substring
        repeat {
            if rest.last == "," { rest.removeLast() }
            trim(&rest)
            if rest.last == ">", let attribute = rest.lastIndex(of: "<") { rest = rest[..<attribute] }
            trim(&rest)
            let start = rest.lastIndex { !($0.isLetter || $0.isNumber || $0 == "_") }
            first = start.map { rest[rest.index(after: $0)...] } ?? rest
            rest = rest[..<first.startIndex]
            trim(&rest)
        } while rest.last == "," && !first.isEmpty
        return first == name && (rest.isEmpty || rest == "local" || rest.hasSuffix(" local") || rest.hasSuffix(";"))
    }

    private static func trim(_ text: inout Substring) {
        while text.last?.isWhitespace == true { text.removeLast() }
    }
}
