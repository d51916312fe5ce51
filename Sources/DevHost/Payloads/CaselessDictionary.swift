/// A dictionary like .NET's with case-insensitive names: it keeps the order and the case of each name's first
/// appearance.
struct CaselessDictionary<Value: Sendable>: Sendable {
    private(set) var entries: [(name: String, value: Value)] = []
    private var places: [String: Int] = [:]

    subscript(name: String) -> Value? { places[name.lowercased()].map { entries[$0].value } }

    subscript(name: String, default value: Value) -> Value {
        get { self[name] ?? value }
        set { set(name, newValue) }
    }

    /// An existing name keeps its place and its case.
    mutating func set(_ name: String, _ value: Value) {
        let key = name.lowercased()
        if let place = places[key] {
            entries[place].value = value
        } else {
            places[key] = entries.count
            entries.append((name, value))
        }
    }
}

extension CaselessDictionary: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral elements: (String, Value)...) {
        for (name, value) in elements { set(name, value) }
    }
}
