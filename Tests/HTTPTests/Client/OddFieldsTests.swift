import HTTP1
import Testing

@testable import HTTP

@Suite struct OddFieldsTests {
    @Test(
        arguments: [
            ("A: 1\r\n", "A: 1\r\n", []), ("", "", []),
            ("A: 1\r\nB b: 2\r\nC: 3\r\n", "A: 1\r\nC: 3\r\n", ["B b"]),
            ("nonsense\r\nC: 3\r\n", "C: 3\r\n", ["nonsense"]),
            ("A: \u{1}\r\n", "", ["A"]), (": 1\r\nA :2\r\n", "", ["", "A "]),
            ("A: 1\r\n more\r\nC: 3\r\n", "A: 1\r\nC: 3\r\n", [" more"]),
            ("A a: 1\r\n more\r\n\tstill\r\nC: 3\r\n", "C: 3\r\n", ["A a"]),
            ("Content-Length : 5\r\n", "Content-Length : 5\r\n", []),
            ("Transfer-Encoding: a\u{1}\r\n", "Transfer-Encoding: a\u{1}\r\n", []),
        ] as [(String, String, [String])])
    func `lines that are not header fields are dropped, but none that says how long the body is`(
        lines: String, kept: String, names: [String]
    ) throws {
        let head = "HTTP/1.1 200 OK\r\n\(lines)\r\n"
        let odd = try #require(OddFields(Array("\(head)body\r\n\r\n".utf8)))
        #expect(String(decoding: odd.head, as: UTF8.self) == "HTTP/1.1 200 OK\r\n\(kept)\r\n")
        #expect(odd.names == names && odd.length == head.utf8.count)
        for count in 0..<head.utf8.count { #expect(OddFields(Array(head.utf8.prefix(count))) == nil) }
    }
}
