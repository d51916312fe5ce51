/// A JSON text as a tree that records the place of each name and value, for configuration files whose errors must name
/// the place.
public struct JSONTree: Sendable {
    public indirect enum Value: Sendable, Equatable {
        case null
        case boolean(Bool)
        case integer(Int64)
        case double(Double)
        case string(String)
        case array([JSONTree])
        case object([Member])
    }

    public struct Member: Sendable, Equatable {
        public let name: String
        public var tree: JSONTree
        /// Where the name begins.
        public let place: Place

        /// - Parameter place: nil for the place of the value.
        public init(name: String, tree: JSONTree, place: Place? = nil) {
            self.name = name
            self.tree = tree
            self.place = place ?? tree.place
        }
    }

    /// A position in the text.
    public struct Place: Sendable, Hashable {
        /// From 1.
        public let line: Int
        /// In bytes, from 1; nil if no text was read.
        public let column: Int?

        public init(line: Int, column: Int? = nil) {
            self.line = line
            self.column = column
        }
    }

    public var value: Value
    /// Where the value begins.
    public let place: Place
    /// The line where the value begins, from 1.
    public var line: Int { place.line }

    public init(_ value: Value, line: Int) { self.init(value, at: Place(line: line)) }

    public init(_ value: Value, at place: Place) {
        self.value = value
        self.place = place
    }

    public static func parse(_ text: RawSpan) throws(JSONError) -> JSONTree {
        // The pointers and the scanner live only during the closure.
        try text.withUnsafeBytes { raw throws(JSONError) in
            var parser = Parser(scanner: JSONScanner(raw.assumingMemoryBound(to: UInt8.self).withoutByteOrderMark))
            let tree = try parser.tree(depth: 0)
            try parser.scanner.expectEnd()
            return tree
        }
    }

    // MARK: Reading

    public var string: String? { if case .string(let text) = value { text } else { nil } }
    public var boolean: Bool? { if case .boolean(let truth) = value { truth } else { nil } }
    public var integer: Int64? { if case .integer(let number) = value { number } else { nil } }
    public var elements: [JSONTree]? { if case .array(let elements) = value { elements } else { nil } }
    public var members: [Member]? { if case .object(let members) = value { members } else { nil } }

    /// The value of the member with exactly this name. If several members have it, the last one counts.
    public subscript(name: String) -> JSONTree? { members?.last { $0.name == name }?.tree }

    /// The value of the member with this name in upper or lower case, as in .NET's configuration. If several members
    /// have it, the last one counts.
    public func member(anyCase name: String) -> JSONTree? {
        let wanted = name.lowercased()
        return members?.last { $0.name.lowercased() == wanted }?.tree
    }

    /// The kind of the value, with its article, as an error message names it.
    public var kind: String {
        switch value {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer, .double: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// The tree as strict JSON text on one line.
    public var text: String {
        let text = JSONText()
        write(to: text)
        return text.text
    }

    private func write(to output: JSONText) {
        switch value {
        case .null: output.append(raw: "null")
        case .boolean(let truth): output.append(raw: truth ? "true" : "false")
        case .integer(let number): output.append(raw: String(number))
        // JSON has no other numbers; Newtonsoft writes these as strings too.
        case .double(let number) where !number.isFinite:
            output.append(string: number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity")
        case .double(let number): output.append(raw: "\(number)")
        case .string(let text): output.append(string: text)
        case .array(let elements):
            output.append(raw: "[")
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(raw: ",") }
                element.write(to: output)
            }
            output.append(raw: "]")
        case .object(let members):
            output.append(raw: "{")
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(raw: ",") }
                output.append(string: member.name)
                output.append(raw: ":")
                member.tree.write(to: output)
            }
            output.append(raw: "}")
        }
    }
}

/// Two trees are equal if they have the same content, regardless of places.
extension JSONTree: Equatable {
    public static func == (first: JSONTree, second: JSONTree) -> Bool { first.value == second.value }
}

extension JSONTree.Member {
    public static func == (first: JSONTree.Member, second: JSONTree.Member) -> Bool {
        first.name == second.name && first.tree == second.tree
    }
}

private struct Parser {
    var scanner: JSONScanner
    /// The line of the position `counted`. Both move from top to bottom, so that each line is counted only once.
    private var line = 1
    private var lineStart: UnsafePointer<UInt8>
    private var counted: UnsafePointer<UInt8>

    init(scanner: JSONScanner) {
        self.scanner = scanner
        counted = scanner.start
        lineStart = scanner.start
    }

    mutating func tree(depth: Int) throws(JSONError) -> JSONTree {
        let first = try scanner.peek()
        let place = place()
        return JSONTree(try value(first, depth: depth), at: place)
    }

    private mutating func place() -> JSONTree.Place {
        while counted < scanner.cursor {
            if counted.pointee == UInt8(ascii: "\n") {
                line += 1
                lineStart = counted + 1
            }
            counted += 1
        }
        return JSONTree.Place(line: line, column: scanner.cursor - lineStart + 1)
    }

    private mutating func value(_ first: UInt8, depth: Int) throws(JSONError) -> JSONTree.Value {
        switch first {
        case UInt8(ascii: "{"):
            try enter(depth)
            var members: [JSONTree.Member] = []
            if try scanner.closes(UInt8(ascii: "}")) { return .object(members) }
            repeat {
                _ = try scanner.peek()
                let place = place()
                let name = String(decoding: try scanner.key(), as: UTF8.self)
                members.append(.init(name: name, tree: try tree(depth: depth + 1), place: place))
            } while try scanner.another(before: UInt8(ascii: "}"))
            return .object(members)
        case UInt8(ascii: "["):
            try enter(depth)
            var elements: [JSONTree] = []
            if try scanner.closes(UInt8(ascii: "]")) { return .array(elements) }
            repeat { elements.append(try tree(depth: depth + 1)) } while try scanner.another(before: UInt8(ascii: "]"))
            return .array(elements)
        case UInt8(ascii: "\""): return .string(String(decoding: try scanner.string(), as: UTF8.self))
        case UInt8(ascii: "t"):
            try scanner.expectWord("true")
            return .boolean(true)
        case UInt8(ascii: "f"):
            try scanner.expectWord("false")
            return .boolean(false)
        case UInt8(ascii: "n"):
            try scanner.expectWord("null")
            return .null
        default:
            switch try scanner.number() {
            case .integer(let number): return .integer(number)
            case .double(let number): return .double(number)
            }
        }
    }

    private mutating func enter(_ depth: Int) throws(JSONError) {
        guard depth < JSONScanner.depthLimit else { throw scanner.error(.tooDeep(limit: JSONScanner.depthLimit)) }
        scanner.cursor += 1
    }
}
