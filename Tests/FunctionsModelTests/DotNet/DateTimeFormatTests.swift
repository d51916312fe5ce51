import JSON
import Testing

@testable import FunctionsModel

@Suite struct DateTimeFormatTests {
    @Test func `a format gives the same text as in .NET, or is refused`() throws {
        let moments = try ["2026-03-01T04:05:06.7890120Z", "2026-11-25T16:45:59.0000001Z"].map {
            try #require(try DotNetDateTime(newtonsoft: $0))
        }
        var refused: [String] = []
        for row in try Golden.rows("datetimeformats") {
            // The host looks at blanks before the format does.
            guard let text = row["in"]?.string, !text.trimmed.isEmpty else { continue }
            guard let format = try? DateTimeFormat(text) else {
                if row["text"] != nil { refused.append(text) }
                continue
            }
            #expect(row["text"]?.string == format.text(of: moments[0]), "\(text)")
            #expect(row["text2"]?.string == format.text(of: moments[1]), "\(text)")
        }
        #expect(
            refused == [
                "y", "M", "d", "s", "t", "F", "%z", "%g", "FF", "FFF", "FFFFFFF", "ss.FFF", "zz", "zzz", "zzzz", "gg",
                "ggg", "O", "o", "U", "u", "T", "yyyy-MM-dd HH:mm:ss zzz",
            ])
    }
}
