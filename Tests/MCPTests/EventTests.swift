import MCP
import Testing

@Suite struct EventTests {
    @Test func `an event carries one message, also one of several lines`() throws {
        #expect(EventText.event("{}") == "event: message\ndata: {}\n\n")
        var reader = EventReader()
        let text = EventText.event("{\n\r\n \"a\":\r1}") + EventText.keepAlive + EventText.event("[]")
        #expect(try reader.read(Array(text.utf8)).map(\.data) == ["{\n\n \"a\":\n1}", "[]"])
    }

    @Test func `events arrive in pieces, with any line ends`() throws {
        let text =
            "\u{feff}: hello\r\nid: 7\r\nretry: 10\rdata:a\ndata\rdata:  b\r\n\r\nevent: other\ndata: c\n\n\n"
            + "id: \ndata: d\n\nevent: none\n\ndata: unfinished"
        let whole = [
            EventReader.Event(name: "message", data: "a\n\n b", id: "7"),
            EventReader.Event(name: "other", data: "c", id: "7"),
            EventReader.Event(name: "message", data: "d", id: ""),
        ]
        for size in 1...text.utf8.count {
            var reader = EventReader()
            var events: [EventReader.Event] = []
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                events += try reader.read(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(events == whole)
        }
    }

    @Test(arguments: ["data: 123456", "data: 12\ndata: 34\ndata: 56", ": 12345678", "1234567890"])
    func `an event has a limit`(text: String) {
        var reader = EventReader(limit: 10)
        #expect(throws: EventReader.TooLong.self) {
            _ = try reader.read(Array(text.utf8))
            _ = try reader.read(Array("data: 1".utf8))
        }
    }
}
