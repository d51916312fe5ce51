import FoundationEssentials
import FunctionsModel

/// A moment in the form of .NET's `DateTime`, on a machine in UTC, as the host's is.
struct DotNetDateTime: Equatable {
    /// The suffix of the time: nothing, `Z` or `+00:00`.
    enum Zone: String { case none = "", utc = "Z", offset = "+00:00" }

    /// In units of 100 ns, since 1970.
    private let ticks: Int64
    private let zone: Zone

    private static let ticksPerSecond: Int64 = 10_000_000

    /// The years 1 to 9999, in seconds since 1970.
    private static let seconds: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// A date outside .NET's range becomes the nearest one in it: a clock or a file system may report anything.
    init(_ date: Date, zone: Zone) {
        let seconds = date.timeIntervalSinceReferenceDate.rounded(.down)
        let fraction = date.timeIntervalSinceReferenceDate - seconds
        let since1970 = seconds + Date.timeIntervalBetween1970AndReferenceDate
        let bounds = Self.seconds
        if since1970 < Double(bounds.lowerBound) {
            ticks = bounds.lowerBound * Self.ticksPerSecond
        } else if since1970 <= Double(bounds.upperBound) {
            ticks = Int64(since1970) * Self.ticksPerSecond + Int64((fraction * Double(Self.ticksPerSecond)).rounded())
        } else {
            ticks = bounds.upperBound * Self.ticksPerSecond + Self.ticksPerSecond - 1
        }
        self.zone = zone
    }

    /// Reads a text that Newtonsoft.Json takes for a date-time; nil for all others, which stay texts.
    init?(json text: String) {
        var reader = DateReader(rest: text.utf8[...])
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T"), let hour = reader.number(2), reader.skip(":"),
            let minute = reader.number(2), reader.skip(":"), let second = reader.number(2),
            year > 0, 1...12 ~= month, 1...Gregorian.days(in: month, of: year) ~= day, hour < 24, minute < 60,
            second < 60,
            let fraction = reader.fraction(), let zone = reader.zone(), reader.rest.isEmpty
        else { return nil }
        let minutes = (Self.dayNumber(year, month, day) * 24 + hour) * 60 + minute - (zone.minutes ?? 0)
        ticks = Int64(minutes * 60 + second) * Self.ticksPerSecond + Int64(fraction)
        self.zone = zone.isUTC ? .utc : zone.minutes == nil ? .none : .offset
    }

    /// Whether the text had an offset from UTC.
    var hasZone: Bool { zone != .none }

    /// nil outside .NET's years, which an offset from UTC can cause.
    var date: Date? {
        guard Self.seconds.contains(wholeSeconds) else { return nil }
        let fraction = Double(ticks - wholeSeconds * Self.ticksPerSecond) / Double(Self.ticksPerSecond)
        let since1970 = Double(wholeSeconds) - Date.timeIntervalBetween1970AndReferenceDate
        return Date(timeIntervalSinceReferenceDate: since1970 + fraction)
    }

    /// `2026-03-01T10:20:30.1234567Z`, with trailing zeros of the fraction removed.
    var isoText: String {
        let fraction = ticks - wholeSeconds * Self.ticksPerSecond
        guard fraction > 0 else { return isoSeconds + zone.rawValue }
        var digits = Self.padded(Int(fraction), 7)
        while digits.last == "0" { digits.removeLast() }
        return isoSeconds + "." + digits + zone.rawValue
    }

    /// `2026-03-01T10:20:30Z`.
    var isoTextWithoutFraction: String { isoSeconds + zone.rawValue }

    /// `03/01/2026 10:20:30`.
    var cultureText: String {
        let (year, month, day) = calendarDate
        return "\(Self.padded(month, 2))/\(Self.padded(day, 2))/\(Self.padded(year, 4)) \(time)"
    }

    private var isoSeconds: String {
        let (year, month, day) = calendarDate
        return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))T\(time)"
    }

    private var time: String {
        let second = Int(wholeSeconds - wholeDays * 86_400)
        return [second / 3600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }.joined(separator: ":")
    }

    private var wholeSeconds: Int64 { Self.floor(ticks, Self.ticksPerSecond) }
    private var wholeDays: Int64 { Self.floor(wholeSeconds, 86_400) }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// The Gregorian calendar, with years that begin in March, so that the leap day comes last.
extension DotNetDateTime {
    /// Days since 1970-01-01.
    private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let marchYear = month > 2 ? year : year - 1
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468
    }

    private var calendarDate: (year: Int, month: Int, day: Int) {
        let days = Int(wholeDays) + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let year = era * 400 + yearOfEra + (month >= 10 ? 1 : 0)
        return (year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
    }
}

private struct DateReader {
    var rest: Substring.UTF8View

    mutating func skip(_ wanted: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: wanted) else { return false }
        rest.removeFirst()
        return true
    }

    /// Reads exactly `count` digits.
    mutating func number(_ count: Int) -> Int? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
        rest.removeFirst(count)
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// In ticks; 0 if there is none, nil if it is too long or has no digit.
    mutating func fraction() -> Int? {
        guard skip(".") else { return 0 }
        let count = rest.prefix { $0 &- 0x30 < 10 }.count
        guard 1...7 ~= count, let digits = number(count) else { return nil }
        return (count..<7).reduce(digits) { product, _ in product * 10 }
    }

    /// Nothing, `Z`, `+02`, `+02:00` or `+0200`.
    mutating func zone() -> (minutes: Int?, isUTC: Bool)? {
        if rest.isEmpty { return (nil, false) }
        if skip("Z") || skip("z") { return (nil, true) }
        let isWest = rest.first == UInt8(ascii: "-")
        guard skip("+") || skip("-"), let hours = number(2) else { return nil }
        var minutes = hours * 60
        if !rest.isEmpty {
            _ = skip(":")
            guard let more = number(2) else { return nil }
            minutes += more
        }
        return (isWest ? -minutes : minutes, false)
    }
}
