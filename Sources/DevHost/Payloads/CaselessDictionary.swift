/// A dictionary as .NET's with names in any case: it keeps the order in which names first came, and their first case.
struct CaselessDictionary<Value: Sendable>: Sendable {
    private(set) var entries: [(name: String, value: Value)] = []
    private var places: [String: Int] = [:]

    subscript(name: String) -> Value? { places[name.lowercased()].map { entries[$0].value } }

    subscript(name: String, default value: Value) -> Value {
        get { self[name] ?? value }
        set { set(name, newValue) }
    }

    /// A name that is there keeps its place and its case.
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
