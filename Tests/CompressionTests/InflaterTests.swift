import Compression
import Testing

@Suite struct InflaterTests {
    /// "hello gzip", as the program gzip makes it.
    private static let hello: [UInt8] = [
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0x48, 0xaf, 0xca, 0x2c, 0, 0, 0x19,
        0x6a, 0xd2, 0xdf, 0x0a, 0, 0, 0,
    ]
    /// The same text in zlib's format and as raw deflate.
    private static let zlibHello: [UInt8] = [
        0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0x48, 0xaf, 0xca, 0x2c, 0, 0, 0x15, 0x81, 3, 0xef,
    ]
    private static let rawHello: [UInt8] = [0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0x48, 0xaf, 0xca, 0x2c, 0, 0]

    /// Data that compresses unevenly.
    private static let large: [UInt8] = (0..<300_000).map { UInt8(truncatingIfNeeded: ($0 / 7) ^ ($0 >> 9)) }

    private static let files: [(Inflater.Format, [UInt8])] = [
        (.gzip, hello), (.deflate, zlibHello), (.deflate, rawHello), (.raw, rawHello),
    ]

    private func inflate(_ bytes: [UInt8], _ format: Inflater.Format, limit: Int = 1 << 20) throws -> [UInt8] {
        try Inflater.inflate(bytes, format, limit: limit)
    }

    @Test(arguments: files)
    func `every format restores the text`(_ format: Inflater.Format, _ file: [UInt8]) throws {
        #expect(try inflate(file, format) == Array("hello gzip".utf8))
    }

    @Test(arguments: files)
    func `input of one byte at a time gives the same result`(_ format: Inflater.Format, _ file: [UInt8]) throws {
        let inflater = Inflater(format, limit: 100)
        var output: [UInt8] = []
        for byte in file {
            try inflater.inflate([byte].span.bytes) { piece in piece.withUnsafeBytes { output += $0 } }
        }
        try inflater.finish()
        #expect(output == Array("hello gzip".utf8))
    }

    @Test(arguments: files)
    func `a file that is cut anywhere is truncated`(_ format: Inflater.Format, _ file: [UInt8]) throws {
        for length in 1..<file.count {
            #expect(throws: InflateError.truncated) { try inflate(Array(file[..<length]), format) }
        }
    }

    @Test(arguments: [Inflater.Format.gzip, .deflate, .raw])
    func `empty input is an empty file`(_ format: Inflater.Format) throws {
        #expect(try inflate([], format) == [])
        #expect(Inflater(format, limit: 0).isComplete)
    }

    @Test(arguments: [
        (Inflater.Format.gzip, Deflater.Format.gzip), (.deflate, .zlib), (.deflate, .raw), (.raw, .raw),
    ])
    func `a deflater's output is decompressed in pieces`(_ format: Inflater.Format, _ made: Deflater.Format) throws {
        let file = Deflater.deflate(Self.large, made)
        let inflater = Inflater(format, limit: Self.large.count)
        var output: [UInt8] = []
        var pieces = 0
        for start in stride(from: 0, to: file.count, by: 1000) {
            let input = Array(file[start..<min(start + 1000, file.count)])
            try inflater.inflate(input.span.bytes) { piece in
                pieces += 1
                piece.withUnsafeBytes { output += $0 }
            }
        }
        try inflater.finish()
        #expect(output == Self.large)
        #expect(pieces > 10)
    }

    @Test(arguments: [
        (Inflater.Format.gzip, Deflater.Format.gzip), (.deflate, .zlib), (.deflate, .raw), (.raw, .raw),
    ])
    func `a call ends when no more output is wanted, and the next one goes on`(
        _ format: Inflater.Format, _ made: Deflater.Format
    ) throws {
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        let members = format == .gzip ? 2 : 1
        var rest = Deflater.deflate(zeros, made)
        if members == 2 { rest += rest }
        let inflater = Inflater(format, limit: zeros.count * 2)
        var output: [UInt8] = []
        var largest = 0
        while !rest.isEmpty || inflater.hasMore {
            #expect(!inflater.isComplete || output.count.isMultiple(of: zeros.count))
            var isWanted = true
            let before = output.count
            let count = try inflater.inflate(rest.span.bytes, while: { isWanted }) { piece in
                piece.withUnsafeBytes { output += $0 }
                isWanted = false
            }
            rest.removeFirst(count)
            largest = max(largest, output.count - before)
        }
        try inflater.finish()
        #expect(output.count == zeros.count * members && largest <= 16 << 10)
        #expect(try inflater.inflate([UInt8]().span.bytes, while: { false }) { _ in } == 0)
    }

    @Test func `the members of a gzip file are read as one, cut anywhere`() throws {
        let file = Self.hello + Deflater.deflate([], .gzip) + Self.hello
        for cut in 0...file.count {
            let inflater = Inflater(.gzip, limit: 100)
            var output: [UInt8] = []
            for part in [Array(file[..<cut]), Array(file[cut...])] {
                try inflater.inflate(part.span.bytes) { piece in piece.withUnsafeBytes { output += $0 } }
            }
            try inflater.finish()
            #expect(output == Array("hello gziphello gzip".utf8), "cut at \(cut)")
        }
    }

    @Test func `a second member that ends too early is an error`() {
        #expect(throws: InflateError.truncated) { try inflate(Self.hello + Self.hello.dropLast(), .gzip) }
    }

    @Test(arguments: [[0, 0, 0], Array("\r\n".utf8), [0x1f], [0x1f, 0x1f, 0x8b], [0x8b], [0x1f, 0]] as [[UInt8]])
    func `bytes after a gzip file that are not a member are ignored`(_ rest: [UInt8]) throws {
        for (format, file) in Self.files {
            #expect(try inflate(file + rest, format) == Array("hello gzip".utf8))
        }
    }

    @Test func `no member is read after bytes that are not a member`() throws {
        #expect(try inflate(Self.hello + [0] + Self.hello, .gzip) == Array("hello gzip".utf8))
    }

    @Test(arguments: [
        (Inflater.Format.gzip, Array("not gzip".utf8), "incorrect header check"),
        (.gzip, zlibHello, "incorrect header check"),
        (.gzip, Array(hello.dropLast(4)) + [9, 0, 0, 0], "incorrect length check"),
        (.gzip, Array(hello.dropLast(8)) + [0, 0, 0, 0, 10, 0, 0, 0], "incorrect data check"),
        (.deflate, Array(zlibHello.dropLast()) + [0], "incorrect data check"),
        (.deflate, [0xff, 0xff, 0xff], "invalid block type"),
        (.deflate, [0x78, 0xbb, 0, 0, 0, 1, 0], "it needs a dictionary"),
        (.raw, [7], "invalid block type"),
        (.raw, [1, 0, 0, 0, 0], "invalid stored block lengths"),
    ])
    func `damage is reported in zlib's words, each time`(_ format: Inflater.Format, _ file: [UInt8], _ words: String) {
        let inflater = Inflater(format, limit: 100)
        for _ in 1...2 {
            #expect(throws: InflateError.corrupt(words)) { try inflater.inflate(file.span.bytes) { _ in } }
        }
        #expect(throws: InflateError.corrupt(words)) { try inflater.finish() }
        #expect(!inflater.isComplete)
    }

    @Test func `a broken second member is an error, after the text of the first`() {
        let inflater = Inflater(.gzip, limit: 100)
        var output: [UInt8] = []
        let file = Self.hello + [0x1f, 0x8b, 7, 0]
        #expect(throws: InflateError.corrupt("unknown compression method")) {
            try inflater.inflate(file.span.bytes) { piece in piece.withUnsafeBytes { output += $0 } }
        }
        #expect(output == Array("hello gzip".utf8))
    }

    @Test func `the limit is the largest size that passes`() throws {
        #expect(try inflate(Self.hello, .gzip, limit: 10).count == 10)
        #expect(throws: InflateError.tooLarge(limit: 9)) { try inflate(Self.hello, .gzip, limit: 9) }
    }

    @Test func `the limit counts all members`() throws {
        let file = Self.hello + Self.hello
        #expect(try inflate(file, .gzip, limit: 20).count == 20)
        #expect(throws: InflateError.tooLarge(limit: 19)) { try inflate(file, .gzip, limit: 19) }
    }

    @Test func `a bomb is stopped at the limit`() {
        let bomb = Deflater.deflate([UInt8](repeating: 0, count: 32 << 20), .gzip)
        #expect(bomb.count < 64 << 10)
        let inflater = Inflater(.gzip, limit: 1 << 20)
        var length = 0
        #expect(throws: InflateError.tooLarge(limit: 1 << 20)) {
            try inflater.inflate(bomb.span.bytes) { length += $0.byteCount }
        }
        #expect(length <= 1 << 20)
    }

    @Test func `each error is described by a sentence`() {
        #expect("\(InflateError.corrupt("invalid block type"))" == "the compressed data is damaged: invalid block type")
        #expect("\(InflateError.truncated)" == "the compressed data ends too early")
        #expect("\(InflateError.tooLarge(limit: 5))" == "the data is larger than 5 bytes once it is decompressed")
    }
}
