import FoundationEssentials

/// The rules by which .NET reads a date-time. There are several, and they differ.
extension DotNetDateTime {
    /// Newtonsoft's rule for a string in JSON (`DateParseHandling.DateTime`, its default): `2026-03-01T10:20:30`, with a
    /// fraction or a zone, and `/Date(0)/`; no date alone, no other spelling. Answers, and JSON in messages, are read by
    /// it (host-contract §6.3, §9.3 b; golden/dotnet/dates).
    ///
    /// nil for any other text, which stays a text. Throws for a time outside the years 1 to 9999: Newtonsoft then refuses
    /// the whole JSON text.
    ///
    /// - Parameter zone: The host's, in which a time with an offset is held.
    package init?(newtonsoft text: String, _ zone: HostZone = .utc) throws(DateTimeOutOfRange) {
        guard let value = try NewtonsoftDateReader.read(text, zone) else { return nil }
        self = value
    }

    /// `new Date(…)` in JSON: milliseconds since 1970, or the year, the month from 0, and up to five more numbers.
    init?(constructor numbers: [Int]) {
        if numbers.count == 1 {
            self.init(ticks: numbers[0] &* 10_000 &+ Self.ticksOf1970, .utc)
            return
        }
        guard 2...7 ~= numbers.count else { return nil }
        let parts = numbers + Array(repeating: 0, count: 7 - numbers.count)
        let date = CivilDate(year: parts[0], month: parts[1] &+ 1, day: parts[2] == 0 ? 1 : parts[2])
        guard 1...9999 ~= date.year, 1...12 ~= date.month, 1...date.daysInMonth ~= date.day, 0..<24 ~= parts[3],
            0..<60 ~= parts[4], 0..<60 ~= parts[5], 0..<1000 ~= parts[6]
        else { return nil }
        let seconds = (parts[3] * 60 + parts[4]) * 60 + parts[5]
        self.init(date, ticksOfDay: seconds * Self.ticksPerSecond + parts[6] * 10_000, .unspecified)
    }

    /// Converts a time in UTC to the host's zone. One beyond the years 1 to 9999 becomes the nearest in them.
    init(utcTicks ticks: Int, in zone: HostZone) {
        let seconds = (ticks - Self.ticksOf1970).floored(by: Self.ticksPerSecond)
        // Newtonsoft takes a time that is not even in range in UTC for the time that the zone's clocks show.
        let offset = Self.range.contains(ticks) ? zone.offset(at: seconds) : zone.offset(atWall: seconds)
        self.init(nearestTicks: ticks + offset * Self.ticksPerSecond, .local(secondsEast: offset))
    }

    /// The rule of `DateTime.TryParse` in the invariant culture, which takes what people write: the route constraint
    /// `datetime` (host-contract §12; golden/dotnet/routes, `c/{v:datetime}`).
    ///
    /// - Parameters:
    ///   - text: In UTF-8.
    ///   - today: The day of a text that has only a time, and the year of one that has none.
    init?(tryParse text: Span<UInt8>, today: CivilDate = DotNetDateTime(Date(), .utc).day) {
        guard let value = DateTimeParser.parse(text, today: today) else { return nil }
        self = value
    }
}

/// Newtonsoft parses the text as a date-time, but .NET cannot hold it.
package struct DateTimeOutOfRange: Error, Equatable {
    package let text: String
}
