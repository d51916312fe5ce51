import Foundation
import FunctionsModel
import Testing

@testable import DevHost

@Suite struct Base64GuessTests {
    @Test(arguments: ["data", "true", "null", "Done", "2024", "complete", "finished", "user0001", "two words"])
    func `short words that happen to decode stay texts`(_ text: String) throws {
        let bytes = try #require(Base64.decode(text))
        #expect(bytes == Array(Data(base64Encoded: text.replacing(" ", with: "")) ?? Data()))
        #expect(Base64Guess.isAccident(text, decodedAs: bytes))
    }

    @Test(arguments: [
        Data("test".utf8), Data("two words".utf8), Data(#"{"a":1}"#.utf8), Data("né ✓\n".utf8),
        Data([0, 1, 0xfe, 0xff]),
        Data(0...255), Data(repeating: 0x69, count: 48), Data(),
    ])
    func `intended base64 is decoded`(_ data: Data) throws {
        let text = data.base64EncodedString()
        let bytes = try #require(Base64.decode(text))
        #expect(bytes == Array(data))
        #expect(!Base64Guess.isAccident(text, decodedAs: bytes))
    }
}
