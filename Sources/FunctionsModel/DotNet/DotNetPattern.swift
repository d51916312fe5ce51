import Patterns

/// Translates a regular expression of .NET, read with `IgnoreCase` and `CultureInvariant`, to PCRE2's dialect
/// (golden/dotnet/routes).
struct DotNetPattern {
    enum Failure: Error, Equatable {
        /// .NET cannot read it.
        case refused(String)
        /// .NET can read it, but PCRE2 has nothing that does the same.
        case unsupported(String)

        var reason: String {
            switch self {
            case .refused(let reason), .unsupported(let reason): reason
            }
        }
    }

    /// What `(?i)` and `(?x)` switch, up to the end of a group.
    private struct Options {
        var ignoresCase = true
        var skipsBlanks = false
    }

    private var output = ""
    let input: [Unicode.Scalar]
    var index = 0
    private var options = Options()
    private var outer: [Options] = []
    /// Whether there is something that a quantifier can repeat.
    private var canRepeat = false

    init(_ text: String) throws(Failure) {
        input = Array(Self.mapped(text.utf8Span.span).unicodeScalars)
        while let scalar = next() { try read(scalar) }
        guard outer.isEmpty else { throw .refused("a '(' is never closed") }
    }

    func compiled() throws(Failure) -> Pattern {
        do throws(PatternError) {
            return try Pattern(output)
        } catch {
            throw error.isMissingGroup ? .refused(error.reason) : .unsupported(error.reason)
        }
    }

    // MARK: Reading

    func peek(_ distance: Int = 0) -> Unicode.Scalar? {
        index + distance < input.count ? input[index + distance] : nil
    }

    mutating func next() -> Unicode.Scalar? {
        guard let scalar = peek() else { return nil }
        index += 1
        return scalar
    }

    /// Skips a text if it comes next.
    mutating func skip(_ text: String) -> Bool {
        guard input[index...].starts(with: text.unicodeScalars) else { return false }
        index += text.unicodeScalars.count
        return true
    }

    private mutating func read(_ scalar: Unicode.Scalar) throws(Failure) {
        switch scalar {
        case _ where options.skipsBlanks && scalar.properties.isWhitespace: break
        case "#" where options.skipsBlanks: while let comment = next(), comment != "\n" {}
        case "(": try readGroup()
        case ")":
            guard let before = outer.popLast() else { throw .refused("a ')' closes nothing") }
            options = before
            add(")")
        case "|": add("|", canRepeat: false)
        case "*", "+", "?": try readQuantifier("\(scalar)")
        case "{":
            guard let bounds = bounds() else { return add("\\{") }
            try readQuantifier(bounds)
        case "[": add(try readClass(), canRepeat: true)
        case "\\": add(try readEscape().outside)
        case "^", "$", ".": add("\(scalar)")
        default: add(Self.literal(scalar))
        }
    }

    private mutating func add(_ text: String, canRepeat: Bool = true) {
        output += text
        self.canRepeat = canRepeat
    }

    /// A character of its own, whatever it means in a pattern.
    static func literal(_ scalar: Unicode.Scalar) -> String {
        scalar.isASCII && !isWord(scalar) ? "\\\(scalar)" : "\(scalar)"
    }

    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal
    }

    // MARK: Quantifiers

    /// The rest of `{2}`, `{2,}` or `{2,5}`; nil if the brace is a character.
    private mutating func bounds() -> String? {
        let rest = input[index...].prefix { $0 != "}" }
        let parts = rest.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        let areNumbers = parts.allSatisfy { $0.allSatisfy { ("0"..."9").contains($0) } }
        guard rest.endIndex < input.count, areNumbers, parts.first?.isEmpty == false else { return nil }
        index = rest.endIndex + 1
        return "{" + rest.map { "\($0)" }.joined() + "}"
    }

    private mutating func readQuantifier(_ text: String) throws(Failure) {
        guard canRepeat else { throw .refused("'\(text)' follows nothing that it can repeat") }
        add(text)
        if skip("?") { add("?") }
        skipBlanks()
        let after = index
        let isNested = peek().map { "*+?".unicodeScalars.contains($0) } ?? false || skip("{") && bounds() != nil
        guard !isNested else { throw .refused("a repetition follows the repetition '\(text)'") }
        index = after
    }

    private mutating func skipBlanks() {
        while options.skipsBlanks, let scalar = peek(), scalar.properties.isWhitespace { index += 1 }
    }

    // MARK: Groups

    private mutating func readGroup() throws(Failure) {
        guard skip("?") else { return open("(") }
        if skip("#") {
            while let scalar = next() { if scalar == ")" { return } }
            throw .refused("the comment '(?#' is never closed")
        }
        for kind in [":", "=", "!", ">", "<=", "<!"] where skip(kind) { return open("(?\(kind)") }
        if skip("<") { return try readName(to: ">") }
        if skip("'") { return try readName(to: "'") }
        if skip("(") { return try readCondition() }
        try readOptions()
    }

    private mutating func open(_ text: String) {
        outer.append(options)
        add(text, canRepeat: false)
    }

    private mutating func readName(to end: Unicode.Scalar) throws(Failure) {
        let name = input[index...].prefix { Self.isWord($0) || $0 == "-" }.map { "\($0)" }.joined()
        index += name.unicodeScalars.count
        guard skip("\(end)"), !name.isEmpty else { throw .refused("the name of a group is invalid") }
        guard !name.contains("-"), name.first?.isNumber == false else {
            throw .unsupported("the group '\(name)' has a number or balances another; give it a plain name")
        }
        open("(?<\(name)>")
    }

    private mutating func readCondition() throws(Failure) {
        let name = input[index...].prefix { Self.isWord($0) }.map { "\($0)" }.joined()
        index += name.unicodeScalars.count
        guard !name.isEmpty, skip(")") else {
            throw .unsupported("a condition '(?(…)' must be the number or the name of a group")
        }
        open("(?(\(name))")
    }

    private mutating func readOptions() throws(Failure) {
        var text = "(?"
        var isOn = true
        var changed = options
        while let scalar = next() {
            switch scalar {
            case "-": isOn = false
            case "i": changed.ignoresCase = isOn
            case "x": changed.skipsBlanks = isOn
            case "m", "s", "n": break
            case ":", ")":
                if scalar == ":" { open(text + ":") } else { output += text + ")" }
                options = changed
                return
            default: throw .refused("'\(text)\(scalar)' begins no group that .NET knows")
            }
            text += "\(scalar)"
        }
        throw .refused("a '(' is never closed")
    }

    // MARK: Classes

    /// The text of a class whose `[` was read. `[a-z-[aeiou]]` is a class without another.
    private mutating func readClass() throws(Failure) -> String {
        var members = skip("^") ? "[^" : "["
        var isFirst = true
        while let scalar = next() {
            if scalar == "]", !isFirst { return members + "]" }
            if scalar == "-", peek() == "[", !isFirst { return try readSubtraction(from: members + "]") }
            isFirst = false
            let member = scalar == "\\" ? try readEscape(inClass: true) : Escape(character: scalar)
            members += member.inside
            guard let low = member.character, peek() == "-", let after = peek(1), after != "]", after != "[" else {
                continue
            }
            index += 2
            let end = after == "\\" ? try readEscape(inClass: true) : Escape(character: after)
            guard let high = end.character else { throw .refused("a range ends with a class such as '\\d'") }
            guard low <= high else { throw .refused("a range such as 'z-a' runs backwards") }
            members += "-" + end.inside
        }
        throw .refused("a '[' is never closed")
    }

    private mutating func readSubtraction(from members: String) throws(Failure) -> String {
        index += 1
        let without = try readClass()
        guard skip("]") else { throw .refused("a class that another subtracts from ends with the subtraction") }
        return "(?:(?!\(without))\(members))"
    }
}

// MARK: UTF-16

extension DotNetPattern {
    /// Whether `mapped` would change the text.
    static func mustMap(_ text: Span<UInt8>) -> Bool {
        for index in text.indices where text[index] >= 0xf0 || text[index] == 0xc5 { return true }
        return false
    }

    /// A text in which each unit of UTF-16 is one character, as .NET counts them: halves of a pair become characters
    /// that mean nothing. Case is .NET's too: `ſ`, which for PCRE2 equals `s`, becomes a letter without case.
    static func mapped(_ text: Span<UInt8>) -> String {
        let text = text.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        var scalars = String.UnicodeScalarView()
        for unit in text.utf16 {
            scalars.append(character(UInt32(unit)))
        }
        return String(scalars)
    }

    /// The character that stands for a unit.
    static func character(_ unit: UInt32) -> Unicode.Scalar {
        unit == 0x17f ? "\u{1bb}" : Unicode.Scalar(unit) ?? Unicode.Scalar(0xe_0000 | unit & 0xfff) ?? "\u{fffd}"
    }

    var ignoresCase: Bool { options.ignoresCase }
}
