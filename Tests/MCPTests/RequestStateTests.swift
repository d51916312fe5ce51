import MCP
import Testing

@Suite struct RequestStateTests {
    private let key = Array("key".utf8)
    private let payload = Array(#"{"name":"Ann"}"#.utf8)

    private func sealed(_ parts: [String] = ["ann", "tools/call"]) throws -> String {
        try #require(RequestState.seal(payload, key: key, boundTo: parts, expires: 1000))
    }

    private func opened(_ state: String, _ parts: [String] = ["ann", "tools/call"], now: Int64 = 999) -> [UInt8]? {
        RequestState.open(state, key: key, boundTo: parts, now: now)
    }

    @Test func `a state is opened only as it was sealed`() throws {
        let state = try sealed()
        #expect(opened(state) == payload)
        #expect(opened(state, now: 1000) == nil)
        #expect(opened(state, ["anntools", "/call"]) == nil)
        #expect(opened(state, ["ann", "tools/call", ""]) == nil)
        #expect(opened(state + "-TAMPERED") == nil)
        #expect(opened("") == nil)
        #expect(RequestState.open(state, key: [1], boundTo: ["ann", "tools/call"], now: 0) == nil)
        #expect(state.utf8.allSatisfy { Character(UnicodeScalar($0)).isLetter || "0123456789-_".utf8.contains($0) })
    }

    @Test func `no byte of a state can be changed, and none left out`() throws {
        let state = Array(try sealed().utf8)
        for index in state.indices {
            var changed = state
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(opened(String(decoding: changed, as: UTF8.self)) == nil)
            #expect(opened(String(decoding: state[..<index], as: UTF8.self)) == nil)
        }
    }

    @Test func `a payload has a limit`() {
        let longest = [UInt8](repeating: 1, count: RequestState.payloadLimit)
        let state = RequestState.seal(longest, key: key, boundTo: [], expires: 1000)
        #expect(state.flatMap { opened($0, []) } == longest)
        #expect(RequestState.seal(longest + [1], key: key, boundTo: [], expires: 1000) == nil)
    }
}
