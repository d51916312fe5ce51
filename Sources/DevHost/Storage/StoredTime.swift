import FoundationEssentials

/// A time in a file of `.luafunc`, to the millisecond and in UTC: `2026-03-01T10:20:30.000Z`. Only .NET's years, 1 to 9999,
/// can be read, so what is computed from such a time does not overflow.
enum StoredTime {
    static func text(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// Also accepts a time without a fraction, or with another offset, as a person writes it.
    static func date(_ text: String) -> Date? {
        guard let time = DotNetDateTime(json: text), time.hasZone, let date = time.date else { return nil }
        return date
    }
}
