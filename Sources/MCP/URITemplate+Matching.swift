extension URITemplate {
    /// The values of the variables, decoded; nil if the template does not stand for this URI. Absent variables of a
    /// query are left out. The time is proportional to the length of the URI.
    package func match(_ uri: String) -> [(name: String, value: String)]? {
        let text = Array(uri.utf8)
        guard text.count <= Self.limit else { return nil }
        let ends = endings(text)
        guard ends.first?[0] ?? text.isEmpty else { return nil }
        var values: [(name: String, value: String)] = []
        var cursor = 0
        for (index, piece) in pieces.enumerated() {
            switch piece {
            case .literal(let literal): cursor += literal.count
            case .variable(let variable):
                var end = cursor
                var last = cursor
                while end < text.count, variable.takes.takes(text[end]) {
                    end += 1
                    if ends[index + 1][end] { last = end }
                }
                guard let value = Self.decode(text[cursor..<last]) else { return nil }
                values.append((variable.name, value))
                cursor = last
            case .query(let names, _):
                var found: [String: String] = [:]
                for item in text[cursor...].dropFirst().split(separator: UInt8(ascii: "&")) {
                    let (name, value) = Self.split(item)
                    guard let value = Self.decode(value) else { return nil }
                    found[String(decoding: name, as: UTF8.self)] = value
                }
                for name in names { if let value = found[name] { values.append((name, value)) } }
                cursor = text.count
            }
        }
        return values
    }

    /// For each piece, and for the end: at which places of the text it and all that follow it match the rest.
    private func endings(_ text: [UInt8]) -> [[Bool]] {
        var next = [Bool](repeating: false, count: text.count + 1)
        next[text.count] = true
        var all = [next]
        for piece in pieces.reversed() {
            var here = [Bool](repeating: false, count: text.count + 1)
            switch piece {
            case .literal(let literal):
                if literal.count <= text.count {
                    for place in 0...(text.count - literal.count) where next[place + literal.count] {
                        here[place] = text[place..<(place + literal.count)].elementsEqual(literal)
                    }
                }
            case .variable(let variable):
                for place in stride(from: text.count - 1, through: 0, by: -1) {
                    here[place] = variable.takes.takes(text[place]) && (next[place + 1] || here[place + 1])
                }
            case .query(let names, let first): here = queries(text, Set(names.map { Array($0.utf8) }), first)
            }
            all.append(here)
            next = here
        }
        return all.reversed()
    }

    /// Where a query of these names begins that reaches to the end of the text.
    private func queries(_ text: [UInt8], _ names: Set<[UInt8]>, _ first: UInt8) -> [Bool] {
        var here = [Bool](repeating: false, count: text.count + 1)
        here[text.count] = true
        let longest = names.map(\.count).max() ?? 0
        // Whether what follows the `&` at `end`, or the end of the text, consists of such variables.
        var isValid = true
        var end = text.count
        for place in stride(from: text.count - 1, through: 0, by: -1)
        where text[place] == UInt8(ascii: "&") || text[place] == first {
            let name = Self.split(text[(place + 1)..<end].prefix(longest + 1)).name
            let isItem = isValid && names.contains(Array(name))
            here[place] = text[place] == first && isItem
            // A question mark does not end a value, but the item before it is longer.
            if text[place] == UInt8(ascii: "&") {
                isValid = isItem
                end = place
            }
        }
        return here
    }

    private static func split(_ item: ArraySlice<UInt8>) -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
        guard let equals = item.firstIndex(of: UInt8(ascii: "=")) else { return (item, []) }
        return (item[..<equals], item[(equals + 1)...])
    }

    /// nil for a `%` without two digits, and for bytes that are not UTF-8.
    private static func decode(_ text: ArraySlice<UInt8>) -> String? {
        guard text.contains(UInt8(ascii: "%")) else { return String(validating: text, as: UTF8.self) }
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
