package import JSON

/// host.json as .NET's configuration reads it: all values are texts, and an app setting may replace each of them.
extension JSONTree {
    /// Returns this tree with the values of settings such as `AzureFunctionsJobHost__a__b`, which may use `:` for `__`,
    /// set at `a.b`.
    func overridden(by settings: [String: String]) -> JSONTree {
        let prefix = "azurefunctionsjobhost"
        let overrides = settings.filter { $0.key.lowercased().hasPrefix(prefix) }
        return overrides.sorted { $0.key < $1.key }.reduce(self) { tree, setting in
            let path = setting.key.split(separator: "__").flatMap { $0.split(separator: ":") }
            // .NET's configuration has no limit, but nothing in host.json is nested so deeply.
            guard 2...64 ~= path.count, path.first?.lowercased() == prefix else { return tree }
            return tree.setting(path.dropFirst(), to: .string(setting.value))
        }
    }

    /// Returns this tree with a value at a path, whose names ignore case.
    package func setting(_ path: ArraySlice<Substring>, to value: Value) -> JSONTree {
        guard let name = path.first else { return JSONTree(value, at: place) }
        // .NET's configuration names array elements by their index.
        if let number = Int(name), number >= 0, members?.isEmpty ?? true {
            var elements = self.elements ?? []
            let element = JSONTree(.null, at: place).setting(path.dropFirst(), to: value)
            if number < elements.count { elements[number] = element } else { elements.append(element) }
            return JSONTree(.array(elements), at: place)
        }
        var members = self.members ?? []
        let index = members.lastIndex { $0.name.lowercased() == name.lowercased() }
        let old = index.map { members[$0].tree } ?? JSONTree(.object([]), at: place)
        let spelling = index.map { members[$0].name } ?? String(name)
        let member = Member(
            name: spelling, tree: old.setting(path.dropFirst(), to: value), place: index.map { members[$0].place })
        if let index { members[index] = member } else { members.append(member) }
        return JSONTree(.object(members), at: place)
    }

    /// The text that .NET's configuration makes of a value; nil for an array or an object.
    var configured: String? {
        switch value {
        case .null: ""
        case .string(let text): text
        case .boolean(let truth): truth ? "True" : "False"
        case .integer(let number): String(number)
        case .double(let number): number.dotNetText
        case .array, .object: nil
        }
    }

    /// True or false, also as a text, because an app setting can hold only text.
    package var flag: Bool? { boolean ?? string.flatMap { Bool($0.trimmed.lowercased()) } }

    /// A list of texts in host.json; nil if it is absent.
    func texts(_ name: String, _ what: String) throws(Problem) -> [String]? {
        guard let list = member(anyCase: name), list.value != .null else { return nil }
        guard let elements = list.elements, elements.allSatisfy({ $0.string != nil }) else {
            throw Problem("host.json", at: list.place, "\"\(name)\" must be an array of \(what)")
        }
        return elements.compactMap(\.string)
    }
}
