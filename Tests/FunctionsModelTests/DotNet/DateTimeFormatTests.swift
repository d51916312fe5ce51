import JSON
import TestSupport
import Testing

@testable import FunctionsModel

@Suite struct DateTimeFormatTests {
    @Test func `a format gives the same text as in .NET, and the same formats are refused`() throws {
        let moments = try ["2026-03-01T04:05:06.7890120Z", "2026-11-25T16:45:59.0000001Z"].map {
            try #require(try DotNetDateTime(newtonsoft: $0))
        }
        try Golden.compare("dotnet/datetimeformats", key: { $0["in"]?.string ?? "(none)" }) { row in
            let format = try? DateTimeFormat(host: row["in"]?.string ?? "")
            let texts = moments.map { format?.text(of: $0) }
            return texts == [row["text"]?.string, row["text2"]?.string] ? nil : "\(texts)"
        }
    }
}
