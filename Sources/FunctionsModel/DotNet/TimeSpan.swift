import JSON

/// A time span as .NET's `TimeSpan.Parse` reads it (golden/dotnet/timespan): `d`, `hh:mm`, `hh:mm:ss`, `d.hh:mm` or
/// `d.hh:mm:ss`, with a fraction of the second, a colon after the days, or a minus in front.
public struct TimeSpan: Sendable, Equatable {
    /// In units of 100 ns.
    public let ticks: Int64
    /// A warning if the text means another time span than it seems to mean.
    public let warning: String?

    public var seconds: Double { Double(ticks) / Double(Self.ticksPerSecond) }

    public var duration: Duration {
        let (seconds, rest) = ticks.quotientAndRemainder(dividingBy: Self.ticksPerSecond)
        return Duration(secondsComponent: seconds, attosecondsComponent: rest * 100_000_000_000)
    }

    private static let ticksPerSecond: Int64 = 10_000_000

    /// Returns nil for a text that .NET refuses.
    public init?(_ text: Substring) {
        let trimmed = text.trimmed
        let isNegative = trimmed.hasPrefix("-")
        let body = trimmed.dropFirst(isNegative ? 1 : 0)
        var parts = body.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "." }
        var separators = String(body.filter { $0 == ":" || $0 == "." })
        var fraction = 0
        if separators.hasSuffix("::."), let digits = parts.popLast() {
            guard let read = Self.fraction(digits) else { return nil }
            fraction = read
            // The seconds may be left out before a fraction.
            if parts.last == "" { parts[parts.count - 1] = "0" }
            separators.removeLast()
        }
        let read = parts.compactMap(Self.number)
        guard read.count == parts.count, let first = read.first else { return nil }
        // If the hours are too large, .NET reads the first number as days.
        let isDays = separators == "::" && first > 23 && body.count { $0 == "." } == 0
        let numbers: [Int]
        switch separators {
        case "": numbers = read + [0, 0, 0]
        case ":": numbers = [0] + read + [0]
        case "::" where isDays, ".:": numbers = read + [0]
        case "::": numbers = [0] + read
        case ".::", ":::": numbers = read
        default: return nil
        }
        guard numbers[0] <= 10_675_199, numbers[1] <= 23, numbers[2] <= 59, numbers[3] <= 59 else { return nil }
        let whole = ((numbers[0] * 24 + numbers[1]) * 60 + numbers[2]) * 60 + numbers[3]
        let magnitude = UInt64(whole) * UInt64(Self.ticksPerSecond) + UInt64(fraction)
        guard magnitude <= (isNegative ? Int64.min.magnitude : Int64.max.magnitude) else { return nil }
        ticks = Int64(truncatingIfNeeded: isNegative ? 0 &- magnitude : magnitude)
        warning =
            if isDays {
                "'\(text)' means \(first) days, not \(first) hours, because hours end at 23; for \(first) hours write "
                    + "'\(Self.text(Int64((first * 60 + read[1]) * 60 + read[2]) * Self.ticksPerSecond))'"
            } else if separators.isEmpty {
                "'\(text)' means \(first) days; if that is what you want, write '\(Self.text(ticks))'"
            } else { nil }
    }

    /// `ToString()`
    public var text: String { Self.text(ticks) }

    private static func text(_ ticks: Int64) -> String {
        let (seconds, fraction) = ticks.magnitude.quotientAndRemainder(dividingBy: Self.ticksPerSecond.magnitude)
        let days = seconds / 86_400
        let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { $0.padded(2) }.joined(separator: ":")
        return (ticks < 0 ? "-" : "") + (days > 0 ? "\(days)." : "") + clock
            + (fraction > 0 ? "." + fraction.padded(7) : "")
    }

    /// A number is limited as in .NET, but zeros in front do not count.
    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) else { return nil }
        let digits = text.drop { $0 == "0" }
        return digits.isEmpty ? 0 : digits.utf8.count <= 10 ? Int(digits) : nil
    }

    /// The ticks of a fraction. .NET accepts more than seven digits only after a zero, and rounds them.
    private static func fraction(_ digits: Substring) -> Int? {
        guard let number = number(digits) else { return nil }
        let count = number == 0 ? 0 : digits.utf8.count
        if count <= 7 { return (count..<7).reduce(number) { value, _ in value * 10 } }
        guard digits.first == "0" else { return nil }
        let divisor = (7..<count).reduce(1) { value, _ in value < 1 << 40 ? value * 10 : value }
        return (number + divisor / 2) / divisor
    }
}

extension TimeSpan {
    /// A JSON string as Newtonsoft converts it; nil if it is null or empty (`retry` in function.json).
    static func newtonsoft(_ value: JSONTree.Value) throws(Unreadable) -> TimeSpan? {
        switch value {
        case .null, .string(""): return nil
        case .string(let text):
            guard let span = TimeSpan(text[...]) else { throw Unreadable() }
            return span
        default: throw Unreadable()
        }
    }

    struct Unreadable: Error {}
}
