package import JSON

/// The ways in which the host makes values of a JSON text (golden/dotnet/newtonsoft).
extension NewtonsoftValue {
    package enum Reader: Sendable {
        /// `JsonConvert.DeserializeObject`: a text in `$return` (`deserialize`). It drops `$type` and `$id`, resolves
        /// `$ref`, and accepts an array without an end. If two members share a name, the last one counts, at its own
        /// place.
        case serializer
        /// `JToken.Parse`: texts in brackets (`jtoken`). The last one counts, at the first one's place.
        case parser
    }

    /// Reads a JSON text with nothing after it.
    ///
    /// - Parameter zone: The host's time zone; nil if no string becomes a date.
    package init(json text: String, as reader: Reader, zone: HostZone? = .utc) throws(JSONError) {
        var tokens = NewtonsoftReader(text.utf8, zone: zone)
        switch reader {
        case .parser:
            guard try tokens.read() else { throw tokens.error(.unexpectedEnd) }
            self = try tokens.content(.parsed)
        case .serializer:
            self = try tokens.readContent() ? try tokens.deserialized() : .null
        }
        // The reader refuses everything but comments after a value. A comment that was the value may precede another.
        while try tokens.read() {
            if case .serializer = reader, !tokens.token.isComment { throw tokens.error(.trailing) }
        }
    }
}

extension NewtonsoftReader {
    /// How values inside of containers are made.
    enum Making {
        /// `JContainer.ReadContentFrom`
        case parsed
        /// `JTokenWriter.WriteToken`, which accepts a text that ends after a complete value, and keeps comments in arrays
        /// that lie in no object.
        case written(comments: Bool)
    }

    /// Reads the rest of the value whose first token was read.
    mutating func content(_ making: Making) throws(JSONError) -> NewtonsoftValue {
        switch token {
        case .value(let value): return value
        case .comment(let text): return .comment(text)
        case .startArray: return .array(try elements(making))
        case .startObject: return .object(try members(making))
        case .startConstructor(let name):
            if name == "Date", case .written = making { return try constructedDate() }
            return .constructor(name, try elements(making))
        default: throw unexpected("a value")
        }
    }

    private mutating func elements(_ making: Making) throws(JSONError) -> [NewtonsoftValue] {
        var elements: [NewtonsoftValue] = []
        while try read(making) {
            if token == .endArray || token == .endConstructor { break }
            if token.isComment {
                guard case .written(comments: true) = making else { continue }
            }
            elements.append(try content(making))
        }
        return elements
    }

    private mutating func members(_ making: Making) throws(JSONError) -> [NewtonsoftValue.Member] {
        var members = MemberList()
        while try read(making), token != .endObject {
            guard case .name(let name) = token else { continue }
            repeat {
                guard try read() else { throw error(.unexpectedEnd) }
            } while token.isComment
            let value = try content(making)
            if case .parsed = making { members.replace(name, value) } else { members.move(name, value) }
        }
        return members.members
    }

    /// Returns false if the text ends where a written value may end.
    private mutating func read(_ making: Making) throws(JSONError) -> Bool {
        if try read() { return true }
        if case .written = making, token == .none { return false }
        throw error(.unexpectedEnd)
    }

    /// `new Date(0)` or `new Date(2026, 0, 31)`
    private mutating func constructedDate() throws(JSONError) -> NewtonsoftValue {
        let start = index
        var numbers: [Int] = []
        while true {
            guard try read() else { throw error(.unexpectedEnd) }
            if token == .endConstructor { break }
            guard case .value(.integer(let number)) = token else { throw unexpected("the whole numbers of a date") }
            numbers.append(Int(number))
        }
        let text = "new Date(" + String(decoding: bytes[start..<index], as: UTF8.self)
        guard let date = DotNetDateTime(constructor: numbers) else { throw error(.dateOutOfRange(text)) }
        return .date(date, of: text)
    }

    // MARK: Values of any type

    /// `JsonSerializerInternalReader.CreateValueInternal` for a value of type `object`, whose first token was read.
    mutating func deserialized() throws(JSONError) -> NewtonsoftValue {
        switch token {
        case .value(.undefined): return .null
        case .value(let value): return value
        // The reader is left inside, which fails unless the text ends.
        case .startConstructor(let name): return .string(name)
        case .startArray: return try content(.written(comments: true))
        case .startObject:
            switch try readReservedNames() {
            case .reference: return .null
            case .values(let values): return values
            case .none: return .object(try deserializedMembers())
            }
        default: throw unexpected("a value")
        }
    }

    /// Reads the members from the token that was read on.
    private mutating func deserializedMembers() throws(JSONError) -> [NewtonsoftValue.Member] {
        var members = MemberList()
        repeat {
            switch token {
            case .name(let name):
                guard try readContent() else { throw error(.unexpectedEnd) }
                members.move(name, try content(.written(comments: false)))
            case .comment: break
            default: return members.members
            }
        } while try read()
        throw error(.unexpectedEnd)
    }

    enum Reserved {
        case none
        /// `{"$ref":…}`, which stands for an object with an `$id`. There is none but the answer, so it becomes null.
        case reference
        /// The value of `$values`.
        case values(NewtonsoftValue)
    }

    /// Reads the names at the beginning of an object that Newtonsoft takes for itself (host-contract §9.2), and the token
    /// after them.
    mutating func readReservedNames(isReferable: Bool = false) throws(JSONError) -> Reserved {
        try readOn()
        while case .name(let name) = token, ["$ref", "$type", "$id", "$values"].contains(name) {
            reservedNames.append(name)
            try readOn()
            let written = token
            if name == "$values" {
                let values = try content(.written(comments: true))
                try readOn()
                return .values(values)
            }
            guard case .value(let value) = written else {
                if name == "$id", written != .none { try readOn(); continue }
                throw unexpected("a string")
            }
            try readOn()
            if name == "$id", isReferable, !identifiers.insert(value.text).inserted { throw unexpected("another $id") }
            guard name == "$ref", value != .null else { continue }
            guard case .string(let reference) = value, !identifiers.contains(reference) else {
                throw unexpected("a string that is the $id of no object")
            }
            if case .name = token { throw unexpected("the end of the object with $ref") }
            return .reference
        }
        return .none
    }

    /// Reads a token that must be there.
    private mutating func readOn() throws(JSONError) {
        guard try read() else { throw error(.unexpectedEnd) }
    }
}

/// Members with distinct names.
struct MemberList {
    private(set) var slots: [NewtonsoftValue.Member?] = []
    private var places: [String: Int] = [:]

    init(_ members: [NewtonsoftValue.Member] = []) {
        for member in members { replace(member.name, member.value) }
    }

    var members: [NewtonsoftValue.Member] { slots.compactMap { $0 } }

    /// A member of the same name keeps its place.
    mutating func replace(_ name: String, _ value: NewtonsoftValue) {
        guard let place = places[name] else { return move(name, value) }
        slots[place] = .init(name: name, value: value)
    }

    /// A member of the same name is removed.
    mutating func move(_ name: String, _ value: NewtonsoftValue) {
        if let place = places.updateValue(slots.count, forKey: name) { slots[place] = nil }
        slots.append(.init(name: name, value: value))
    }
}
