import Lua

/// Converts the member `cookies = { { name =, value =, path =, domain =, expires =, maxAge =, secure =, httpOnly =,
/// sameSite = }, … }` of an HTTP response to values of `Set-Cookie` headers (RFC 6265 §4.1).
enum SetCookie {
    private static let members = [
        "name", "value", "path", "domain", "expires", "maxAge", "secure", "httpOnly", "sameSite",
    ]

    /// - Parameter list: the stack index of the member `cookies`. [0]
    static func values(at list: Int, on stack: LuaStack, place: Place) throws(OutputError) -> [String] {
        let level = stack.count
        defer { stack.setCount(level) }
        guard stack.type(at: list) == .table else {
            throw .notATable("\(place).cookies", got: stack.type(at: list).name)
        }
        stack.expandDeferred(at: list)
        var pairs = 0
        stack.forEachPair(at: list) { () throws(Never) in pairs += 1 }
        guard pairs == stack.length(at: list) else {
            throw .lost(place.member("cookies"), "this must be a list of cookies: { { name = \"a\", value = \"1\" } }")
        }
        var values: [String] = []
        for position in 0..<stack.length(at: list) {
            let place = place.member("cookies").element(position + 1)
            stack.pushElement(position + 1, of: list)
            guard stack.type(at: -1) == .table else { throw .notATable("\(place)", got: stack.type(at: -1).name) }
            stack.expandDeferred(at: -1)
            values.append(try value(of: stack.count, on: stack, place: place))
            stack.pop()
        }
        return values
    }

    private static func value(of index: Int, on stack: LuaStack, place: Place) throws(OutputError) -> String {
        var fields: [String: String] = [:]
        try stack.forEachPair(at: index) { () throws(OutputError) in
            let name = stack.messageText(at: -2) ?? "\(stack.integer(at: -2) ?? 0)"
            guard members.contains(name) else { throw .unknownMember(name, of: "\(place)", allowed: members) }
            switch stack.type(at: -1) {
            case .string: fields[name] = stack.string(at: -1)
            case .number: fields[name] = stack.numberText(at: -1)
            case .boolean: fields[name] = stack.boolean(at: -1) ? "" : nil
            case let type:
                throw .lost(
                    place.member(name), "this must be text, a number or a boolean, not a \(type.name)")
            }
            let isPlain = fields[name]?.utf8.allSatisfy { $0 > 0x1f && $0 != 0x7f && $0 != UInt8(ascii: ";") } ?? true
            guard isPlain else {
                throw .lost(
                    place.member(name), "a cookie cannot contain ';', line breaks or control characters; encode it")
            }
        }
        guard let name = fields["name"], !name.isEmpty, !name.contains("="), let value = fields["value"] else {
            throw .lost(place, "a cookie needs a name (without '=') and a value")
        }
        let attributes = [
            ("path", "Path"), ("domain", "Domain"), ("expires", "Expires"), ("maxAge", "Max-Age"),
            ("sameSite", "SameSite"),
        ].compactMap { key, word in fields[key].map { "\(word)=\($0)" } }
        let flags = [("secure", "Secure"), ("httpOnly", "HttpOnly")].compactMap { key, word in
            fields[key].map { _ in word }
        }
        return (["\(name)=\(value)"] + attributes + flags).joined(separator: "; ")
    }
}
