import MCP
import Testing

@Suite struct HeaderTests {
    @Test(arguments: [
        ("Hello", "Hello"), ("=?base64?SGVsbG8=?=", "Hello"), ("=?base64?SsO2cmc=?=", "Jörg"), ("=?base64??=", ""),
        ("=?base64?SGVsbG8?=", nil), ("=?base64?SGVs!!!bG8=?=", nil), ("=?base64?SGVsbG9=?=", nil),
        ("=?base64?SGVsbG8==?=", nil), ("=?base64?/w==?=", nil), ("=?base64?SGVsbG8=", "=?base64?SGVsbG8="),
        ("SGVsbG8=?=", "SGVsbG8=?="), ("=?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?="), ("=?base64?=", "=?base64?="),
    ])
    func `a sentinel is decoded strictly, and anything else is itself`(value: String, text: String?) {
        #expect(Sentinel.decode(value) == text)
    }

    @Test(arguments: [
        ("plain text", "plain text"), ("", ""), (" x", "=?base64?IHg=?="), ("Jörg", "=?base64?SsO2cmc=?="),
        ("a\nb", "=?base64?YQpi?="), ("=?base64??=", "=?base64?PT9iYXNlNjQ/Pz0=?="),
    ])
    func `a text is encoded only where it must be`(text: String, value: String) {
        #expect(Sentinel.encode(text) == value)
        #expect(Sentinel.decode(value) == text)
    }

    @Test(arguments: [
        (" eu\t", ParameterHeader.Value.string("eu"), true), ("EU", .string("eu"), false),
        ("=?base64?SsO2cmc=?=", .string("Jörg"), true), ("=?base64?x?=", .string("=?base64?x?="), false),
        ("42", .integer(42), true), ("42.0", .integer(42), true), ("4.2e1", .integer(42), true),
        ("43", .integer(42), false), ("", .integer(0), false), ("0x2a", .integer(42), false),
        ("9007199254740993", .integer(9_007_199_254_740_992), false), ("nan", .number(.nan), false),
        ("inf", .number(.infinity), false), ("1.5", .number(1.5), true), ("true", .boolean(true), true),
        ("True", .boolean(true), false), ("1", .boolean(true), false),
    ])
    func `a field repeats an argument or does not`(field: String, value: ParameterHeader.Value, agrees: Bool) {
        #expect((ParameterHeader.fault("X", field, value) == nil) == agrees)
    }

    @Test func `a missing field is a fault`() {
        #expect(ParameterHeader.fault("Region", nil, .string("eu")) == "Mcp-Param-Region is missing")
    }
}
