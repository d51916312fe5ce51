import Testing

@testable import EventLoop

struct LineSplitterTests {
    private func lines(_ pieces: [[UInt8]]) -> [String] {
        var splitter = LineSplitter()
        var lines: [String] = []
        for piece in pieces { splitter.add(piece.span.bytes) { lines.append($0) } }
        splitter.end { lines.append($0) }
        return lines
    }

    @Test(arguments: [
        ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("\n\n", ["", ""]), ("a\r\nb\r\n", ["a", "b"]),
        ("10 %\r20 %\r", ["10 %", "20 %"]), ("a\r\r\n", ["a", ""]), ("a\n\rb", ["a", "", "b"]),
        ("ä\u{2028}b", ["ä\u{2028}b"]),
    ])
    func `lines end with LF, CR LF or CR, wherever a piece ends`(text: String, expected: [String]) {
        let bytes = Array(text.utf8)
        #expect(lines([bytes]) == expected)
        #expect(lines(bytes.map { [$0] }) == expected)
    }

    @Test func `bytes that are not UTF-8 are replaced`() {
        #expect(lines([[0x61, 0xff, 0x62, 0x0a]]) == ["a\u{fffd}b"])
    }

    @Test func `a long line is cut, and the next one is whole`() {
        let limit = LineSplitter.limit
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: limit + 10)
        let cut = String(repeating: "x", count: limit) + LineSplitter.cutMark
        #expect(lines([bytes]) == [cut])
        #expect(lines([bytes, bytes, Array("\nnext\n".utf8)]) == [cut, "next"])
        #expect(
            lines([Array(bytes.dropLast(10)) + Array("\n".utf8)]) == [String(cut.dropLast(LineSplitter.cutMark.count))])
    }
}
