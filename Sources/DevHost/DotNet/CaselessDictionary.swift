/// A dictionary like .NET's with `StringComparer.OrdinalIgnoreCase` (host-contract §6.3): it keeps the order and the case
/// of each name's first appearance.
struct CaselessDictionary<Value: Sendable>: Sendable {
    private(set) var entries: [(name: String, value: Value)] = []
    private var places: [String: Int] = [:]

    subscript(name: String) -> Value? { places[name.caseless].map { entries[$0].value } }

    subscript(name: String, default value: Value) -> Value {
        get { self[name] ?? value }
        set { set(name, newValue) }
    }

    /// An existing name keeps its place and its case.
    mutating func set(_ name: String, _ value: Value) {
        let key = name.caseless
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

extension String {
    /// Equal for two texts that `OrdinalIgnoreCase` takes for the same: letters are compared one by one, without language
    /// rules, and never an ASCII letter with another, so the Kelvin sign is no `k` (golden/dotnet/query).
    var caseless: String {
        if utf8.allSatisfy({ $0 < 0x80 }) { return lowercased() }
        var key = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            let other = scalar.isASCII ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
            let isLetter = other.unicodeScalars.count == 1 && other.utf8.count > 1 || scalar.isASCII
            key.append(isLetter ? other.unicodeScalars[other.unicodeScalars.startIndex] : scalar)
        }
        return String(key)
    }
}
