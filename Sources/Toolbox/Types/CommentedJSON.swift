import JSON

/// A user's settings file, as editors read them: JSON in which comments and trailing commas are allowed. Members can be
/// added to it; all its other bytes stay as they are.
struct CommentedJSON {
    private(set) var text: [UInt8]
    private(set) var root: Node

    /// A value, and where it stands in the text.
    struct Node {
        let range: Range<Int>
        /// What a string means; nil for another value.
        let text: String?
        let members: [Member]?
        let elements: [Node]?
        /// In an object or an array: the end of the last member or element, and whether a comma follows it.
        let last: (end: Int, hasComma: Bool)?

        init(
            _ range: Range<Int>, text: String? = nil, members: [Member]? = nil, elements: [Node]? = nil,
            last: (end: Int, hasComma: Bool)? = nil
        ) {
            self.range = range
            self.text = text
            self.members = members
            self.elements = elements
            self.last = last
        }
    }

    struct Member {
        let name: String
        let value: Node
    }

    /// An empty file counts as an empty object.
    init(_ text: [UInt8]) throws(JSONError) {
        var text = text
        var plain = Self.withoutComments(text)
        if plain.allSatisfy(\.isBlank) {
            if let last = text.last, last != .newline { text.append(.newline) }
            text += Array("{}\n".utf8)
            plain = Self.withoutComments(text)
        }
        let strict = Self.withoutTrailingCommas(plain)
        _ = try JSONTree.parse(strict.span.bytes)
        self.text = text
        var reader = NodeReader(text: plain)
        root = reader.value()
    }

    /// The value at a path such as `runtime.path`, whose parts may be nested objects or one name with dots, as both
    /// editors allow.
    func find(_ path: String, in node: Node? = nil) -> Node? {
        var found: Node?
        for member in (node ?? root).members ?? [] {
            if member.name == path {
                found = member.value
            } else if let rest = path.rest(after: member.name), let inner = find(rest, in: member.value) {
                found = inner
            }
        }
        return found
    }

    /// The innermost object into which a value at this path belongs, and the rest of the path there.
    func place(of path: String, in node: Node? = nil) -> (object: Node, name: String) {
        let node = node ?? root
        for member in node.members ?? [] where member.value.members != nil {
            if let rest = path.rest(after: member.name) { return place(of: rest, in: member.value) }
        }
        return (node, path)
    }

    /// Adds a member, written `"name": value`, or an element at the end of an object or an array.
    mutating func add(_ written: String, to container: Node) throws(JSONError) {
        let close = container.range.upperBound - 1
        var end = close
        while text[end - 1].isBlank { end -= 1 }
        let newline = text.contains(.carriageReturn) ? "\r\n" : "\n"
        let isSpread = text[container.range].contains(.newline)
        var addition = written
        if isSpread || container.members != nil && container.last == nil {
            let outer = indentation(at: container.range.lowerBound)
            let inner = firstChild(of: container).map(indentation) ?? outer + "  "
            addition = newline + inner + written
            if !text[end..<close].contains(.newline) { addition += newline + outer }
        } else if container.last != nil {
            addition = " " + written
        }
        var changed = text
        changed.insert(contentsOf: Array(addition.utf8), at: end)
        if let last = container.last, !last.hasComma { changed.insert(.comma, at: last.end) }
        self = try CommentedJSON(changed)
    }

    private func firstChild(of node: Node) -> Int? {
        let first = node.members?.first?.value.range.lowerBound ?? node.elements?.first?.range.lowerBound
        guard let first, text[node.range.lowerBound..<first].contains(.newline) else { return nil }
        return first
    }

    /// The white space at the beginning of the line.
    private func indentation(at position: Int) -> String {
        let start = text[..<position].lastIndex(of: .newline).map { $0 + 1 } ?? 0
        return String(decoding: text[start...].prefix { $0 == .space || $0 == .tab }, as: UTF8.self)
    }

    // MARK: Plain JSON

    /// The text with spaces in place of comments and a byte order mark, so that all else keeps its place.
    private static func withoutComments(_ text: [UInt8]) -> [UInt8] {
        var plain = text
        var index = text.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        for mark in 0..<index { plain[mark] = .space }
        var inString = false
        while index < text.count {
            let next = index + 1 < text.count ? text[index + 1] : 0
            if inString {
                if text[index] == .backslash {
                    index += 1
                } else if text[index] == .quote {
                    inString = false
                }
            } else if text[index] == .quote {
                inString = true
            } else if text[index] == .slash, next == .slash {
                while index < text.count, text[index] != .newline {
                    plain[index] = .space
                    index += 1
                }
                continue
            } else if text[index] == .slash, next == .star, let end = Self.endOfComment(text, from: index + 2) {
                for place in index..<end where text[place] != .newline { plain[place] = .space }
                index = end
                continue
            }
            index += 1
        }
        return plain
    }

    private static func endOfComment(_ text: [UInt8], from start: Int) -> Int? {
        var index = start
        while index + 1 < text.count {
            if text[index] == .star, text[index + 1] == .slash { return index + 2 }
            index += 1
        }
        return nil
    }

    private static func withoutTrailingCommas(_ plain: [UInt8]) -> [UInt8] {
        var strict = plain
        var inString = false
        var comma: Int?
        /// The byte before, without white space. A comma needs a value before it.
        var previous = UInt8.comma
        var index = 0
        while index < plain.count {
            let byte = plain[index]
            if inString {
                if byte == .backslash { index += 1 } else if byte == .quote { inString = false }
            } else if !byte.isBlank {
                if byte == .quote { inString = true }
                if byte == .closingBrace || byte == .closingBracket, let comma { strict[comma] = .space }
                let isAfterValue = ![.comma, .openingBrace, .openingBracket].contains(previous)
                comma = byte == .comma && isAfterValue ? index : nil
                previous = byte
            }
            index += 1
        }
        return strict
    }
}

/// Finds the values in a text that is valid but for trailing commas.
private struct NodeReader {
    let text: [UInt8]
    private var index = 0

    init(text: [UInt8]) { self.text = text }

    mutating func value() -> CommentedJSON.Node {
        skipBlanks()
        let start = index
        switch text[index] {
        case .openingBrace: return container(start, closing: .closingBrace)
        case .openingBracket: return container(start, closing: .closingBracket)
        case .quote:
            skipString()
            return CommentedJSON.Node(start..<index, text: string(start..<index))
        default: while index < text.count, !text[index].endsScalar { index += 1 }
        }
        return CommentedJSON.Node(start..<index)
    }

    private mutating func container(_ start: Int, closing: UInt8) -> CommentedJSON.Node {
        var members: [CommentedJSON.Member] = []
        var elements: [CommentedJSON.Node] = []
        var last: (end: Int, hasComma: Bool)?
        index += 1
        skipBlanks()
        while text[index] != closing {
            var name = ""
            if closing == .closingBrace {
                let start = index
                skipString()
                name = string(start..<index) ?? ""
                skipBlanks()
                index += 1
            }
            let value = value()
            members.append(CommentedJSON.Member(name: name, value: value))
            elements.append(value)
            last = (index, false)
            skipBlanks()
            guard text[index] == .comma else { continue }
            last?.hasComma = true
            index += 1
            skipBlanks()
        }
        index += 1
        let isObject = closing == .closingBrace
        return CommentedJSON.Node(
            start..<index, members: isObject ? members : nil, elements: isObject ? nil : elements, last: last)
    }

    private mutating func skipBlanks() { while index < text.count, text[index].isBlank { index += 1 } }

    private mutating func skipString() {
        index += 1
        while text[index] != .quote { index += text[index] == .backslash ? 2 : 1 }
        index += 1
    }

    private func string(_ range: Range<Int>) -> String? { (try? JSONTree.parse(Array(text[range]).span.bytes))?.string }
}

extension String {
    /// What follows the first name of a path with dots; nil if it begins with another one.
    fileprivate func rest(after name: String) -> String? {
        hasPrefix(name + ".") ? String(dropFirst(name.count + 1)) : nil
    }
}

extension UInt8 {
    fileprivate static let quote = UInt8(ascii: "\"")
    fileprivate static let backslash = UInt8(ascii: "\\")
    fileprivate static let slash = UInt8(ascii: "/")
    fileprivate static let star = UInt8(ascii: "*")
    fileprivate static let comma = UInt8(ascii: ",")
    fileprivate static let space = UInt8(ascii: " ")
    fileprivate static let tab = UInt8(ascii: "\t")
    fileprivate static let newline = UInt8(ascii: "\n")
    fileprivate static let carriageReturn = UInt8(ascii: "\r")
    fileprivate static let openingBrace = UInt8(ascii: "{")
    fileprivate static let closingBrace = UInt8(ascii: "}")
    fileprivate static let openingBracket = UInt8(ascii: "[")
    fileprivate static let closingBracket = UInt8(ascii: "]")

    fileprivate var isBlank: Bool {
        self == .space || self == .tab || self == .newline || self == .carriageReturn
    }
    fileprivate var endsScalar: Bool {
        isBlank || self == .comma || self == .closingBrace || self == .closingBracket
    }
}
