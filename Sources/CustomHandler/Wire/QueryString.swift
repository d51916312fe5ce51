import Lua

/// The decoded fields of a query string, in their order.
struct QueryString {
    struct Field {
        let name: [UInt8]
        let value: [UInt8]
    }

    let fields: [Field]

    init(_ text: [UInt8]) {
        fields = text.split(separator: UInt8(ascii: "&")).map { field in
            let name = field.prefix { $0 != UInt8(ascii: "=") }
            let value = field.dropFirst(name.count + 1)
            return Field(
                name: PercentEncoding.decode(Array(name), plusIsSpace: true),
                value: PercentEncoding.decode(Array(value), plusIsSpace: true))
        }
    }
}

extension QueryString {
    /// Calls `body` with the name and value of each field of a URL's query until it returns false. Names and values are
    /// not decoded.
    static func forEachField(of url: RawSpan, _ body: (_ name: RawSpan, _ value: RawSpan) -> Bool) {
        var start = 0
        while start < url.byteCount, url[start] != UInt8(ascii: "?") { start += 1 }
        start += 1
        while start < url.byteCount, url[start] != UInt8(ascii: "#") {
            var end = start
            var nameEnd: Int?
            while end < url.byteCount, url[end] != UInt8(ascii: "&"), url[end] != UInt8(ascii: "#") {
                if nameEnd == nil, url[end] == UInt8(ascii: "=") { nameEnd = end }
                end += 1
            }
            if end > start {
                let name = url.extracting(start..<(nameEnd ?? end))
                guard body(name, url.extracting((nameEnd.map { $0 + 1 } ?? end)..<end)) else { return }
            }
            start = end < url.byteCount && url[end] == UInt8(ascii: "&") ? end + 1 : end
        }
    }

    /// Pushes the decoded text. [+1]
    static func push(_ text: RawSpan, onto stack: LuaStack) {
        if isPlain(text) { stack.push(bytes: text) } else { stack.push(bytes: decode(text)) }
    }

    private static func isPlain(_ text: RawSpan) -> Bool {
        for index in 0..<text.byteCount where text[index] == UInt8(ascii: "%") || text[index] == UInt8(ascii: "+") {
            return false
        }
        return true
    }

    private static func decode(_ text: RawSpan) -> [UInt8] {
        PercentEncoding.decode(text.withUnsafeBytes { Array($0) }, plusIsSpace: true)
    }

    /// Whether the decoded text is this name. Decoding never makes a text longer.
    static func isName(_ text: RawSpan, _ name: RawSpan) -> Bool {
        guard text.byteCount >= name.byteCount else { return false }
        guard isPlain(text) else {
            let text = decode(text)
            return equal(text.span.bytes, name)
        }
        return equal(text, name)
    }

    private static func equal(_ text: RawSpan, _ name: RawSpan) -> Bool {
        guard text.byteCount == name.byteCount else { return false }
        for index in 0..<text.byteCount where text[index] != name[index] { return false }
        return true
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
