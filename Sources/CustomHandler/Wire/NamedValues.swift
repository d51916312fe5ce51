import FunctionsModel
import HTTP
import Lua

extension QueryString {
    /// Pushes the decoded text. An escape that is not part of UTF-8 stays as it is written, as in `req.Query`. [+1]
    static func push(_ text: RawSpan, onto stack: LuaStack) {
        if isPlain(text) { return stack.push(bytes: text) }
        let text = text.withUnsafeBytes { $0.map { $0 == UInt8(ascii: "+") ? 0x20 : $0 } }
        stack.push(bytes: EscapedText.decode(text.span))
    }
}

/// Case-insensitive names with their values, in the order of each name's first appearance, as .NET builds headers and
/// query strings.
struct NamedValues {
    private(set) var entries: [(name: [UInt8], values: [[UInt8]])] = []
    private var places: [[UInt8]: Int] = [:]

    func values(_ name: String) -> [[UInt8]]? { places[Array(name.utf8).lowercased].map { entries[$0].values } }

    mutating func add(_ name: [UInt8], _ value: [UInt8]) {
        let key = name.lowercased
        if let place = places[key] {
            entries[place].values.append(value)
        } else {
            places[key] = entries.count
            entries.append((name, [value]))
        }
    }
}

extension [UInt8] {
    /// The bytes with ASCII letters in lower case.
    var lowercased: [UInt8] {
        map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }
}
