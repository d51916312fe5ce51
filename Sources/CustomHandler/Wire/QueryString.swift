/// The fields of a query string, decoded, in their order.
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

/// Names in any case with their values, in the order in which the names came first: what .NET makes of headers and
/// query strings.
struct NamedValues {
    private(set) var entries: [(name: [UInt8], values: [[UInt8]])] = []

    mutating func add(_ name: [UInt8], _ value: [UInt8]) {
        if let index = entries.firstIndex(where: { Self.areEqual($0.name, name) }) {
            entries[index].values.append(value)
        } else {
            entries.append((name, [value]))
        }
    }

    static func areEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        first.count == second.count && zip(first, second).allSatisfy { lower($0) == lower($1) }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
