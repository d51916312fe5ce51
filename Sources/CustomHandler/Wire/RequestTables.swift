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
        metadata = stack.makeLongFiller { stack, table in
            let filling = MetadataFilling(table, of: stack)
            return { stack throws(LuaError) in try filling.advance(stack) }
        }
    }

    /// Who called is known to the host alone: it does not forward it. What it sends where nobody has signed in.
    private static let anonymous = """
        {"AuthenticationType":null,"IsAuthenticated":false,"Actor":null,"BootstrapContext":null,"Claims":[],"Label":null,\
        "Name":null,"NameClaimType":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",\
        "RoleClaimType":"http://schemas.microsoft.com/ws/2008/06/identity/claims/role"}
        """

    // MARK: Sources

    private static func set(_ name: [UInt8], _ value: [UInt8], in table: Int, of stack: LuaStack) {
        stack.push(bytes: name)
        stack.push(bytes: value)
        stack.setPair(of: table)
    }

    static func named(query: [UInt8]) -> NamedValues {
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
