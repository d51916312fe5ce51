import FoundationEssentials

/// A custom .NET format such as `yyyy-MM-dd`, for a time in UTC and in the invariant culture.
struct DateTimeFormat: Sendable {
    private let parts: [Part]

    private enum Part {
        case literal(Character)
        /// A letter and its number of repetitions.
        case field(Character, Int)
    }

    enum Reason: Error, Equatable {
        case oneLetter(String)
        case unfinished
        case letter(Character)
    }

    init(_ text: String) throws(Reason) {
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

    func text(of date: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let time = calendar.dateComponents(
            [.year, .month, .day, .weekday, .hour, .minute, .second, .nanosecond], from: date)
        return parts.map { part in
            switch part {
            case .literal(let character): String(character)
            case .field(let letter, let count): Self.field(letter, count, time)
            }
        }.joined()
    }

    private static func field(_ letter: Character, _ count: Int, _ time: DateComponents) -> String {
        let hour = time.hour ?? 0
        return switch letter {
        case "y": count < 3 ? digits((time.year ?? 0) % 100, count) : digits(time.year ?? 0, count)
        case "M": count < 3 ? digits(time.month ?? 0, count) : name(months[(time.month ?? 1) - 1], count)
        case "d": count < 3 ? digits(time.day ?? 0, count) : name(days[(time.weekday ?? 1) - 1], count)
        case "H": digits(hour, min(count, 2))
        case "h": digits((hour + 11) % 12 + 1, min(count, 2))
        case "m": digits(time.minute ?? 0, min(count, 2))
        case "s": digits(time.second ?? 0, min(count, 2))
        case "f": String(digits(time.nanosecond ?? 0, 9).prefix(count))
        case "t": String((hour < 12 ? "AM" : "PM").prefix(count))
        default: "Z"
        }
    }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    private static func name(_ name: String, _ count: Int) -> String { count == 3 ? String(name.prefix(3)) : name }

    private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
}

extension DateTimeFormat.Reason {
    var sentence: String {
        switch self {
        case .oneLetter(let letter): "which is the name of one of .NET's own formats; for a part alone write %\(letter)"
        case .unfinished: "which ends in the middle; close the quote, or end without \\ or %"
        case .letter(let letter): "in which '\(letter)' cannot be written here; use y M d H h m s f t K"
        }
    }
}
