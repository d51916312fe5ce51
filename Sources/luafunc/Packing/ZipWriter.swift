/// Makes zip files. Identical files give an identical zip, because it contains no times and no user names. The entries
/// keep their order.
struct ZipWriter {
    private var file: [UInt8] = []
    private var directory: [UInt8] = []
    private var count: UInt16 = 0

    static func zip(_ files: [PackedFile]) throws(PackError) -> [UInt8] {
        // The size includes two headers and two names for each file. Within these limits, the format's 64-bit extension
        // is not needed.
        let size = files.reduce(0) { $0 + $1.bytes.count + 2 * $1.path.utf8.count + 128 }
        guard files.count < Int(UInt16.max), size < Int(UInt32.max) else { throw .tooLargeForZip }
        var zip = ZipWriter()
        for file in files { zip.add(file) }
        return zip.finish()
    }

    private mutating func add(_ file: PackedFile) {
        let content = ZipContent(file.bytes)
        let name = file.path.utf8
        var entry: [UInt8] = []
        entry.write16(Self.versionNeeded)
        entry.write16(file.path.utf8.allSatisfy { $0 < 0x80 } ? 0 : Self.nameIsUTF8)
        entry.write16(content.method)
        entry.write16(Self.midnight)
        entry.write16(Self.firstDay)
        entry.write32(content.checksum)
        entry.write32(UInt32(content.bytes.count))
        entry.write32(UInt32(file.bytes.count))
        entry.write16(UInt16(name.count))
        entry.write16(0)  // no extra fields

        directory.write32(0x0201_4b50)
        directory.write16(Self.madeByUnix)
        directory += entry
        directory.write16(0)  // no comment
        directory.write16(0)  // on the first disk
        directory.write16(0)  // not marked as text
        directory.write32((file.isExecutable ? 0o100755 : 0o100644) << 16)
        directory.write32(UInt32(self.file.count))
        directory += name

        self.file.write32(0x0403_4b50)
        self.file += entry
        self.file += name
        self.file += content.bytes
        count += 1
    }

    private mutating func finish() -> [UInt8] {
        let (start, size) = (UInt32(file.count), UInt32(directory.count))
        file += directory
        file.write32(0x0605_4b50)
        file.write16(0)  // this is the first disk,
        file.write16(0)  // and so is the one where the directory starts
        file.write16(count)
        file.write16(count)
        file.write32(size)
        file.write32(start)
        file.write16(0)  // no comment
        return file
    }

    /// Version 2.0, which is needed for folders in names and for deflate.
    private static let versionNeeded: UInt16 = 20
    /// Marks entries as made by Unix, because unzippers read permissions from the upper half of the attributes only
    /// then. Few plans make the runtime executable themselves (host-contract §1).
    private static let madeByUnix: UInt16 = 3 << 8 | versionNeeded
    private static let nameIsUTF8: UInt16 = 1 << 11
    private static let midnight: UInt16 = 0
    /// 1 January 1980, the first day that the format can express.
    private static let firstDay: UInt16 = 1 << 5 | 1
}

extension [UInt8] {
    fileprivate mutating func write16(_ value: UInt16) { append(little: value) }
    fileprivate mutating func write32(_ value: UInt32) { append(little: value) }
}
