import FunctionsModel

/// The data of a trigger's event, from which `Metadata` is made, and to which binding expressions refer.
typealias BindingData = CaselessDictionary<BindingValue>

extension BindingData {
    /// Copies the members of a text that holds a JSON object, except lists and nulls. They replace existing ones
    /// (host-contract §6.3). Any other text, and one that the host cannot read, has no members, which is not an error.
    mutating func setMembers(of text: String) {
        guard text.hasJSONBrackets, let read = try? NewtonsoftValue(json: text.trimmed, as: .parser) else { return }
        for member in read.members ?? [] {
            switch member.value {
            case .array, .null: break
            case .object: set(member.name, .json(member.value))
            case let scalar: set(member.name, .text(scalar.text))
            }
        }
    }

    /// The text of a path such as `name`, `Query.tag` or `sys.randguid`, ignoring case; nil for a missing value and for
    /// one without a text: an object, a list, bytes, a date-time.
    func text(at path: String) -> String? {
        let names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard case .json(var value) = self[names[0]] else { return nil }
        for name in names.dropFirst() {
            guard let member = value.member(anyCase: name) else { return nil }
            value = member
        }
        switch value {
        case .array, .object, .null: return nil
        case let scalar: return scalar.text
        }
    }
}
