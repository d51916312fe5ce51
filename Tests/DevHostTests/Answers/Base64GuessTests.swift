import Foundation
import FunctionsModel
import Testing

@testable import DevHost

@Suite struct Base64GuessTests {
    @Test(arguments: ["data", "true", "null", "Done", "2024", "complete", "finished", "user0001", "two words"])
    func `words that decode are taken for an accident`(_ text: String) throws {
        let bytes = try #require(Base64.decode(text))
        #expect(bytes == Array(Data(base64Encoded: text.replacing(" ", with: "")) ?? Data()))
        #expect(Base64Guess.isAccident(text, decodedAs: bytes))
    }

    @Test(arguments: [
        Data("test".utf8), Data("two words".utf8), Data(#"{"a":1}"#.utf8), Data("né ✓\n".utf8),
        Data([0, 1, 0xfe, 0xff]),
        Data(0...255), Data(repeating: 0x69, count: 48), Data(),
    ])
    func `base64 that was meant is not`(_ data: Data) throws {
        let text = data.base64EncodedString()
        let bytes = try #require(Base64.decode(text))
        #expect(bytes == Array(data))
        #expect(!Base64Guess.isAccident(text, decodedAs: bytes))
    }
}
