/// A template of URIs (RFC 6570), such as `file:///{+path}` or `search://{topic}{?page,size}`.
///
/// Matching supports all operators, but no prefixes (`{name:3}`), and lists (`*`) only in `{/name*}`. A query must be the
/// last expression; its variables may be absent and in any order. Every other variable stands for at least one
/// character. If a URI can be read in several ways, the first variables get as much as they can.
package struct URITemplate: Sendable {
    package struct Mistake: Error, Equatable {
        package let reason: String
    }

    enum Piece: Sendable {
        case literal([UInt8])
        case variable(Variable)
        /// The variables of a query, and the character before the first of them.
        case query([String], first: UInt8)
    }

    struct Variable: Sendable {
        let name: String
        let takes: Taken
    }

    /// What the value of a variable may contain before it is decoded.
    enum Taken: Sendable {
        /// Not `/`, `?` and `#`; in an expression with several variables also no comma.
        case segment(commas: Bool)
        /// Segments and the slashes between them.
        case segments
        case everything

        func takes(_ byte: UInt8) -> Bool {
            switch self {
            case .segment(let commas):
                !"/?#".utf8.contains(byte) && (commas || byte != UInt8(ascii: ","))
            case .segments: byte != UInt8(ascii: "?") && byte != UInt8(ascii: "#")
            case .everything: true
            }
        }

        /// Whether a value keeps the characters that have a meaning in URIs when it is expanded.
        var keepsReserved: Bool { if case .everything = self { true } else { false } }
    }

    /// The longest template and the longest URI, in bytes.
    package static let limit = 8 << 10
    private static let variableLimit = 32

    package let text: String
    /// The names of the variables, in the order of the template.
    package private(set) var names: [String] = []
    private(set) var pieces: [Piece] = []

    package init(_ text: String) throws(Mistake) {
        self.text = text
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.limit else { throw Mistake(reason: "longer than \(Self.limit) bytes") }
        var rest = bytes[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "{") {
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
                    throw Mistake(reason: "a { without its }")
                }
                try addExpression(String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self))
                rest = rest[(end + 1)...]
            } else {
                let literal = rest.prefix { $0 != UInt8(ascii: "{") }
                guard !literal.contains(UInt8(ascii: "}")) else { throw Mistake(reason: "a } without its {") }
                try add(literal: Array(literal))
                rest = rest[literal.endIndex...]
            }
        }
    }

    private mutating func addExpression(_ expression: String) throws(Mistake) {
        let sign = expression.first.flatMap { "+#./;?&".contains($0) ? $0 : nil }
        let list = sign == nil ? Substring(expression) : expression.dropFirst()
        var variables: [(name: String, isList: Bool)] = []
        for item in list.split(separator: ",", omittingEmptySubsequences: false) {
            let isList = item.last == "*"
            let name = String(isList ? item.dropLast() : item)
            try check(name, in: expression)
            guard !isList || sign == "/" else {
                throw Mistake(reason: "{\(expression)}: * is possible only in {/\(name)*}")
            }
            names.append(name)
            variables.append((name, isList))
        }
        guard names.count <= Self.variableLimit else {
            throw Mistake(reason: "more than \(Self.variableLimit) variables")
        }
        if sign == "?" || sign == "&" {
            try addQuery(variables.map(\.name), first: sign == "?" ? UInt8(ascii: "?") : UInt8(ascii: "&"))
            return
        }
        for (index, (name, isList)) in variables.enumerated() {
            switch sign {
            case "/", ".": try add(literal: Array(String(sign ?? "/").utf8))
            case ";": try add(literal: Array(";\(name)=".utf8))
            case "#" where index == 0: try add(literal: [UInt8(ascii: "#")])
            default: if index > 0 { try add(literal: [UInt8(ascii: ",")]) }
            }
            let takes: Taken
            switch sign {
            case "+", "#": takes = .everything
            case "/" where isList: takes = .segments
            default: takes = .segment(commas: variables.count == 1)
            }
            try add(.variable(Variable(name: name, takes: takes)))
        }
    }

    private func check(_ name: String, in expression: String) throws(Mistake) {
        let isName = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || "_.%".utf8.contains(byte)
        }
        guard !name.contains(":") else { throw Mistake(reason: "{\(expression)}: the modifier : is not supported") }
        guard isName, !name.isEmpty else { throw Mistake(reason: "{\(expression)} is not an expression of RFC 6570") }
        guard !names.contains(name) else { throw Mistake(reason: "the variable \(name) occurs twice") }
    }

    private mutating func addQuery(_ names: [String], first: UInt8) throws(Mistake) {
        // `{?a}{&b}` is one query.
        if case .query(let earlier, let earlierFirst) = pieces.last, first == UInt8(ascii: "&") {
            pieces[pieces.count - 1] = .query(earlier + names, first: earlierFirst)
        } else {
            try add(.query(names, first: first))
        }
    }

    private mutating func add(literal: [UInt8]) throws(Mistake) {
        if case .literal(let earlier) = pieces.last {
            pieces[pieces.count - 1] = .literal(earlier + literal)
        } else {
            try add(.literal(literal))
        }
    }

    private mutating func add(_ piece: Piece) throws(Mistake) {
        if case .query = pieces.last { throw Mistake(reason: "nothing can follow the query") }
        pieces.append(piece)
    }
}
