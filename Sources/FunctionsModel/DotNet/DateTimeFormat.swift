/// A format of `DateTime.ToString`, such as `yyyy-MM-dd`, in the invariant culture (golden/dotnet/datetimeformats).
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
        case fraction
    }

    package init(_ text: String) throws(Reason) {
        if text.count <= 1 {
            guard let pattern = Self.standard[text] else { throw .oneLetter(text) }
            parts = try Self.parts(pattern[...])
        } else {
            parts = try Self.parts(text[...])
        }
    }

    /// The format in an expression of a binding, such as `{datetime:yyyy}`. A blank one is ISO 8601 without colons.
    package init(host text: String) throws(Reason) {
        try self.init(text.trimmed.isEmpty ? "yyyy-MM-ddTHH-mm-ssK" : text)
    }

    private static let standard = [
        "d": "MM/dd/yyyy", "D": "dddd, dd MMMM yyyy", "f": "dddd, dd MMMM yyyy HH:mm",
        "F": "dddd, dd MMMM yyyy HH:mm:ss", "g": "MM/dd/yyyy HH:mm", "G": "MM/dd/yyyy HH:mm:ss", "m": "MMMM dd",
        "M": "MMMM dd", "o": "yyyy-MM-ddTHH:mm:ss.fffffffK", "O": "yyyy-MM-ddTHH:mm:ss.fffffffK",
        "r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'", "R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'", "s": "yyyy-MM-ddTHH:mm:ss",
        "t": "HH:mm", "T": "HH:mm:ss", "u": "yyyy-MM-dd HH:mm:ss'Z'", "U": "dddd, dd MMMM yyyy HH:mm:ss",
        "y": "yyyy MMMM", "Y": "yyyy MMMM",
    ]

    private static func parts(_ text: Substring) throws(Reason) -> [Part] {
        var parts: [Part] = []
        var rest = text
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
            case "%": guard let next = rest.first, next != "%" else { throw .unfinished }
            case "y", "M", "d", "H", "h", "m", "s", "f", "F", "t", "z", "g", "K":
                let same = rest.prefix { $0 == first && $0 != "K" }
                if first == "f" || first == "F", same.count > 6 { throw .fraction }
                parts.append(.field(first, same.count + 1))
                rest = rest[same.endIndex...]
            default: parts.append(.literal(first))
            }
        }
        return parts
    }

    package func text(of time: DotNetDateTime) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let character): text.append(character)
            case .field("F", let count):
                var digits = time.fraction.padded(7).prefix(count)
                while digits.last == "0" { digits.removeLast() }
                // Without digits, the point before them goes too.
                if digits.isEmpty, text.last == "." { text.removeLast() }
                text += digits
            case .field(let letter, let count): text += Self.field(letter, count, time)
            }
        }
        return text
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
        case "g": "A.D."
        case "z": time.kind.offset(digits: count)
        default: time.kind.isoSuffix
        }
    }

    private static func name(_ name: String, _ count: Int) -> String { count == 3 ? String(name.prefix(3)) : name }
}

extension DateTimeFormat.Reason {
    package var sentence: String {
        switch self {
        case .oneLetter(let letter): "which is the name of no format of .NET; for a part alone write %\(letter)"
        case .unfinished: "which ends in the middle; close the quote, or end without \\ or %"
        case .fraction: "in which a fraction has more than seven digits"
        }
    }
}
