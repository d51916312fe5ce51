import JSON
import Testing

@Suite struct DateTimeTextTests {
    @Test(arguments: [
        ("2024-01-01T00:00:00", true), ("2024-01-01T00:00:00Z", true), ("2024-01-01T00:00:00.123Z", true),
        ("2024-01-01T00:00:00+02:00", true), ("/Date(0)/", true),
        ("/Date(0+00" + String(repeating: "0", count: 40) + ")/", true), ("2024-01-01", false),
        ("2024-01-01 00:00:00", false),
        ("2024-01-01T00:00:00Z ", false), ("at 2024-01-01T00:00:00Z", false), ("2024-01-01T00:00:00.Z", false),
    ])
    func `texts that the host treats as dates are recognized`(_ text: String, _ isDate: Bool) {
        #expect(DateTimeText.matches(text.utf8Span.span.bytes) == isDate)
    }
}
