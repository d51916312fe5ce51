import Testing

@testable import CustomHandler

@Suite struct InvocationIDTests {
    @Test func `an id that luafunc makes is a random UUID`() throws {
        var ids = InvocationIDs()
        var texts = Set<String>()
        for _ in 0..<1000 {
            guard case .own(let id) = ids.next() else { return #expect(Bool(false), "the host's id") }
            texts.insert(String(decoding: (0..<36).map { id[$0] }, as: UTF8.self))
        }
        #expect(texts.count == 1000)
        for text in texts {
            #expect(text.wholeMatch(of: #/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#) != nil)
        }
        // Every digit and the hyphen occur.
        #expect(Set(texts.joined()).count == 17)
    }
}
