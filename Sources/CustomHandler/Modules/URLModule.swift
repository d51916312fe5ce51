import FoundationEssentials
import FunctionsModel
import HTTP
import Lua

extension Modules {
    /// The module `url`: encode, decode, parse, query.
    static func openURL(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        pushTable(
            [
                (
                    "encode",
                    { stack throws(LuaError) in
                        try Transform.run(at: 1, of: stack) { text, offset, end, output throws(LuaError) in
                            PercentEncoding.encode(text.extracting(offset..<end), into: &output.bytes)
                            return end
                        }
                    }
                ),
                (
                    "decode",
                    { stack throws(LuaError) in
                        try Transform.run(at: 1, of: stack) { text, offset, end, output throws(LuaError) in
                            var offset = offset
                            while offset < end {
                                output.bytes.append(PercentEncoding.decode(text, &offset, plusIsSpace: false))
                            }
                            return offset
                        }
                    }
                ),
                ("parse", { stack throws(LuaError) in try parse(on: stack) }),
                ("query", { stack throws(LuaError) in try query(on: stack) }),
            ], onto: stack)
    }

    /// Returns a table of the URL's parts, or nil and a reason if the text is not a URL.
    private static func parse(on stack: LuaStack) throws(LuaError) -> Int {
        let isURL = stack.withBytes(at: 1) { $0.byteCount <= limit }
        guard isURL != false, let parts = URLComponents(string: try stack.argumentText(1)) else {
            stack.pushNil()
            stack.push("not a URL" as StaticString)
            return 2
        }
        stack.pushTable(hash: 8)
        let texts: [(StaticString, String?)] = [
            ("scheme", parts.scheme), ("user", parts.user), ("password", parts.password), ("host", parts.host),
            ("path", parts.percentEncodedPath), ("query", parts.percentEncodedQuery), ("fragment", parts.fragment),
        ]
        for (name, text) in texts {
            guard let text else { continue }
            stack.push(text)
            stack.setField(name, of: -2)
        }
        if let port = parts.port {
            stack.push(Int64(port))
            stack.setField("port", of: -2)
        }
        return 1
    }

    /// The maximum length of a URL and the maximum number of fields in a query, which are also the limits of common
    /// servers.
    private static let limit = 64 << 10
    private static let fieldLimit = 1000

    /// Makes a query from a table of names and values, sorted by name.
    private static func query(on stack: LuaStack) throws(LuaError) -> Int {
        try stack.argumentTable(1)
        var fields: [(name: [UInt8], value: [UInt8])] = []
        var size = 0
        try stack.forEachPair(at: 1) { () throws(LuaError) in
            guard stack.type(at: -2) == .string else { throw .message("url.query: names must be strings") }
            for index in [-2, -1] { size += stack.withBytes(at: index) { $0.byteCount } ?? 0 }
            guard size <= limit, fields.count < fieldLimit else {
                throw .message(
                    "url.query: a query has at most \(fieldLimit) fields and \(ByteCount.text(limit)); send more in a body"
                )
            }
            let name = PercentEncoding.encode(try stack.argumentBytes(-2))
            switch stack.type(at: -1) {
            case .string: fields.append((name, PercentEncoding.encode(try stack.argumentBytes(-1))))
            case .number:
                let text = stack.numberText(at: -1) ?? ""
                fields.append((name, Array(text.utf8)))
            case .boolean: fields.append((name, Array((stack.boolean(at: -1) ? "true" : "false").utf8)))
            case let other: throw .message("url.query: a value must be text, number or boolean, not \(other.name)")
            }
        }
        fields.sort { $0.name.lexicographicallyPrecedes($1.name) }
        stack.push(
            bytes: Array(fields.map { $0.name + [UInt8(ascii: "=")] + $0.value }.joined(separator: [UInt8(ascii: "&")]))
        )
        return 1
    }
}
