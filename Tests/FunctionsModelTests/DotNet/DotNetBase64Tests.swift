import JSON
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
        let rows = try Golden.rows("base64")
        for row in rows {
            let text = try #require(row["in"]?.string)
            let bytes = Base64.decode(text)
            #expect((bytes != nil) == row["ok"]?.boolean, "\(text)")
            #expect(bytes.map { $0.map { $0.padded(2, radix: 16) }.joined() } == row["hex"]?.string, "\(text)")
        }
        #expect(rows.count > 2000)
    }
}
