import JSON

/// A text in which every `%NAME%` is replaced by the app setting. A name without a setting stays.
struct SettingReferences {
    private(set) var text: String
    /// The first name without a setting.
    private(set) var unset: String?

    init(in written: String, _ settings: [String: String]) {
        let parts = written.split(separator: "%", omittingEmptySubsequences: false)
        text = String(parts[0])
        var index = 1
        while index < parts.count {
            if index + 1 < parts.count, let setting = settings[String(parts[index])] {
                text += setting + parts[index + 1]
                index += 2
            } else {
                if index + 1 < parts.count, unset == nil { unset = String(parts[index]) }
                text += "%" + parts[index]
                index += 1
            }
        }
    }
}

extension JSONTree {
    /// Returns this tree with the references in its texts replaced.
    func resolvingSettings(_ settings: [String: String]) -> JSONTree {
        switch value {
        case .string(let text) where text.contains("%"):
            return JSONTree(.string(SettingReferences(in: text, settings).text), at: place)
        case .array(let elements):
            return JSONTree(.array(elements.map { $0.resolvingSettings(settings) }), at: place)
        case .object(let members):
            return JSONTree(
                .object(
                    members.map { Member(name: $0.name, tree: $0.tree.resolvingSettings(settings), place: $0.place) }),
                at: place)
        default: return self
        }
    }

    /// The app settings that are not set, by the name, in lower case, of the member that needs one.
    func unsetSettings(_ settings: [String: String]) -> [String: String] {
        var unset: [String: String] = [:]
        for member in members ?? [] {
            guard let text = member.tree.string, text.contains("%") else { continue }
            unset[member.name.lowercased()] = SettingReferences(in: text, settings).unset
        }
        return unset
    }
}
