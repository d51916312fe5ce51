package import JSON

/// What `JsonSerializer` fills from an object's members: their names, in any case, and types (golden/dotnet/newtonsoft,
/// `answer` and `admin`).
package struct NewtonsoftContract: Sendable {
    package enum Kind: Sendable {
        case string
        case strings
        /// A dictionary of any values.
        case members
        case any
    }

    /// What the object is, in an error.
    let what: String
    let depthLimit: Int
    private let kinds: [(name: String, kind: Kind)]

    /// A handler's answer (host-contract §9.2).
    package static let answer = NewtonsoftContract(
        "the answer", depthLimit: 256, ["Outputs": .members, "Logs": .strings, "ReturnValue": .any])
    /// The body of `POST /admin/functions/NAME` (host-contract §13).
    package static let run = NewtonsoftContract("the body", depthLimit: 32, ["input": .string])
    /// The value of a named http output, which the host reads once more (host-contract §9.5).
    package static let response = NewtonsoftContract(
        "the response", depthLimit: 64,
        ["statusCode": .string, "status": .string, "body": .any, "headers": .members])

    package init(_ what: String, depthLimit: Int, _ kinds: KeyValuePairs<String, Kind>) {
        self.what = what
        self.depthLimit = depthLimit
        self.kinds = kinds.map { ($0.key, $0.value) }
    }

    /// The member with exactly this name, or with the name in another case.
    fileprivate func kind(of name: String) -> (name: String, kind: Kind)? {
        let wanted = name.caseless
        return kinds.first { $0.name == name } ?? kinds.first { $0.name.caseless == wanted }
    }
}

/// An object that was read by a contract.
package struct NewtonsoftObject: Sendable {
    /// The values by the contract's names. There is none for null.
    private var values: [String: NewtonsoftValue] = [:]
    /// The names that the contract does not have.
    package private(set) var ignoredNames: [String] = []
    /// The first name that occurs twice in one object.
    package let repeatedName: String?
    /// The names `$type`, `$id`, `$ref` and `$values` that Newtonsoft took for itself.
    package let reservedNames: [String]
    /// The text after the object, which Newtonsoft does not read.
    package let rest: String

    package subscript(name: String) -> NewtonsoftValue? { values[name] }

    /// Reads the object at the beginning of a text. Returns nil if Newtonsoft reads null.
    package init?(_ text: String, _ contract: NewtonsoftContract, zone: HostZone) throws(JSONError) {
        var reader = NewtonsoftReader(text.utf8, depthLimit: contract.depthLimit, zone: zone)
        guard try reader.readContent(), try reader.begins(contract.what, with: .startObject, "a JSON object") else {
            return nil
        }
        while let name = try reader.nextName() {
            if let (known, kind) = contract.kind(of: name) {
                values[known] = try reader.value(kind, "\"\(known)\"", values[known])
            } else {
                ignoredNames.append(name)
                try reader.skip()
            }
            guard try reader.read() else { throw reader.error(.unexpectedEnd) }
        }
        repeatedName = reader.repeatedName
        reservedNames = reader.reservedNames
        reader.skipSpace()
        rest = reader.rest
    }
}

extension NewtonsoftReader {
    /// The name at the token that was read, or after comments; nil at the end of the object.
    fileprivate mutating func nextName() throws(JSONError) -> String? {
        while token.isComment {
            guard try read() else { throw error(.unexpectedEnd) }
        }
        if token == .endObject { return nil }
        guard case .name(let name) = token else { throw unexpected("a name") }
        return name
    }

    /// Reads the value of the name that was read last; nil for null. A list and a dictionary are added to the old ones.
    fileprivate mutating func value(
        _ kind: NewtonsoftContract.Kind, _ what: String, _ old: NewtonsoftValue?
    ) throws(JSONError) -> NewtonsoftValue? {
        if kind == .string {
            try readString(what)
        } else if try !readContent() {
            throw error(.unexpectedEnd)
        }
        switch kind {
        case .string, .any:
            let value = try deserialized()
            return value == .null ? nil : value
        case .strings:
            guard try begins(what, with: .startArray, "an array of strings") else { return nil }
            var strings = old?.elements ?? []
            while true {
                try readString("a line of \(what)")
                if token == .endArray { return .array(strings) }
                strings.append(try deserialized())
            }
        case .members:
            guard try begins(what, with: .startObject, "an object") else { return nil }
            var members = MemberList(old?.members ?? [])
            while let name = try nextName() {
                guard try readContent() else { throw error(.unexpectedEnd) }
                members.replace(name, try deserialized())
                guard try read() else { throw error(.unexpectedEnd) }
            }
            return .object(members.members)
        }
    }

    /// Returns true if the value that was read begins with this bracket, and false if it is null.
    fileprivate mutating func begins(
        _ what: String, with start: Token, _ wanted: String
    ) throws(JSONError) -> Bool {
        let kind: String
        switch token {
        case .value(.null), .value(.undefined), .value(.string("")): return false
        case .value(let value): kind = value.kind
        case .startArray:
            if start == token { return true }
            kind = "an array"
        case .startObject:
            switch try readReservedNames(isReferable: true) {
            case .reference: return false
            case .none where start == .startObject: return true
            default: kind = "an object"
            }
        default: kind = "a constructor"
        }
        throw error(.wrongKind(what, kind, wanted: wanted))
    }
}
