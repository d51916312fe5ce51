/// A custom format of `DateTime.ToString`, such as `yyyy-MM-dd`, in the invariant culture
/// (golden/dotnet/datetimeformats). It refuses specifiers that it does not know: `F`, `g`, `z`, and .NET's own formats
/// of one letter.
package struct DateTimeFormat: Sendable {
    private let parts: [Part]

    private enum Part {
        case literal(Character)
        /// A letter and its number of repetitions.
        case field(Character, Int)
    }

    package enum Reason: Error, Equatable {
        case oneLetter(String)
        case unfinished
        case letter(Character)
    }

    package init(_ text: String) throws(Reason) {
        guard text.count > 1 else { throw .oneLetter(text) }
        var parts: [Part] = []
        var rest = text[...]
        while let first = rest.popFirst() {
            switch first {
            case "\\":
                guard let literal = rest.popFirst() else { throw .unfinished }
                parts.append(.literal(literal))
            case "'", "\"":
                guard let end = rest.firstIndex(of: first) else { throw .unfinished }
                parts += rest[..<end].map { .literal($0) }
                rest = rest[end...].dropFirst()
            // A percent sign only makes a single letter a custom format.
            case "%": guard !rest.isEmpty else { throw .unfinished }
            case "f" where rest.prefix { $0 == "f" }.count > 6, "F", "g", "z": throw .letter(first)
            case "y", "M", "d", "H", "h", "m", "s", "f", "t", "K":
                let same = rest.prefix { $0 == first && $0 != "K" }
                parts.append(.field(first, same.count + 1))
                rest = rest[same.endIndex...]
            default: parts.append(.literal(first))
            }
        }
        self.parts = parts
    }

    package func text(of time: DotNetDateTime) -> String {
        parts.map { part in
            switch part {
            case .literal(let character): String(character)
            case .field(let letter, let count): Self.field(letter, count, time)
            }
        }.joined()
    }

    private static func field(_ letter: Character, _ count: Int, _ time: DotNetDateTime) -> String {
        switch letter {
        case "y": (count < 3 ? time.day.year % 100 : time.day.year).padded(count)
        case "M": count < 3 ? time.day.month.padded(count) : name(CivilDate.monthNames[time.day.month - 1], count)
        case "d": count < 3 ? time.day.day.padded(count) : name(CivilDate.weekdayNames[time.day.dayOfWeek], count)
        case "H": time.hour.padded(min(count, 2))
        case "h": ((time.hour + 11) % 12 + 1).padded(min(count, 2))
        case "m": time.minute.padded(min(count, 2))
        case "s": time.second.padded(min(count, 2))
        case "f": String(time.fraction.padded(7).prefix(count))
        case "t": String((time.hour < 12 ? "AM" : "PM").prefix(count))
        default: time.kind.isoSuffix
        }
    }

    private static func name(_ name: String, _ count: Int) -> String { count == 3 ? String(name.prefix(3)) : name }
}

extension DateTimeFormat.Reason {
    package var sentence: String {
        switch self {
        case .oneLetter(let letter): "which is the name of one of .NET's own formats; for a part alone write %\(letter)"
        case .unfinished: "which ends in the middle; close the quote, or end without \\ or %"
        case .letter(let letter): "in which '\(letter)' cannot be written here; use y M d H h m s f t K"
        }
    }
}
