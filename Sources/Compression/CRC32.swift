internal import CZlib

/// The checksum of gzip and zip. Pass what it said of the bytes before as `sum` to go on.
public func crc32(_ bytes: RawSpan, continuing sum: UInt32 = 0) -> UInt32 {
    // zlib takes no address for "begin anew".
    guard bytes.byteCount > 0 else { return sum }
    let result = bytes.withUnsafeBytes { bytes in
        // zlib reads the bytes before it returns.
        crc32_z(uLong(sum), bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
    }
    return UInt32(truncatingIfNeeded: result)
}

public func crc32(_ bytes: [UInt8], continuing sum: UInt32 = 0) -> UInt32 { crc32(bytes.span.bytes, continuing: sum) }
