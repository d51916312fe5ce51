import HTTP1
import Testing

@Suite struct ChunkedDecoderTests {
    /// The decoded body, the number of bytes consumed, and the error.
    private func decode(_ pieces: [[UInt8]]) -> (body: String, consumed: Int, isComplete: Bool, error: ChunkError?) {
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        var consumed = 0
        for piece in pieces {
            do {
                consumed += try decoder.decode(piece.span.bytes) { body.append(copying: $0) }
            } catch {
                return (String(decoding: body, as: UTF8.self), consumed, decoder.isComplete, error)
            }
        }
        return (String(decoding: body, as: UTF8.self), consumed, decoder.isComplete, nil)
    }

    private static let chunks =
        "3\r\none\r\n0A;name=\"v\t\"\r\n0123456789\r\n1   \r\n!\r\n000\r\nTrailer: x\r\nEmpty:\r\n\r\n"

    @Test(arguments: 0...chunks.utf8.count)
    func `a body is the same wherever its chunks are cut`(_ place: Int) {
        let (body, consumed, isComplete, error) = decode(cut(Self.chunks + "GET", at: place))
        #expect(body == "one0123456789!" && isComplete && error == nil && consumed == Self.chunks.utf8.count)
    }

    @Test func `a body is the same when each byte comes alone`() {
        let (body, consumed, isComplete, _) = decode((Self.chunks + "GET").utf8.map { [$0] })
        #expect(body == "one0123456789!" && isComplete && consumed == Self.chunks.utf8.count)
    }

    @Test func `a body without bytes is one chunk`() {
        let (body, consumed, isComplete, _) = decode([Array("0\r\n\r\nX".utf8)])
        #expect(body.isEmpty && consumed == 5 && isComplete)
    }

    @Test func `an unfinished chunk is read as far as it has arrived`() {
        let (body, _, isComplete, error) = decode([Array("7FFFFFFFFFFFFFFF\r\nabc".utf8), Array("def".utf8)])
        #expect(body == "abcdef" && !isComplete && error == nil)
    }

    @Test(
        arguments: [
            ("zz\r\n", .size), ("\r\n", .size), (" 3\r\n", .size), ("-3\r\n", .size), ("0x3\r\n", .size),
            ("+3\r\n", .size),
            (";a\r\n", .size), ("3\n", .size), ("3 3\r\n", .size), ("3\t\r\n", .size), ("8000000000000000\r\n", .size),
            ("FFFFFFFFFFFFFFFFF\r\n", .size), ("10000000000000003\r\n", .size), ("3\r\nabcd\r\n", .lineEnd),
            ("3\r\nabc\n", .lineEnd), ("3\r\nabc\rX", .lineEnd), ("3\r\nabc3\r\n", .lineEnd), ("3\rX", .lineEnd),
            ("3;a\n", .extension), ("3;a\u{0}", .extension), ("3;a\rb", .lineEnd), ("0\r\n\rX", .lineEnd),
            ("0\r\nA\r\n", .trailer), ("0\r\nA : b\r\n", .trailer), ("0\r\n: b\r\n", .trailer),
            ("0\r\n folded\r\n", .trailer),
            ("0\r\nA: b\n", .trailer), ("0\r\nA: \u{1}\r\n", .trailer), ("0\r\nA: b\rX", .trailer),
            ("0\r\n\n", .trailer),
        ] as [(String, ChunkError)])
    func `bytes that are not a chunk end the body`(_ text: String, _ error: ChunkError) {
        #expect(decode([Array(text.utf8)]).error == error)
        #expect(decode(text.utf8.map { [$0] }).error == error)
    }

    @Test(arguments: [
        "1;\(String(repeating: "a", count: 9000))", "1\(String(repeating: " ", count: 9000))",
        String(repeating: "0", count: 9000), "0\r\nA: \(String(repeating: "a", count: 9000))",
        "0\r\n\(String(repeating: "A:\r\n", count: 5000))", String(repeating: "1;aaaaaaaaa\r\nx\r\n", count: 900),
        "0\r\n\(String(repeating: "A", count: 9000))",
    ])
    func `bytes that do not belong to the body are limited`(_ text: String) {
        #expect(decode([Array(text.utf8)]).error == .tooLarge)
    }

    @Test func `the number of small chunks is not limited`() {
        let text = String(repeating: "1\r\nx\r\n", count: 20_000) + "0\r\n\r\n"
        let (body, _, isComplete, _) = decode([Array(text.utf8)])
        #expect(body.utf8.count == 20_000 && isComplete)
    }
}
