import Crypto

/// The last bytes of an executable with an embedded app: the SHA-256 of the app's archive, its size and a mark.
struct ArchiveFooter {
    /// Of the archive, in bytes.
    let length: Int
    private let digest: [UInt8]

    static let size = HashFunction.sha256.byteCount + 8 + mark.count
    private static let mark = Array("luafunc2".utf8)

    init(of archive: [UInt8]) {
        length = archive.count
        digest = Digest.sha256(archive)
    }

    /// nil for the end of any other file.
    init?(_ bytes: [UInt8]) {
        let start = HashFunction.sha256.byteCount
        guard bytes.count == Self.size, bytes.suffix(Self.mark.count).elementsEqual(Self.mark),
            let length = bytes.integer(at: start, as: UInt64.self).flatMap({ Int(exactly: $0) })
        else { return nil }
        self.length = length
        digest = Array(bytes[..<start])
    }

    var bytes: [UInt8] {
        var bytes = digest
        bytes.append(little: UInt64(length))
        return bytes + Self.mark
    }

    func fits(_ archive: [UInt8]) -> Bool { archive.count == length && Digest.sha256(archive) == digest }
}
