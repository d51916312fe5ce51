/// A dictionary like .NET's with `StringComparer.OrdinalIgnoreCase` (host-contract §6.3): it keeps the order and the case
/// of each name's first appearance.
package struct CaselessDictionary<Value: Sendable>: Sendable {
    package private(set) var entries: [(name: String, value: Value)] = []
    private var places: [[UInt8]: Int] = [:]

    package subscript(name: String) -> Value? { places[name.caseless].map { entries[$0].value } }

    package subscript(name: String, default value: Value) -> Value {
        get { self[name] ?? value }
        // Changes the value in place: a copy of a long list for each value of a name would take quadratic time.
        _modify {
            let key = name.caseless
            let place = places[key] ?? entries.count
            if place == entries.count {
                places[key] = place
                entries.append((name, value))
            }
            yield &entries[place].value
        }
    }

    /// Changes the case of a name that exists.
    package mutating func spell(_ name: String) {
        if let place = places[name.caseless] { entries[place].name = name }
    }

    /// Sets the value of a name. A name that exists keeps its place and its case.
    package mutating func set(_ name: String, _ value: Value) {
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
    package init(dictionaryLiteral elements: (String, Value)...) {
        for (name, value) in elements { set(name, value) }
    }
}

extension String {
    /// A form that is equal for two names that `OrdinalIgnoreCase` treats as the same (golden/dotnet/query).
    var caseless: [UInt8] { OrdinalCase.fold(utf8Span.span) }
}
