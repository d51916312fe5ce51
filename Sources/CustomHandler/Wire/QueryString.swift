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
    private var places: [[UInt8]: Int] = [:]

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
    /// With the letters of ASCII in lower case.
    var lowercased: [UInt8] {
        map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }
}
