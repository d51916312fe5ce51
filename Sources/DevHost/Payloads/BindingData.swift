import FunctionsModel

/// The data of a trigger's event, from which `Metadata` is made, and to which binding expressions refer.
typealias BindingData = CaselessDictionary<BindingValue>

extension BindingData {
    /// Copies the members of a text that holds a JSON object, except lists and nulls. They replace existing ones
    /// (host-contract §6.3). Any other text, and one that the host cannot read, has no members, which is not an error.
    ///
    /// - Parameter zone: The host's, in which it holds dates.
    mutating func setMembers(of text: String, _ zone: HostZone = .utc) {
        guard text.hasJSONBrackets, let read = try? NewtonsoftValue(json: text.trimmed, as: .parser, zone: zone) else {
            return
        }
        for member in read.members ?? [] {
            switch member.value {
            case .array, .null: break
            case .object: set(member.name, .json(member.value))
            case let scalar: set(member.name, .text(scalar.text))
            }
        }
    }

    /// The value of a path such as `name`, `Query.tag` or `sys.randguid`; nil if it is missing. Case counts only in the
    /// names of headers (golden/dotnet/bindingtemplates). A value for which the host has no text is an empty one.
    func value(at path: String) -> BindingExpression.Value? {
        let names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let rest = names.dropFirst()
        switch self[names[0]] {
        case nil: return nil
        case .dateTime(let date) where rest.isEmpty: return .time(DotNetDateTime(date, .utc))
        case .json(.boolean) where rest.isEmpty: return .text("")
        case .json(var value):
            for name in rest {
                let named = value.members?.last { $0.name == name }?.value
                let found = names[0].lowercased() == "headers" ? named : value.member(anyCase: name)
                guard let member = value.string?.property(name) ?? found else { return nil }
                value = member
            }
            return .text(value.elements == nil && value.members == nil ? value.text : "")
        case .bytes, .dateTime, .dateTimeOffset: return rest.isEmpty ? .text("") : nil
        }
    }
}

extension String {
    /// .NET's strings have one property.
    fileprivate func property(_ name: String) -> NewtonsoftValue? {
        name.lowercased() == "length" ? .integer(Int64(utf16.count)) : nil
    }
}
