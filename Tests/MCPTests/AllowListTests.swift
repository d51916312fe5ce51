import MCP
import Testing

@Suite struct AllowListTests {
    @Test(arguments: [
        ("localhost", true), ("LOCALHOST:7071", true), ("127.0.0.1", true), ("[::1]:80", true), ("", false),
        ("localhost:", false), ("localhost:123456", false), ("localhost@evil.example", false),
        ("localhost.evil.example", false), ("evil.example", false), ("localhost/", false), ("127.0.0.2", false),
        ("::1", false), ("[::1", false), ("[::1]x", false), ("http://localhost", false),
    ])
    func `only names of this machine are hosts by default`(host: String, isAdmitted: Bool) {
        #expect(AllowList.loopback.admits(host: host) == isAdmitted)
    }

    @Test(arguments: [
        ("http://localhost:3000", true), ("https://127.0.0.1", true), ("null", false), ("", false),
        ("localhost", false), ("http://evil.example", false), ("http://localhost.evil.example", false),
        ("file://localhost", false), ("http://localhost:3000/", false), ("http://user@localhost", false),
    ])
    func `only pages of this machine are origins by default`(origin: String, isAdmitted: Bool) {
        #expect(AllowList.loopback.admits(origin: origin) == isAdmitted)
    }

    @Test func `names are compared with scheme and port where they have them`() throws {
        let list = try AllowList(["Weather.example", "api.example:8080", "https://app.example", "http://[2001:db8::1]"])
        #expect(list.admits(host: "weather.EXAMPLE:1234"))
        #expect(list.admits(host: "api.example:8080"))
        #expect(!list.admits(host: "api.example"))
        #expect(list.admits(host: "localhost"))
        #expect(list.admits(origin: "https://app.example"))
        #expect(list.admits(origin: "https://app.example:443"))
        #expect(!list.admits(origin: "http://app.example"))
        #expect(!list.admits(origin: "https://app.example:444"))
        #expect(list.admits(origin: "http://weather.example"))
        #expect(list.admits(origin: "http://[2001:db8::1]"))
        #expect(!list.admits(origin: "http://other.example"))
        #expect(list.admits(origin: nil))
        #expect(!list.admits(host: nil))
        #expect(try AllowList(["*"]).admits(origin: "null"))
    }

    @Test(arguments: ["https://app.example/", "a b", "", "*.example", "http://", "ex:ample:1"])
    func `an entry that could never match is a mistake`(entry: String) {
        #expect(throws: AllowList.InvalidEntry.self) { try AllowList([entry]) }
    }
}
