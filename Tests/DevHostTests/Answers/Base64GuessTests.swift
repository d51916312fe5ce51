import Foundation
import Testing

@testable import DevHost

@Suite struct Base64GuessTests {
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
        #expect(Base64Guess.decode(text) == bytes)
    }

    @Test(arguments: ["data", "true", "null", "Done", "2024", "complete", "finished", "user0001", "two words"])
    func `short words that happen to decode stay texts`(_ text: String) throws {
        let bytes = try #require(Base64Guess.decode(text))
        #expect(bytes == Array(Data(base64Encoded: text.replacing(" ", with: "")) ?? Data()))
        #expect(Base64Guess.isAccident(text, decodedAs: bytes))
    }

    @Test(arguments: [
        "hello", "success", "OK", "order-17", "hi there", "{}aa", "a\"bc", "a:bc", "a,bc", "a.bc", "a_bc", "QQ", "Q===",
        "====", "QQ=A", "QQ==QQ==", "=QQQ", "tést", "te\u{a0}st", "test\u{b}",
    ])
    func `a text with anything else in it stays a text`(_ text: String) {
        #expect(Base64Guess.decode(text) == nil)
    }

    @Test(arguments: [
        Data("test".utf8), Data("two words".utf8), Data(#"{"a":1}"#.utf8), Data("né ✓\n".utf8),
        Data([0, 1, 0xfe, 0xff]),
        Data(0...255), Data(repeating: 0x69, count: 48), Data(),
    ])
    func `intended base64 is decoded`(_ data: Data) throws {
        let text = data.base64EncodedString()
        let bytes = try #require(Base64Guess.decode(text))
        #expect(bytes == Array(data))
        #expect(!Base64Guess.isAccident(text, decodedAs: bytes))
    }
}
