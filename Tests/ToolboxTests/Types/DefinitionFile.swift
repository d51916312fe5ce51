@testable import Toolbox

/// What a file of definitions says: its classes, functions and the types that it names.
struct DefinitionFile {
    struct Class {
        /// By name, the type; without the mark of an optional one.
        var fields: [String: String] = [:]
        var optional: Set<String> = []
        var functions: Set<String> = []
    }

    let name: String
    /// By name.
    private(set) var classes: [String: Class] = [:]
    /// The members of each variable, such as `http` or `crypto.aesGcm`.
    private(set) var members: [String: Set<String>] = [:]
    /// Global functions.
    private(set) var globals: Set<String> = []
    private(set) var faults: [String] = []
    private(set) var defined: Set<String> = []
    private(set) var used: Set<String> = []

    init(_ name: String, _ text: String) {
        self.name = name
        var block: [Substring] = []
        var classOf: [String: String] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let place = "\(name):\(index + 1)"
            if line.utf8.count > 130 { faults.append("\(place): is too long") }
            if line.hasPrefix("---") {
                block.append(line)
                continue
            }
            let annotations = AnnotationBlock(block)
            faults += annotations.faults.map { "\(place): \($0)" }
            defined.formUnion(annotations.defined)
            used.formUnion(annotations.used)
            if let name = annotations.className {
                classes[name] = Class(
                    fields: annotations.fields, optional: annotations.optionalFields, functions: [])
            }
            if let match = line.wholeMatch(of: #/function ([\w.]+?)(?:([.:])(\w+))?\((.*)\) end/#) {
                let owner = String(match.1)
                let parameters = match.4.split(separator: ",").map { $0.drop { $0 == " " }.description }
                if annotations.parameters != parameters {
                    faults.append("\(place): @param \(annotations.parameters) for \(parameters)")
                }
                if !annotations.isDescribed { faults.append("\(place): has no description") }
                if let member = match.3.map(String.init) {
                    members[owner, default: []].insert(member)
                    if let name = classOf[owner] { classes[name]?.functions.insert(member) }
                } else {
                    globals.insert(owner)
                }
            } else if let match = line.wholeMatch(of: #/(?:local )?([\w.]+) = \{\}/#) {
                let variable = String(match.1)
                if let name = annotations.className { classOf[variable] = name }
                members[variable, default: []].formUnion([])
                if let dot = variable.lastIndex(of: ".") {
                    members[String(variable[..<dot]), default: []].insert(
                        String(variable[variable.index(after: dot)...]))
                }
            } else if !line.isEmpty, !line.hasPrefix("return "), !line.hasPrefix("-- ") {
                faults.append("\(place): is no definition")
            }
            block = []
        }
    }

    static let all: [DefinitionFile] = (TypeDefinitions.modules + TypeDefinitions.globals).map {
        DefinitionFile($0.name, String(decoding: $0.text, as: UTF8.self))
    }

    static let classes = Dictionary(all.flatMap(\.classes)) { first, _ in first }
}

/// The lines with `---` before a definition, checked against the grammar that the language server documents
/// (https://luals.github.io/wiki/annotations).
final class AnnotationBlock {
    private(set) var faults: [String] = []
    private(set) var className: String?
    private(set) var fields: [String: String] = [:]
    private(set) var optionalFields: Set<String> = []
    private(set) var parameters: [String] = []
    private(set) var defined: Set<String> = []
    private(set) var used: Set<String> = []
    private(set) var isDescribed = false

    init(_ lines: [Substring]) {
        var generics: Set<String> = []
        var continuesAlias = false
        for line in lines {
            let text = line.dropFirst(3)
            if text.hasPrefix("|") {
                if !continuesAlias { faults.append("a value without @alias: \(line)") }
                read(text.dropFirst()) { parser in parser.type() }
                continue
            }
            guard text.hasPrefix("@") else {
                isDescribed = isDescribed || !text.isEmpty
                continue
            }
            let tag = text.dropFirst().prefix { $0.isLetter }
            let rest = text.dropFirst(tag.count + 1)
            continuesAlias = tag == "alias"
            switch tag {
            case "meta": read(rest) { parser in _ = parser.name() }
            case "class":
                var name = ""
                read(rest) { parser in
                    name = parser.expectName()
                    guard parser.skip(":") else { return }
                    repeat { parser.type() } while parser.skip(",")
                }
                className = name
                defined.insert(name)
            case "field":
                read(rest) { parser in
                    if parser.skip("[") {
                        parser.type()
                        parser.expect("]")
                        parser.type()
                    } else {
                        let name = parser.expectName()
                        if parser.skip("?") { optionalFields.insert(name) }
                        fields[name] = parser.written { $0.type() }
                    }
                }
                if className == nil { faults.append("@field without @class") }
            case "param":
                read(rest) { parser in
                    parameters.append(parser.skip("...") ? "..." : parser.expectName())
                    _ = parser.skip("?")
                    parser.type()
                }
            case "return", "type": read(rest) { $0.type() }
            case "overload": read(rest) { $0.function() }
            case "generic":
                read(rest) { parser in
                    repeat {
                        generics.insert(parser.expectName())
                        if parser.skip(":") { parser.type() }
                    } while parser.skip(",")
                }
            case "alias":
                read(rest) { parser in
                    defined.insert(parser.expectName())
                    if !parser.isAtEnd { parser.type() }
                }
            default: faults.append("unknown tag @\(tag)")
            }
        }
        used.subtract(generics)
    }

    private func read(_ text: Substring, _ body: (inout TypeParser) -> Void) {
        var parser = TypeParser(text)
        body(&parser)
        faults += parser.faults.map { "\($0): \(text)" }
        used.formUnion(parser.names)
    }
}

/// Reads a type expression: names, unions, `T[]`, `T?`, `table<K, V>`, `fun(a: T, b?: U, ...: V): R`, `{ field: T }`,
/// `{ [K]: V }` and literals.
struct TypeParser {
    private var rest: Substring
    private(set) var faults: [String] = []
    private(set) var names: Set<String> = []

    init(_ text: Substring) { rest = text }

    var isAtEnd: Bool { rest.allSatisfy { $0 == " " } }

    mutating func skip(_ token: String) -> Bool {
        let trimmed = rest.drop { $0 == " " }
        guard trimmed.hasPrefix(token) else { return false }
        rest = trimmed.dropFirst(token.count)
        return true
    }

    mutating func expect(_ token: String) { if !skip(token) { fail("no '\(token)'") } }

    mutating func name() -> String? {
        let trimmed = rest.drop { $0 == " " }
        guard let match = trimmed.prefixMatch(of: #/[A-Za-z_][\w.*\-]*/#) else { return nil }
        // `T...` is a name and three dots.
        var found = match.0
        while found.hasSuffix(".") { found = found.dropLast() }
        rest = trimmed[found.endIndex...]
        return String(found)
    }

    mutating func expectName() -> String {
        if let name = name() { return name }
        fail("no name")
        return ""
    }

    mutating func written(_ body: (inout Self) -> Void) -> String {
        let before = rest
        body(&self)
        return String(before[before.startIndex..<rest.startIndex].drop { $0 == " " })
    }

    mutating func type() {
        repeat {
            primary()
            // These touch the type; behind a space, a description begins.
            while rest.hasPrefix("[]") || rest.hasPrefix("?") { rest = rest.dropFirst(rest.hasPrefix("?") ? 1 : 2) }
        } while skip("|")
    }

    mutating func function() {
        if name() != "fun" { fail("no function") }
        arguments()
    }

    private mutating func primary() {
        if skip("(") {
            type()
            expect(")")
        } else if skip("{") {
            while !skip("}"), faults.isEmpty {
                if skip("[") {
                    type()
                    expect("]")
                } else {
                    _ = expectName()
                    _ = skip("?")
                }
                expect(":")
                type()
                _ = skip(",")
            }
        } else if skip("...") {
        } else if skip("\"") {
            guard let end = rest.firstIndex(of: "\"") else { return fail("an open literal") }
            rest = rest[rest.index(after: end)...]
        } else if let match = rest.drop(while: { $0 == " " }).prefixMatch(of: #/-?\d+/#) {
            rest = rest.drop { $0 == " " }[match.range.upperBound...]
        } else if let name = name() {
            if name == "fun" { return arguments() }
            names.insert(name)
            guard rest.hasPrefix("<"), skip("<") else { return }
            repeat { type() } while skip(",")
            expect(">")
        } else {
            fail("no type")
        }
    }

    private mutating func arguments() {
        // `fun` alone is no type, `function` is.
        expect("(")
        while !skip(")"), faults.isEmpty {
            if !skip("...") { _ = expectName() }
            _ = skip("?")
            if skip(":") { type() }
            _ = skip(",")
        }
        guard skip(":") else { return }
        repeat { type() } while skip(",")
    }

    private mutating func fail(_ fault: String) { if faults.isEmpty { faults.append(fault) } }
}
