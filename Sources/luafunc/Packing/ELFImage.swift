import Files

/// Finds the end of a program's file as its linker wrote it. Linkers differ in what comes last: a segment, a section
/// that is not loaded, or the section table.
struct ELFImage {
    let end: Int
    let isDynamic: Bool

    static let headerSize = 64

    /// Whether the header belongs to the kind of executable for which luafunc is built.
    static func isExecutable(_ header: [UInt8]) -> Bool {
        header.starts(with: [0x7f, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F"), 2, 1])
    }

    /// Returns nil if the file ends before its own tables do.
    ///
    /// - Parameter read: returns bytes from a position, or fewer at the end of the file.
    init?(header: [UInt8], read: (_ start: Int, _ count: Int) throws(FileError) -> [UInt8]) throws(FileError) {
        guard header.count == Self.headerSize,
            let segments = try Table(header, startAt: 32, entrySizeAt: 54, countAt: 56, read: read),
            let sections = try Table(header, startAt: 40, entrySizeAt: 58, countAt: 60, read: read)
        else { return nil }
        var end = max(segments.end, sections.end)
        var isDynamic = false
        for entry in segments.entries {
            guard let type = segments.bytes.word(at: entry), let start = segments.bytes.place(at: entry + 8),
                let size = segments.bytes.place(at: entry + 32)
            else { return nil }
            isDynamic = isDynamic || type == Self.interpreter
            end = max(end, start + size)
        }
        for entry in sections.entries {
            guard let type = sections.bytes.word(at: entry + 4), let start = sections.bytes.place(at: entry + 24),
                let size = sections.bytes.place(at: entry + 32)
            else { return nil }
            if type != Self.emptySection { end = max(end, start + size) }
        }
        self.end = end
        self.isDynamic = isDynamic
    }

    private struct Table {
        let bytes: [UInt8]
        let entries: StrideTo<Int>
        let end: Int

        /// Reads the positions in the header that describe a table.
        init?(
            _ header: [UInt8], startAt: Int, entrySizeAt: Int, countAt: Int,
            read: (_ start: Int, _ count: Int) throws(FileError) -> [UInt8]
        ) throws(FileError) {
            guard let start = header.place(at: startAt), let size = header.half(at: entrySizeAt),
                let count = header.half(at: countAt), size > 0 || count == 0
            else { return nil }
            bytes = try read(start, size * count)
            guard bytes.count == size * count else { return nil }
            entries = stride(from: 0, to: size * count, by: max(size, 1))
            end = start + size * count
        }
    }

    /// PT_INTERP
    private static let interpreter = 3
    /// SHT_NOBITS: a section that takes no room in the file.
    private static let emptySection = 8
}

extension [UInt8] {
    fileprivate func half(at index: Int) -> Int? { integer(at: index, as: UInt16.self).map { Int($0) } }
    fileprivate func word(at index: Int) -> Int? { integer(at: index, as: UInt32.self).map { Int($0) } }

    /// The position at `index`; nil also if no file can have this position.
    fileprivate func place(at index: Int) -> Int? {
        integer(at: index, as: UInt64.self).flatMap { $0 < 1 << 48 ? Int($0) : nil }
    }
}
