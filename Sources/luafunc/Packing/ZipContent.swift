import Compression

/// The bytes of a file in a zip. They are deflated if that makes them fewer.
struct ZipContent {
    /// The method: 0 for stored, 8 for deflated.
    let method: UInt16
    let bytes: [UInt8]
    /// The CRC-32 of the file.
    let checksum: UInt32

    init(_ file: [UInt8]) {
        checksum = crc32(file)
        let deflated = Deflater.deflate(file, .raw)
        (method, bytes) = deflated.count < file.count ? (8, deflated) : (0, file)
    }
}
