internal import CZlib

/// The checksum of gzip and zip. To continue, pass the previous bytes' checksum as `sum`.
public func crc32(_ bytes: RawSpan, continuing sum: UInt32 = 0) -> UInt32 {
    // zlib treats a null address as a restart.
    guard bytes.byteCount > 0 else { return sum }
    let result = bytes.withUnsafeBytes { bytes in
        // zlib reads the bytes before it returns.
        crc32_z(uLong(sum), bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
    }
    return UInt32(truncatingIfNeeded: result)
}

public func crc32(_ bytes: [UInt8], continuing sum: UInt32 = 0) -> UInt32 { crc32(bytes.span.bytes, continuing: sum) }
