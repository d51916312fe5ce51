import JSON

/// What a binding of one type may have in function.json, for checks. Running an app needs none of it.
///
/// The notation of the properties is a list of names. `*name` must be there, and `*a|b` one of the two. A name ends with
/// `?` for true or false, `#` for a number, `~` for any value, and otherwise stands for a text. `old=new` is the name
/// that older versions of the type have for another property.
struct BindingSchema: Sendable {
    enum Kind: Sendable { case text, flag, number, any }

    struct Property: Sendable {
        let name: String
        let kind: Kind
        /// The name in the present version.
        let newer: String?
    }

    /// The type as the documentation writes it.
    let type: String
    /// The only direction; nil if there are several.
    let direction: Binding.Direction?
    /// By name in lower case.
    private(set) var properties: [String: Property] = [:]
    /// Of each list, one property must be there.
    private(set) var needed: [[String]] = []
    /// Whether all properties of the type are listed.
    let isComplete: Bool

    init(_ type: String, _ direction: Binding.Direction?, _ notation: String, isComplete: Bool) {
        self.type = type
        self.direction = direction
        self.isComplete = isComplete
        for name in Self.common { add(name) }
        for word in notation.split(separator: " ") {
            let names = word.drop { $0 == "*" }.split(separator: "|")
            for name in names { add(name) }
            if word.first == "*" { needed.append(names.map { String($0.trimmingKind) }) }
        }
    }

    /// The properties that every binding may have.
    private static let common: [Substring] = [
        "name", "type", "direction", "dataType", "cardinality", "properties~", "supportsDeferredBinding?",
    ]

    private mutating func add(_ word: Substring) {
        let parts = word.split(separator: "=")
        let name = String(parts[0].trimmingKind)
        let kind: Kind =
            switch word.last {
            case "?": .flag
            case "#": .number
            case "~": .any
            default: parts.count == 2 ? .any : .text
            }
        properties[name.lowercased()] = Property(
            name: name, kind: kind, newer: parts.count == 2 ? String(parts[1]) : nil)
    }

    var names: [String] { properties.values.map(\.name).sorted() }

    /// The names under which a property may be written, in lower case.
    func spellings(of name: String) -> [String] {
        [name.lowercased()] + properties.filter { $0.value.newer == name }.map(\.key)
    }
}

extension Substring {
    /// The name without the sign of its kind.
    fileprivate var trimmingKind: Substring { self.prefix { $0 != "?" && $0 != "#" && $0 != "~" } }
}

extension BindingSchema.Kind {
    /// What a value must be, with its article; nil if the value is of this kind. As the host does, it accepts numbers and
    /// truth values that are written as texts, and a setting's reference for anything.
    func wanted(for tree: JSONTree) -> String? {
        switch (self, tree.value) {
        case (.any, _), (_, .null): return nil
        case (_, .string(let text)) where text.contains("%"): return nil
        case (.text, .array), (.text, .object): return "a string"
        case (.text, .boolean): return "a string"
        case (.text, _): return nil
        case (.flag, _): return tree.flag == nil ? "true or false" : nil
        case (.number, .integer), (.number, .double): return nil
        case (.number, .string(let text)): return Double(String(text.trimmed)) == nil ? "a number" : nil
        case (.number, _): return "a number"
        }
    }
}

/// The schemas of all types that Azure documents, and of those that the app may use in addition.
struct BindingSchemas: Sendable {
    /// By type in lower case.
    private let byType: [String: BindingSchema]

    init(_ types: BindingTypes) {
        let documented = DocumentedBindings.schemas
        byType = Dictionary((types.schemas + documented).map { ($0.type.lowercased(), $0) }) { first, _ in first }
    }

    subscript(type: String) -> BindingSchema? { byType[type.lowercased()] }

    /// In the order of their names.
    var all: [BindingSchema] { byType.values.sorted { $0.type < $1.type } }

    /// The known type that an unknown one probably means. Names are compared without the ending of triggers, which would
    /// make all triggers similar.
    func nearest(to type: String) -> String? {
        let ending = BindingType.ending
        func isTrigger(_ name: String) -> Bool { name.lowercased().hasSuffix(ending.lowercased()) }
        let isTriggerType = isTrigger(type)
        func stem(_ name: String) -> String { isTriggerType ? String(name.dropLast(ending.count)) : name }
        let like = byType.values.map(\.type).filter { isTrigger($0) == isTriggerType }.sorted()
        return NearestName.find(stem(type), among: like.map(stem)).map { isTriggerType ? $0 + ending : $0 }
            ?? NearestName.find(type, among: byType.values.map(\.type).sorted())
    }

    /// The properties of all types, for one that is written at the wrong type.
    var allProperties: [String] { Set(byType.values.flatMap(\.names)).sorted() }
}
