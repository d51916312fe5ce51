import JSON
import TestSupport
import Testing

@testable import FunctionsModel

@Suite struct TimeSpanTests {
    @Test func `the same texts are time spans as in .NET, of the same length`() throws {
        try Golden.compare("dotnet/timespan", key: { $0["in"]?.string ?? $0["inJson"]?.string ?? "" }) { row in
            var differences: [String] = []
            func expect(_ name: String, _ found: String?) {
                let wanted = row[name]?.string.flatMap { $0.contains("Exception") ? nil : $0 }
                if found != wanted { differences.append("\(name) is \(found ?? "refused")") }
            }
            let value: JSONTree.Value
            if let text = row["in"]?.string {
                let span = TimeSpan(text[...])
                expect("ticks", span.map { "\($0.ticks)" })
                expect("config", span.map { "\($0.ticks)" })
                expect("text", span?.text)
                value = .string(text)
            } else {
                value = try JSONTree.newtonsoft((row["inJson"]?.string ?? "").utf8Span.span.bytes).value
            }
            do {
                expect("json", try TimeSpan.newtonsoft(value).map { "\($0.ticks)" })
                if row["json"]?.string?.contains("Exception") == true { differences.append("json is accepted") }
            } catch {
                if row["json"]?.value == .null { differences.append("json is refused") }
                expect("json", nil)
            }
            return differences.isEmpty ? nil : differences.joined(separator: ", ")
        }
    }
}
