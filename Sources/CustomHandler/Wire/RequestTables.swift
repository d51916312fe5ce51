import FoundationEssentials
import Lua

/// The tables of a caller's own request that most handlers never look into, so they are made when one does.
struct RequestTables {
    let query: TableFiller
    let headers: TableFiller
    let identities: TableFiller
    let metadata: TableFiller

    /// What `metadata` is made of, by its place in the list that is deferred.
    enum MetadataPart: Int, CaseIterable {
        case query = 1, headers, body, params, function
    }

    init(_ stack: LuaStack) {
        query = stack.makeFiller { stack, table in
            for (name, values) in Self.named(query: stack.bytes(at: -1) ?? []).entries {
                Self.set(name, Array(values.joined(separator: [UInt8(ascii: ",")])), in: table, of: stack)
            }
        }
        headers = stack.makeFiller { stack, table in
            for (name, values) in Self.named(headers: stack.bytes(at: -1) ?? []).entries {
                stack.push(bytes: name)
                stack.pushTable(array: values.count)
                for (position, value) in values.enumerated() {
                    stack.push(bytes: value)
                    stack.setElement(position + 1, of: -2)
                }
                stack.markArray(at: -1)
                stack.setPair(of: table)
            }
        }
        identities = stack.makeFiller { stack, table in
            stack.push(Self.anonymous)
            let text = stack.count
            // luafunc's own text is JSON.
            try? stack.pushJSON(at: text)
            stack.setElement(1, of: table)
            stack.markArray(at: table)
        }
        metadata = stack.makeFiller { stack, table in Self.fillMetadata(table, of: stack) }
    }

    /// Who called is known to the host alone: it does not forward it. What it sends where nobody has signed in.
    private static let anonymous = """
        {"AuthenticationType":null,"IsAuthenticated":false,"Actor":null,"BootstrapContext":null,"Claims":[],"Label":null,\
        "Name":null,"NameClaimType":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",\
        "RoleClaimType":"http://schemas.microsoft.com/ws/2008/06/identity/claims/role"}
        """

    // MARK: Metadata (host-contract §6.3, §6.4)

    /// Members of a JSON body, then query fields, then route parameters, each taking the place of those before; then
    /// `Query`, `Headers` and `sys`, where nothing of that name is there.
    private static func fillMetadata(_ table: Int, of stack: LuaStack) {
        let parts = stack.count
        func push(_ part: MetadataPart) { stack.pushElement(part.rawValue, of: parts) }
        func bytes(_ part: MetadataPart) -> [UInt8] {
            push(part)
            defer { stack.pop() }
            return stack.bytes(at: -1) ?? []
        }
        push(.body)
        fillBodyMembers(table, of: stack)
        stack.pop()
        let query = named(query: bytes(.query))
        for (name, values) in query.entries where !NamedValues.areEqual(name, Array("code".utf8)) {
            set(name, values.last ?? [], in: table, of: stack)
        }
        push(.params)
        stack.forEachPair(at: -1) { () throws(Never) in
            set(stack.bytes(at: -2) ?? [], stack.bytes(at: -1) ?? [], in: table, of: stack)
        }
        stack.pop()
        setGroup("Query", query.entries.map { ($0.name, $0.values.last ?? []) }, in: table, of: stack)
        let headers = named(headers: bytes(.headers)).entries
        setGroup(
            "Headers", headers.map { ($0.name, Array($0.values.joined(separator: [UInt8(ascii: ",")]))) }, in: table,
            of: stack)
        setGroup(
            "sys",
            [
                (Array("MethodName".utf8), bytes(.function)),
                (
                    Array("UtcNow".utf8),
                    Array(Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)).utf8)
                ),
                (Array("RandGuid".utf8), Array(UUID().uuidString.lowercased().utf8)),
            ], in: table, of: stack)
    }

    /// Copies the members of the JSON object that is the text on top, if it is one: objects as they are, all else but
    /// lists and null as text, as .NET writes it. [0]
    private static func fillBodyMembers(_ table: Int, of stack: LuaStack) {
        let isObject = stack.withBytes(at: -1) { text in
            text.withUnsafeBytes { $0.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "{") }
        }
        guard isObject == true, (try? stack.pushJSON(at: -1)) != nil else { return }
        defer { stack.pop() }
        stack.forEachPair(at: -1) { () throws(Never) in
            let name = stack.bytes(at: -2) ?? []
            switch stack.type(at: -1) {
            case .string: set(name, stack.bytes(at: -1) ?? [], in: table, of: stack)
            case .number: set(name, Array((stack.numberText(at: -1) ?? "").utf8), in: table, of: stack)
            case .boolean: set(name, Array((stack.boolean(at: -1) ? "True" : "False").utf8), in: table, of: stack)
            case .table where !stack.isMarkedArray(at: -1):
                stack.push(bytes: name)
                stack.pushValue(at: -2)
                stack.setPair(of: table)
            default: break
            }
        }
    }

    private static func setGroup(
        _ name: StaticString, _ fields: [(name: [UInt8], value: [UInt8])], in table: Int, of stack: LuaStack
    ) {
        guard existing(Array("\(name)".utf8), in: table, of: stack) == nil else { return }
        stack.pushTable(hash: fields.count)
        let group = stack.count
        for field in fields { set(field.name, field.value, in: group, of: stack) }
        stack.setField(name, of: table)
    }

    // MARK: Fields

    /// Sets a field, in the place of one whose name differs only in case: the host's dictionary knows no case. [0]
    private static func set(_ name: [UInt8], _ value: [UInt8], in table: Int, of stack: LuaStack) {
        stack.push(bytes: existing(name, in: table, of: stack) ?? name)
        stack.push(bytes: value)
        stack.setPair(of: table)
    }

    private static func existing(_ name: [UInt8], in table: Int, of stack: LuaStack) -> [UInt8]? {
        var found: [UInt8]?
        stack.forEachPair(at: table) { () throws(Never) in
            if let key = stack.bytes(at: -2), NamedValues.areEqual(key, name) { found = key }
        }
        return found
    }

    private static func named(query: [UInt8]) -> NamedValues {
        var values = NamedValues()
        for field in QueryString(query).fields { values.add(field.name, field.value) }
        return values
    }

    private static func named(headers: [UInt8]) -> NamedValues {
        var values = NamedValues()
        let parts = headers.split(separator: 0, omittingEmptySubsequences: false)
        for index in stride(from: 0, to: parts.count - 1, by: 2) {
            values.add(Array(parts[index]), Array(parts[index + 1]))
        }
        return values
    }
}
