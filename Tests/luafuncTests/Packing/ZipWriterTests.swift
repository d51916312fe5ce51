import Compression
import Testing

@testable import luafunc

@Suite struct ZipWriterTests {
    private let files = [
        PackedFile(path: "empty", bytes: []),
        PackedFile(path: "hello/handler.lua", bytes: Array(String(repeating: "return 'hello'\n", count: 500).utf8)),
        PackedFile(path: "lib/café.lua", bytes: Array("x".utf8)),
        PackedFile(path: "luafunc", bytes: (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }, isExecutable: true),
    ]

    @Test func `every file comes out as it went in, with its checksum and its mode`() throws {
        let entries = try ZipReader(ZipWriter.zip(files)).entries
        #expect(entries.map(\.path) == files.map(\.path))
        #expect(try entries.map { try $0.content() } == files.map(\.bytes))
        #expect(entries.map(\.checksum) == files.map { crc32($0.bytes) })
        #expect(entries.map(\.mode) == [0o100644, 0o100644, 0o100644, 0o100755])
    }

    @Test func `a file that deflate does not make smaller is stored`() throws {
        #expect(try ZipReader(ZipWriter.zip(files)).entries.map(\.method) == [0, 8, 0, 8])
    }

    @Test func `only a name that needs it is marked as UTF-8`() throws {
        #expect(try ZipReader(ZipWriter.zip(files)).entries.map(\.flags) == [0, 0, 1 << 11, 0])
    }

    @Test func `the time is always the first one of the format`() throws {
        #expect(try ZipReader(ZipWriter.zip(files)).entries.allSatisfy { $0.time == 0 && $0.date == 0x21 })
    }

    @Test func `the same files give the same bytes`() throws {
        #expect(try ZipWriter.zip(files) == ZipWriter.zip(files))
    }

    @Test func `files that do not fit into the format are refused`() {
        let many = (0..<65_535).map { PackedFile(path: "\($0)", bytes: []) }
        #expect(throws: PackError.tooLargeForZip) { try ZipWriter.zip(many) }
        let large = [UInt8](repeating: 0, count: 1 << 22)
        #expect(throws: PackError.tooLargeForZip) {
            try ZipWriter.zip((0..<1024).map { PackedFile(path: "\($0)", bytes: large) })
        }
    }
}

/// Reads a zip through its directory, and requires that the header of each entry has the same values.
private struct ZipReader {
    struct Entry {
        let path: String
        let flags, method, time, date: UInt16
        let checksum, mode: UInt32
        let size: Int
        let bytes: [UInt8]

        func content() throws -> [UInt8] {
            method == 0 ? bytes : try Inflater.inflate(bytes, .raw, limit: size)
        }
    }

    private(set) var entries: [Entry] = []

    init(_ zip: [UInt8]) throws {
        var end = try Bytes(zip, at: zip.count - 22, 22)
        try #expect(end.read32() == 0x0605_4b50)
        try #expect(end.read32() == 0)
        let count = try end.read16()
        try #expect(end.read16() == count)
        let size = Int(try end.read32())
        let start = Int(try end.read32())
        try #expect(start + size == zip.count - 22 && end.read16() == 0)
        var directory = try Bytes(zip, at: start, size)
        var position = 0
        for _ in 0..<count {
            try #expect(directory.read32() == 0x0201_4b50)
            try #expect(directory.read16() == 0x0314)
            let shared = Array(directory.rest.prefix(26))
            try #expect(directory.read16() == 20)
            let (flags, method) = (try directory.read16(), try directory.read16())
            let (time, date) = (try directory.read16(), try directory.read16())
            let checksum = try directory.read32()
            let (packed, size) = (Int(try directory.read32()), Int(try directory.read32()))
            let nameLength = Int(try directory.read16())
            // The entry has no extra fields and no comment, is on the first disk, and is not marked as text.
            for _ in 0..<4 { try #expect(directory.read16() == 0) }
            let mode = try directory.read32() >> 16
            try #expect(directory.read32() == UInt32(position))
            let path = String(decoding: try directory.read(nameLength), as: UTF8.self)

            var local = try Bytes(zip, at: position, 30 + nameLength + packed)
            position += local.rest.count
            try #expect(local.read32() == 0x0403_4b50)
            try #expect(local.read(26) == shared)
            try #expect(String(decoding: local.read(nameLength), as: UTF8.self) == path)
            entries.append(
                Entry(
                    path: path, flags: flags, method: method, time: time, date: date, checksum: checksum, mode: mode,
                    size: size, bytes: Array(local.rest)))
        }
        #expect(directory.rest.isEmpty && position == start)
    }
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
    var sum = ~UInt32(0)
    for byte in bytes {
        sum ^= UInt32(byte)
        for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1) * 0xedb8_8320 }
    }
    return ~sum
}

private struct TooShort: Error {}

/// A part of a file, read from its beginning.
private struct Bytes {
    private(set) var rest: ArraySlice<UInt8>

    init(_ file: [UInt8], at place: Int, _ length: Int) throws {
        guard place >= 0, length >= 0, place + length <= file.count else { throw TooShort() }
        rest = file[place..<place + length]
    }

    mutating func read16() throws -> UInt16 { try read(2).reversed().reduce(0) { $0 << 8 | UInt16($1) } }
    mutating func read32() throws -> UInt32 { try read(4).reversed().reduce(0) { $0 << 8 | UInt32($1) } }

    mutating func read(_ count: Int) throws -> [UInt8] {
        guard count <= rest.count else { throw TooShort() }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}
