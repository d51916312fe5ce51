internal import CZlib

/// The checksum that gzip and zip use. To continue, pass the checksum of the previous bytes as `sum`.
public func crc32(_ bytes: RawSpan, continuing sum: UInt32 = 0) -> UInt32 {
    // zlib treats a null address as a request to start over.
    guard bytes.byteCount > 0 else { return sum }
    let result = bytes.withUnsafeBytes { bytes in
        // zlib reads the bytes before it returns, so the pointer need not live longer.
        crc32_z(uLong(sum), bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
    }
    return UInt32(truncatingIfNeeded: result)
}

public func crc32(_ bytes: [UInt8], continuing sum: UInt32 = 0) -> UInt32 { crc32(bytes.span.bytes, continuing: sum) }
