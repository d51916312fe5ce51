import FoundationEssentials
import FunctionsModel

/// A time in a file of `.luafunc`, to the millisecond and in UTC: `2026-03-01T10:20:30.000Z`. Only .NET's years, 1 to 9999,
/// can be read, so what is computed from such a time does not overflow.
enum StoredTime {
    static func text(_ date: Date) -> String {
        DotNetDateTime(date, .utc).isoText(decimals: 3)
    }

    /// Also accepts a time without a fraction, or with another offset, as a person writes it.
    static func date(_ text: String) -> Date? {
        // A time that .NET cannot hold is as unreadable as any other text.
        guard let time = try? DotNetDateTime(newtonsoft: text) else { return nil }
        let range = DotNetDateTime.range
        return switch time.kind {
        case .unspecified: nil
        case .utc: time.date
        // Where an offset leads out of .NET's years, Newtonsoft takes the first or last moment in them.
        case .local: time.ticks > range.lowerBound && time.ticks < range.upperBound ? time.date : nil
        }
    }
}
