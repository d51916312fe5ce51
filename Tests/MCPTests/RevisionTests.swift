import MCP
import Testing

@Suite struct RevisionTests {
    @Test func `only the newest revision has no handshake`() {
        #expect(Revision.allCases.filter(\.isModern) == [.july2026])
        #expect(Revision.newestLegacy < .july2026)
    }
}
