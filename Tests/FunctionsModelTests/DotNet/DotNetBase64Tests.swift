import JSON
import TestSupport
import Testing

@testable import FunctionsModel

@Suite struct Base64Tests {
    @Test(
        arguments: [
            ("test", [0xb5, 0xeb, 0x2d]),
            ("", []),
            ("    ", []),
            ("QQ==", [0x41]),
            ("QR==", [0x41]),
            ("QUI=", [0x41, 0x42]),
            ("+/+/", [0xfb, 0xff, 0xbf]),
            ("d GVz\tdA\r\n==", Array("test".utf8)),
            ("Q Q = =", [0x41]),
        ] as [(String, [UInt8])])
    func `a text decodes as .NET decodes it`(_ text: String, _ bytes: [UInt8]) {
        #expect(Base64.decode(text) == bytes)
    }

    @Test(arguments: [
        "hello", "success", "OK", "order-17", "hi there", "{}aa", "a\"bc", "a:bc", "a,bc", "a.bc", "a_bc", "QQ", "Q===",
        "====", "QQ=A", "QQ==QQ==", "=QQQ", "tést", "te\u{a0}st", "test\u{b}",
    ])
    func `a text with anything else in it stays a text`(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func `the same texts decode as in .NET, to the same bytes`() throws {
        func text(_ row: JSONTree) -> String {
            let units = row["inUtf16"]?.string?.split(separator: " ").compactMap { UInt16($0, radix: 16) }
            // A string of Swift has U+FFFD for half of a surrogate pair.
            return row["in"]?.string ?? String(decoding: units ?? [], as: UTF16.self)
        }
        try Golden.compare("dotnet/base64", key: text) { row in
            let text = text(row)
            let bytes = Base64.decode(text)
            let isGuessed = Base64.isBase64(text.utf8Span.span.bytes)
            guard isGuessed == (bytes != nil) else { return "isBase64 and decode disagree" }
            let hex = bytes.map { $0.map { $0.padded(2, radix: 16) }.joined() }
            return (hex != nil) == row["ok"]?.boolean && hex == row["hex"]?.string ? nil : hex ?? "refused"
        }
    }
}
