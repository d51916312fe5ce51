import FoundationEssentials
import Lua

/// The tables of a caller's own request that most handlers never read; they are filled on first access.
struct RequestTables {
    let query: TableFiller
    let headers: TableFiller
    let identities: TableFiller
    let metadata: TableFiller

    /// The parts that `metadata` is made of, by their position in the deferred list.
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
            // The text is luafunc's own, so it is JSON.
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
        var metadata = NamedTable(table: table, stack: stack)
        push(.body)
        fillBodyMembers(&metadata, of: stack)
        stack.pop()
        let query = named(query: bytes(.query)).entries
        for (name, values) in query where name.lowercased != Array("code".utf8) {
            metadata.set(name, values.last ?? [])
        }
        push(.params)
        stack.forEachPair(at: -1) { () throws(Never) in
            metadata.set(stack.bytes(at: -2) ?? [], stack.bytes(at: -1) ?? [])
        }
        stack.pop()
        metadata.setGroup("Query", query.map { ($0.name, $0.values.last ?? []) })
        metadata.setGroup(
            "Headers",
            named(headers: bytes(.headers)).entries.map {
                ($0.name, Array($0.values.joined(separator: Array(",".utf8))))
            })
        let now = Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        metadata.setGroup(
            "sys",
            [
                (Array("MethodName".utf8), bytes(.function)), (Array("UtcNow".utf8), Array(now.utf8)),
                (Array("RandGuid".utf8), Array(UUID().uuidString.lowercased().utf8)),
            ])
    }

    /// Copies the members of the JSON object that is the text on top, if it is one: objects as they are, all else but
    /// lists and null as text, as .NET writes it. [0]
    private static func fillBodyMembers(_ metadata: inout NamedTable, of stack: LuaStack) {
        let isObject = stack.withBytes(at: -1) { text in
            text.withUnsafeBytes { $0.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "{") }
        }
        guard isObject == true else { return }
        do throws(JSONError) {
            try stack.pushJSON(at: -1)
        } catch {
            // Any other text is no JSON, and has no members.
            if error.isLimit { stack.owner?.fault = error.isTimeLimit ? .timeLimit : .memoryLimit }
            return
        }
        defer { stack.pop() }
        stack.forEachPair(at: -1) { () throws(Never) in
            let name = stack.bytes(at: -2) ?? []
            switch stack.type(at: -1) {
            case .string: metadata.set(name, stack.bytes(at: -1) ?? [])
            case .number: metadata.set(name, Array((stack.numberText(at: -1) ?? "").utf8))
            case .boolean: metadata.set(name, Array((stack.boolean(at: -1) ? "True" : "False").utf8))
            case .table where !stack.isMarkedArray(at: -1): metadata.setTop(name)
            default: break
            }
        }
    }

    // MARK: Sources

    private static func set(_ name: [UInt8], _ value: [UInt8], in table: Int, of stack: LuaStack) {
        stack.push(bytes: name)
        stack.push(bytes: value)
        stack.setPair(of: table)
    }

    private static func named(query: [UInt8]) -> NamedValues {
        var values = NamedValues()
        for field in QueryString(query).fields { values.add(field.name, field.value) }
        return values
    }

    /// - Parameter head: the head of a request, with its first line; already checked when the request was read.
    static func named(headers head: [UInt8]) -> NamedValues {
        var values = NamedValues()
        let space: Set<UInt8> = [0x20, 0x09, 0x0d]
        for line in head.split(separator: 0x0a).dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            var value = line[(colon + 1)...].drop { space.contains($0) }
            while let last = value.last, space.contains(last) { value.removeLast() }
            values.add(Array(line[..<colon]), Array(value))
        }
        return values
    }
}

/// A table whose names differ in more than case, as in the host's dictionary.
private struct NamedTable {
    let table: Int
    let stack: LuaStack
    /// As they are written in the table, by their lower case.
    private var names: [[UInt8]: [UInt8]] = [:]

    init(table: Int, stack: LuaStack) {
        self.table = table
        self.stack = stack
    }

    /// Sets a field, in the place of one whose name differs only in case. [0]
    mutating func set(_ name: [UInt8], _ value: [UInt8]) {
        stack.push(bytes: value)
        setTop(name)
        stack.pop()
    }

    /// Sets a field to the value on top. [0]
    mutating func setTop(_ name: [UInt8]) {
        let key = name.lowercased
        stack.push(bytes: names[key] ?? name)
        if names[key] == nil { names[key] = name }
        stack.pushValue(at: -2)
        stack.setPair(of: table)
    }

    /// Sets a table of texts, unless a field of that name is there. [0]
    mutating func setGroup(_ name: String, _ fields: [(name: [UInt8], value: [UInt8])]) {
        guard names[Array(name.utf8).lowercased] == nil else { return }
        stack.pushTable(hash: fields.count)
        var group = NamedTable(table: stack.count, stack: stack)
        for field in fields { group.set(field.name, field.value) }
        setTop(Array(name.utf8))
        stack.pop()
    }
}
