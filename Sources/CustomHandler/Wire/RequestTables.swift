import FoundationEssentials
import FunctionsModel
import HTTP
import HTTP1
import Lua

/// The tables of a caller's own request, which are filled on first access. All of them are made from one source: a
/// block that holds the head of the request, the body as value 1, and a table of the route's parameters as value 2.
struct RequestTables {
    /// The filler of the request itself. Its place is 1 if the request was proxied, else 0.
    let request: TableFiller
    let metadata: TableFiller

    static let body = 1
    static let params = 2

    init(_ stack: LuaStack, _ scope: FunctionVM.Scope) {
        let query = stack.makeFiller { stack, table, _ in
            for (name, values) in Self.namedQuery(at: -1, of: stack).entries {
                stack.push(name)
                stack.push(values.joinedValues)
                stack.setPair(of: table)
            }
        }
        let headers = stack.makeFiller { stack, table, _ in
            for (name, values) in Self.namedHeaders(at: -1, of: stack).entries {
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
        let identities = stack.makeFiller { stack, table, _ in
            stack.push(Self.anonymous)
            let text = stack.count
            // The text is part of luafunc, so it is valid JSON.
            try? stack.pushJSON(at: text)
            stack.setElement(1, of: table)
            stack.markArray(at: table)
        }
        metadata = stack.makeLongFiller { stack, table, _ in
            let filling = MetadataFilling(table, of: stack, function: scope.function.name, at: scope.clock.time)
            return { stack throws(LuaError) in try filling.advance(stack) }
        }
        request = stack.makeFiller(find: { Self.find($1, of: $0, scope) }) { stack, table, place in
            let source = stack.count
            func set(_ field: StaticString, _ push: () -> Void) {
                push()
                stack.setField(field, of: table)
            }
            set("Url") { Self.pushURL(place, of: stack) }
            set("Method") { Self.pushMethod(of: stack) }
            set("Query") { stack.pushDeferred(query, place: 0, source: source) }
            set("Headers") { stack.pushDeferred(headers, place: 0, source: source) }
            set("Params") { if stack.pushBlockValue(Self.params, of: source) != .table { stack.pushTable() } }
            set("Identities") { stack.pushDeferred(identities, place: 0, source: source) }
            set("Body") { stack.pushBlockValue(Self.body, of: source) }
            if let metatables = scope.metatables { stack.setMetatable(at: table, metatables.request) }
        }
    }

    /// Finds the member of a request that is named at index 2. The request's block is on top.
    private static func find(_ place: Int, of stack: LuaStack, _ scope: FunctionVM.Scope) -> Field {
        // The names of all methods begin with a small letter, those of all members with a capital letter.
        guard stack.withBytes(at: 2, { $0.byteCount > 0 && $0[0] < UInt8(ascii: "a") }) == true else {
            return RequestMethods.find(on: stack, scope)
        }
        if stack.isString(at: 2, "Url") {
            pushURL(place, of: stack)
        } else if stack.isString(at: 2, "Method") {
            pushMethod(of: stack)
        } else if stack.isString(at: 2, "Body") {
            stack.pushBlockValue(body, of: -1)
        } else {
            return .unclear
        }
        return .value
    }

    /// Pushes the URL that the caller requested. The request's block is on top. [+1]
    private static func pushURL(_ place: Int, of stack: LuaStack) {
        // The head was parsed before.
        let request = stack.withBlock(at: -1) { try? HTTPRequest(head: $0) }
        stack.push(bytes: request.flatMap(\.self)?.url(isProxied: place == 1) ?? [])
    }

    private static func pushMethod(of stack: LuaStack) {
        _ = stack.withBlock(at: -1) { head in
            var end = 0
            while end < head.byteCount, head[end] != 0x20 { end += 1 }
            stack.push(bytes: head.extracting(0..<end))
        }
    }

    /// The range of the target in the first line of a head.
    static func target(of head: RawSpan) -> Range<Int> {
        var start = 0
        while start < head.byteCount, head[start] != 0x20 { start += 1 }
        start = min(start + 1, head.byteCount)
        var end = start
        while end < head.byteCount, head[end] != 0x20 { end += 1 }
        return start..<end
    }

    /// The identity that the host writes if the caller has not signed in. The host does not forward the caller's real
    /// identity.
    private static let anonymous = """
        {"AuthenticationType":null,"IsAuthenticated":false,"Actor":null,"BootstrapContext":null,"Claims":[],"Label":null,\
        "Name":null,"NameClaimType":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",\
        "RoleClaimType":"http://schemas.microsoft.com/ws/2008/06/identity/claims/role"}
        """

    // MARK: Sources

    /// The query fields of the request whose block is at `index`.
    static func namedQuery(at index: Int, of stack: LuaStack) -> CaselessDictionary<[String]> {
        let query = stack.withBlock(at: index) { head in
            let target = head.extracting(target(of: head)).withUnsafeBytes { Array($0) }
            return String(decoding: target.drop { $0 != UInt8(ascii: "?") }.dropFirst(), as: UTF8.self)
        }
        return HTTPQuery.values(in: query ?? "")
    }

    static func namedHeaders(at index: Int, of stack: LuaStack) -> NamedValues {
        named(headers: stack.withBlock(at: index) { $0.withUnsafeBytes { Array($0) } } ?? [])
    }

    /// - Parameter head: the head of a request, including its first line. It was checked when the request was read.
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
