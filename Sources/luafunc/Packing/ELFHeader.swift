/// The header of a 64-bit little-endian ELF file, the kind of executable that luafunc is built for.
struct ELFHeader {
    static let size = 64

    /// Linkers put the table of sections at the end of a program's file, so its end is the end of the file.
    let sectionsEnd: Int
    /// The table of the program's segments.
    let segments: Range<Int>

    /// Whether a file that begins with these bytes is such an executable.
    static func isExecutable(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0x7f, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F"), 2, 1])
    }

    /// nil for a file that is shorter than its own header says.
    init?(_ bytes: [UInt8], fileSize: Int) {
        guard let segments = Self.table(bytes, startAt: 32, entrySizeAt: 54, countAt: 56, fileSize),
            let sections = Self.table(bytes, startAt: 40, entrySizeAt: 58, countAt: 60, fileSize),
            bytes.integer(at: 54, as: UInt16.self) == UInt16(Self.segmentSize)
        else { return nil }
        self.segments = segments
        sectionsEnd = sections.upperBound
    }

    private static func table(
        _ bytes: [UInt8], startAt: Int, entrySizeAt: Int, countAt: Int, _ fileSize: Int
    ) -> Range<Int>? {
        guard let start = bytes.integer(at: startAt, as: UInt64.self), start <= fileSize,
            let size = bytes.integer(at: entrySizeAt, as: UInt16.self),
            let count = bytes.integer(at: countAt, as: UInt16.self)
        else { return nil }
        let end = Int(start) + Int(size) * Int(count)
        return end <= fileSize ? Int(start)..<end : nil
    }

    /// Whether one of the segments names a dynamic loader.
    ///
    /// - Parameter table: the bytes of `segments`.
    func hasLoader(_ table: [UInt8]) -> Bool {
        stride(from: 0, to: table.count, by: Self.segmentSize).contains {
            table.integer(at: $0, as: UInt32.self) == Self.interpreter
        }
    }

    private static let segmentSize = 56
    /// PT_INTERP
    private static let interpreter: UInt32 = 3
}
