package import FoundationEssentials

/// A date and a time of day as .NET's `DateTime` holds them: ticks and a kind.
///
/// The host's machines and containers run in UTC, so a local time has the offset 0, except in an app that sets a time
/// zone.
package struct DotNetDateTime: Sendable, Equatable {
    /// `DateTimeKind`. .NET looks up the offset of a local time in the machine's time zone; this type stores it.
    package enum Kind: Sendable, Equatable {
        case unspecified
        case utc
        case local(secondsEast: Int)
    }

    /// The time that a clock shows, in units of 100 ns since the beginning of the year 1.
    package let ticks: Int
    package let kind: Kind

    static let ticksPerSecond = 10_000_000
    static let ticksPerDay = 86_400 * ticksPerSecond
    static let ticksOf1970 = 621_355_968_000_000_000

    /// The ticks of the years 1 to 9999; .NET has no others.
    package static let range = 0...3_155_378_975_999_999_999

    /// Returns nil outside the years 1 to 9999, where .NET throws.
    init?(ticks: Int, _ kind: Kind) {
        guard Self.range.contains(ticks) else { return nil }
        self.ticks = ticks
        self.kind = kind
    }

    /// Makes the nearest time in the years 1 to 9999.
    package init(nearestTicks ticks: Int, _ kind: Kind) {
        self.ticks = min(max(ticks, Self.range.lowerBound), Self.range.upperBound)
        self.kind = kind
    }

    /// - Parameter ticksOfDay: May be a whole day, for 24:00.
    init?(_ day: CivilDate, ticksOfDay: Int, _ kind: Kind) {
        self.init(ticks: day.dayNumber * Self.ticksPerDay + Self.ticksOf1970 + ticksOfDay, kind)
    }

    /// The time of a moment. One outside the years 1 to 9999 becomes the nearest in them: a clock or a file system may
    /// report anything.
    package init(_ date: Date, _ kind: Kind) {
        let seconds = date.timeIntervalSinceReferenceDate
        let whole = seconds.rounded(.down)
        let since1970 = whole + Date.timeIntervalBetween1970AndReferenceDate
        if since1970 < -62_135_596_800 {
            self.init(nearestTicks: .min, kind)
        } else if since1970 < 253_402_300_800 {
            // A Date cannot tell all times of seven decimals apart. If it is the nearest one to a time of six decimals,
            // the seventh is a rounding error.
            let microseconds = ((seconds - whole) * 1_000_000).rounded()
            let isExact = abs(seconds - whole - microseconds / 1_000_000) <= since1970.ulp / 2
            let ticks = isExact ? microseconds * 10 : ((seconds - whole) * Double(Self.ticksPerSecond)).rounded()
            let wall = Int(since1970) + kind.secondsEast
            self.init(nearestTicks: wall * Self.ticksPerSecond + Int(ticks) + Self.ticksOf1970, kind)
        } else {
            self.init(nearestTicks: .max, kind)
        }
    }

    /// The moment. A time of unspecified kind counts as UTC.
    package var date: Date {
        let sinceReference = Double(secondsSince1970) - Date.timeIntervalBetween1970AndReferenceDate
        return Date(timeIntervalSinceReferenceDate: sinceReference + Double(fraction) / Double(Self.ticksPerSecond))
    }

    /// The seconds of the moment, without its fraction.
    package var secondsSince1970: Int { (ticks - Self.ticksOf1970).floored(by: Self.ticksPerSecond) - kind.secondsEast }

    // MARK: Parts

    var day: CivilDate { CivilDate(dayNumber: (ticks - Self.ticksOf1970).floored(by: Self.ticksPerDay)) }
    var secondOfDay: Int { ticks % Self.ticksPerDay / Self.ticksPerSecond }
    var hour: Int { secondOfDay / 3600 }
    var minute: Int { secondOfDay / 60 % 60 }
    var second: Int { secondOfDay % 60 }
    /// The fraction of the second in ticks, that is, seven decimals.
    var fraction: Int { ticks % Self.ticksPerSecond }
}

extension DotNetDateTime.Kind {
    var secondsEast: Int { if case .local(let seconds) = self { seconds } else { 0 } }

    /// The suffix of a time in ISO 8601: nothing, `Z` or `+00:00`.
    var isoSuffix: String {
        switch self {
        case .unspecified: ""
        case .utc: "Z"
        case .local: offset(digits: 3)
        }
    }

    /// The offset with one or two digits of the hour, or with three, `+01:00`.
    func offset(digits: Int) -> String {
        (secondsEast < 0 ? "-" : "+") + (abs(secondsEast) / 3600).padded(min(digits, 2))
            + (digits > 2 ? ":" + (abs(secondsEast) / 60 % 60).padded(2) : "")
    }
}

extension DotNetDateTime {
    /// What Newtonsoft writes into JSON: `2026-03-01T10:20:30.12Z`, without zeros at the end of the fraction
    /// (golden/dotnet/dates, `serialized`).
    package var isoText: String {
        guard fraction > 0 else { return isoText(decimals: 0) }
        var decimals = 7
        var rest = fraction
        while rest % 10 == 0 {
            rest /= 10
            decimals -= 1
        }
        return isoText(decimals: decimals)
    }

    /// The same with exactly this many decimals, truncated. Times in payloads have none (host-contract §6.2).
    package func isoText(decimals: Int) -> String {
        "\(day.year.padded(4))-\(day.month.padded(2))-\(day.day.padded(2))T\(clock)"
            + (decimals > 0 ? ".\(fraction.padded(7).prefix(decimals))" : "") + kind.isoSuffix
    }

    /// `DateTime.ToString()` in the invariant culture: `03/01/2026 10:20:30` (golden/dotnet/dates, `text`).
    package var cultureText: String {
        "\(day.month.padded(2))/\(day.day.padded(2))/\(day.year.padded(4)) \(clock)"
    }

    private var clock: String { "\(hour.padded(2)):\(minute.padded(2)):\(second.padded(2))" }
}
