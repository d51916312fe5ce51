import JSON

/// Checks the keys of a JSON file, and what kind of value each has.
package struct KeyCheck {
    /// The keys of one object.
    package struct Section: Sendable {
        /// By key in lower case; the last character of a notation stands for the kind of value.
        let kinds: [String: Character]
        /// The keys as the documentation writes them.
        let names: [String]
        /// Whether the object has further keys.
        fileprivate let isOpen: Bool
    }

    package private(set) var findings: [Finding] = []
    private let file: String
    private let sections: [String: Section]

    init(_ file: String, _ sections: [String: Section]) {
        self.file = file
        self.sections = sections
    }

    /// Reads the notation of `HostSchema`.
    static func sections(_ text: String) -> [String: Section] {
        var sections: [String: Section] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            var kinds: [String: Character] = [:]
            var names: [String] = []
            for word in words.dropFirst() {
                let kind = word.last.flatMap { "?#@[{~".contains($0) ? $0 : nil }
                let name = String(kind == nil ? word : word.dropLast())
                kinds[name.lowercased()] = kind ?? " "
                names.append(name)
            }
            let isOpen = words[0].last == "+"
            sections[(isOpen ? words[0].dropLast() : words[0]).lowercased()] = Section(
                kinds: kinds, names: names, isOpen: isOpen)
        }
        return sections
    }

    /// - Parameter path: of the object, from the root, which is `.`.
    mutating func check(_ tree: JSONTree, at path: String) {
        guard let section = sections[path], let members = tree.members else { return }
        for member in members {
            let name = member.name.lowercased()
            // A comment, as many write it.
            guard name.first?.isLetter == true else { continue }
            guard let kind = section.kinds[name] else {
                report(unknown: member, section, isTop: path == ".")
                continue
            }
            check(member, kind)
            if kind == "{" { check(member.tree, at: path == "." ? name : "\(path).\(name)") }
        }
    }

    private mutating func report(unknown member: JSONTree.Member, _ section: Section, isTop: Bool) {
        // `enable…` at the top is reported as misplaced.
        if isTop, member.name.lowercased().hasPrefix("enable") { return }
        let nearest = NearestName.find(member.name, among: section.names)
        guard nearest != nil || !section.isOpen else { return }
        findings.append(
            Finding(
                .warning, .unknownKey, file, at: member.place, "\"\(member.name)\" is not a known setting",
                remedy: nearest.map { "did you mean \"\($0)\"?" } ?? "remove it; there are \(section.names.readable)"))
    }

    /// How to write a value of the kind that is needed.
    static func remedy(_ wanted: String) -> String {
        switch wanted {
        case "true or false": "write true or false without quotes"
        case "a number": "write digits, such as 16"
        case "an object": "write its members between { and }"
        case "an array": "write its elements between [ and ]"
        case "a string": "write a text in double quotes"
        default: "write hours, minutes and seconds"
        }
    }

    private mutating func check(_ member: JSONTree.Member, _ kind: Character) {
        let tree = member.tree
        func add(_ wanted: String) {
            findings.append(
                Finding(
                    .error, .wrongValue, file, at: tree.place,
                    "\"\(member.name)\" must be \(wanted), not \(tree.kind)",
                    remedy: Self.remedy(wanted)))
        }
        // .NET's configuration makes texts of all values, and an empty one counts as absent.
        guard tree.value != .null, tree.string != "", tree.string?.contains("%") != true else { return }
        switch kind {
        case "?" where tree.flag == nil: add("true or false")
        case "#" where tree.configured.flatMap({ Double($0.trimmed) }) == nil: add("a number")
        case "{" where tree.members == nil: add("an object")
        case "[" where tree.elements == nil && tree.members == nil: add("an array")
        case " " where tree.configured == nil: add("a string")
        case "@":
            guard let text = tree.configured else { return add("a time such as \"00:00:10\"") }
            let span = TimeSpan(text[...])
            if span == nil || span?.warning != nil && tree.string == nil {
                return findings.append(
                    Finding(
                        .error, .wrongValue, file, at: tree.place,
                        "\"\(member.name)\" must be a time such as \"00:00:10\", not \(text)",
                        remedy: Self.remedy("a time")))
            }
            guard let warning = span?.warning else { return }
            findings.append(Finding(.warning, .wrongValue, file, at: tree.place, "\"\(member.name)\": \(warning)"))
        default: break
        }
    }
}

extension [String] {
    /// The first names of a list, as a sentence has them.
    package var readable: String {
        count > 8 ? prefix(7).joined(separator: ", ") + " and \(count - 7) others" : joined(separator: ", ")
    }
}
