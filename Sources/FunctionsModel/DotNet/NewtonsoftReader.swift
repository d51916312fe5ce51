package import JSON

/// Reads JSON token by token as Newtonsoft's `JsonTextReader` does (golden/dotnet/newtonsoft).
///
/// It accepts much that is not JSON: comments, single quotes, names without quotes, a comma after the last element, an
/// element that is left out, `NaN`, `undefined`, `0x10`, `010`, `.5`, `new Date(0)` and raw control characters. NUL is
/// white space, and half of a surrogate pair becomes U+FFFD.
package struct NewtonsoftReader {
    package enum Token: Equatable {
        /// Nothing was read yet, or the text is over.
        case none
        case startObject
        case startArray
        case startConstructor(String)
        case name(String)
        /// A value that is neither a container nor a comment.
        case value(NewtonsoftValue)
        case comment(String)
        case endObject
        case endArray
        case endConstructor
    }

    package internal(set) var token = Token.none
    /// The first name that occurs twice in one object.
    package private(set) var repeatedName: String?
    /// The names `$type`, `$id`, `$ref` and `$values` that Newtonsoft took for itself.
    package internal(set) var reservedNames: [String] = []
    /// The objects with an `$id`.
    var identifiers: Set<String> = []

    let bytes: [UInt8]
    var index = 0
    /// The zone of dates; nil if no string becomes a date.
    let zone: HostZone?
    private let depthLimit: Int
    private var state = State.value
    private var containers: [(closes: Token, names: Set<String>)] = []
    private var tokenStart = 0
    /// The line at the position `counted`. Both move from top to bottom, so that each line is counted only once.
    private var countedLine = 1
    private var lineStart = 0
    private var counted = 0

    /// What comes next.
    private enum State {
        case value
        /// A name, or the end of the object.
        case name
        /// A comma, or the end of the container.
        case separator
        /// Only comments and white space.
        case end
    }

    /// - Parameter depthLimit: The greatest depth of containers. Newtonsoft's default is 64.
    package init(_ text: some Sequence<UInt8>, depthLimit: Int = 64, zone: HostZone?) {
        bytes = Array(text)
        self.depthLimit = depthLimit
        self.zone = zone
    }

    // MARK: Tokens

    /// Reads the next token. Returns false at the end of the text. The token is then `none` only if a value was complete.
    package mutating func read() throws(JSONError) -> Bool {
        while true {
            switch state {
            case .value: return try readValue()
            case .name: return try readName()
            case .separator: if try readSeparator(skipsComments: false) { return true }
            case .end:
                skipSpace()
                guard let byte = next else {
                    token = .none
                    return false
                }
                guard byte == UInt8(ascii: "/") else { throw error(.trailing) }
                token = .comment(try readComment())
                return true
            }
        }
    }

    /// Reads the next token that is not a comment.
    package mutating func readContent() throws(JSONError) -> Bool {
        repeat {
            guard try read() else { return false }
        } while token.isComment
        return true
    }

    /// Reads a value as a string, as `ReadAsString` does: the text of a number, `true` and `false` as they are written,
    /// and no dates. The end of an array is possible too.
    package mutating func readString(_ what: String) throws(JSONError) {
        if state == .separator, try readSeparator(skipsComments: true) { return }
        skipSpace()
        while next == UInt8(ascii: "/") {
            _ = try readComment()
            skipSpace()
        }
        let start = index
        guard state == .value, try readValue() else { throw error(.unexpectedEnd) }
        switch token {
        case .value(.null), .value(.string), .endArray: break
        case .value(.date(_, let text)): token = .value(.string(text))
        case .value(let value) where value != .undefined:
            token = .value(.string(String(decoding: bytes[start..<index], as: UTF8.self)))
        case .startObject: throw error(.wrongKind(what, "an object", wanted: "a text"))
        case .startArray: throw error(.wrongKind(what, "an array", wanted: "a text"))
        default: throw error(.unexpected(bytes[start], wanted: "a text"), at: start)
        }
    }

    /// Skips the value of a name or of the opening bracket that was read last.
    package mutating func skip() throws(JSONError) {
        if case .name = token, try !read() { return }
        guard token.isStart else { return }
        let outside = containers.count - 1
        while containers.count > outside, try read() {}
    }

    private mutating func readValue() throws(JSONError) -> Bool {
        skipSpace()
        tokenStart = index
        guard let byte = next else { return false }
        switch byte {
        case UInt8(ascii: "{"): try start(.startObject, until: .endObject, .name)
        case UInt8(ascii: "["): try start(.startArray, until: .endArray, .value)
        case UInt8(ascii: "]"), UInt8(ascii: ")"): try end(byte)
        case UInt8(ascii: "/"): token = .comment(try readComment())
        // The next read handles the comma.
        case UInt8(ascii: ","): finish(.undefined)
        case UInt8(ascii: "n") where bytes[index...].starts(with: "ne".utf8):
            try start(.startConstructor(try readConstructorName()), until: .endConstructor, .value)
        default: finish(try readScalar(byte))
        }
        return true
    }

    private mutating func readName() throws(JSONError) -> Bool {
        skipSpace()
        tokenStart = index
        guard let byte = next else { return false }
        switch byte {
        case UInt8(ascii: "}"): try end(byte)
        case UInt8(ascii: "/"): token = .comment(try readComment())
        default:
            let name = try readNameText(byte)
            if containers[containers.count - 1].names.insert(name).inserted == false {
                repeatedName = repeatedName ?? name
            }
            token = .name(name)
            state = .value
        }
        return true
    }

    /// Reads what follows a value. Returns true if that is a token, or false if a comma was read or the text is over.
    private mutating func readSeparator(skipsComments: Bool) throws(JSONError) -> Bool {
        while true {
            skipSpace()
            switch next {
            case nil:
                state = .end
                return false
            case UInt8(ascii: "}")?, UInt8(ascii: "]")?, UInt8(ascii: ")")?:
                try end(bytes[index])
                return true
            case UInt8(ascii: "/")?:
                let comment = try readComment()
                if skipsComments { continue }
                token = .comment(comment)
                return true
            case UInt8(ascii: ",")?:
                index += 1
                state = containers.last?.closes == .endObject ? .name : .value
                return false
            default: throw unexpected(containers.last?.closes == .endObject ? "',' or '}'" : "',' or ']'")
            }
        }
    }

    private mutating func start(_ token: Token, until end: Token, _ state: State) throws(JSONError) {
        guard containers.count < depthLimit else { throw error(.tooDeep(limit: depthLimit)) }
        index += 1
        self.token = token
        self.state = state
        containers.append((end, []))
    }

    private mutating func end(_ bracket: UInt8) throws(JSONError) {
        let closed: Token =
            switch bracket {
            case UInt8(ascii: "}"): .endObject
            case UInt8(ascii: "]"): .endArray
            default: .endConstructor
            }
        guard containers.last?.closes == closed else { throw unexpected("a value") }
        index += 1
        token = closed
        containers.removeLast()
        state = containers.isEmpty ? .end : .separator
    }

    private mutating func finish(_ value: NewtonsoftValue) {
        token = .value(value)
        state = containers.isEmpty ? .end : .separator
    }

    // MARK: Positions

    var isInConstructor: Bool { containers.last?.closes == .endConstructor }

    /// The byte at the position; nil at the end.
    var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// The text after the value that was read.
    package var rest: String { String(decoding: bytes[index...], as: UTF8.self) }

    /// Where the name or value that was read begins.
    mutating func place() -> JSONTree.Place {
        while counted < tokenStart {
            if bytes[counted] == UInt8(ascii: "\n") {
                countedLine += 1
                lineStart = counted + 1
            }
            counted += 1
        }
        return JSONTree.Place(line: countedLine, column: tokenStart - lineStart + 1)
    }

    func error(_ reason: JSONError.SyntaxReason, at place: Int? = nil) -> JSONError {
        let before = bytes[..<(place ?? index)]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        return .syntax(reason, line: line, column: before.count - lineStart + 1)
    }

    func unexpected(_ wanted: String) -> JSONError {
        error(next.map { .unexpected($0, wanted: wanted) } ?? .unexpectedEnd)
    }
}

extension NewtonsoftReader.Token {
    var isComment: Bool { if case .comment = self { true } else { false } }

    var isStart: Bool {
        switch self {
        case .startObject, .startArray, .startConstructor: true
        default: false
        }
    }
}
