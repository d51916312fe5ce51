import FoundationEssentials

/// The rules by which .NET reads a date-time. There are several, and they differ.
extension DotNetDateTime {
    /// Newtonsoft's rule for a string in JSON (`DateParseHandling.DateTime`, its default): `2026-03-01T10:20:30`, with a
    /// fraction or a zone, and `/Date(0)/`; no date alone, no other spelling. Answers, and JSON in messages, are read by
    /// it (host-contract §6.3, §9.3 b; golden/dotnet/dates).
    ///
    /// nil for any other text, which stays a text. Throws for a time outside the years 1 to 9999: Newtonsoft then refuses
    /// the whole JSON text.
    package init?(newtonsoft text: String) throws(DateTimeOutOfRange) {
        guard let value = try NewtonsoftDateReader.read(text) else { return nil }
        self = value
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

extension DateTimeOutOfRange: CustomStringConvertible {
    package var description: String { "the text '\(text)' is parsed as a date, and .NET has only the years 1 to 9999" }
}
