import Compression
import Testing

@Suite struct DeflaterTests {
    private let text = Array(String(repeating: "return 'hello'\n", count: 500).utf8)

    @Test(arguments: [
        (Deflater.Format.gzip, Inflater.Format.gzip), (.zlib, .deflate), (.raw, .raw),
    ])
    func `decompression restores what was compressed`(_ format: Deflater.Format, _ reader: Inflater.Format) throws {
        for bytes in [[], [7], text, (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }] {
            let file = Deflater.deflate(bytes, format)
            #expect(try Inflater.inflate(file, reader, limit: bytes.count) == bytes)
        }
        #expect(Deflater.deflate(text, format).count < text.count / 20)
    }

    @Test func `data written in pieces becomes one file`() throws {
        let deflater = Deflater(.raw)
        var file: [UInt8] = []
        for byte in text { deflater.deflate([byte].span.bytes, into: &file) }
        deflater.finish(into: &file)
        #expect(try Inflater.inflate(file, .raw, limit: text.count) == text)
    }

    @Test func `a gzip file contains no time`() {
        #expect(Array(Deflater.deflate(text, .gzip)[..<10]) == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])
    }

    @Test func `the checksum is the one of zip, in one piece or several`() {
        let digits = Array("123456789".utf8)
        #expect(crc32(digits) == 0xcbf4_3926)
        #expect(crc32([]) == 0)
        #expect(crc32(Array(digits[4...]), continuing: crc32(Array(digits[..<4]))) == 0xcbf4_3926)
        #expect(crc32([], continuing: 0xcbf4_3926) == 0xcbf4_3926)
    }
}
