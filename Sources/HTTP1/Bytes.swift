extension Array where Element == UInt8 {
    public mutating func append(copying bytes: RawSpan) {
        appendUnchecked(bytes.byteCount) { free in
            bytes.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress { free.copyMemory(from: base, byteCount: bytes.count) }
            }
            return bytes.byteCount
        }
    }

    /// Puts these bytes in place of all. Cheaper than to remove and append, where there are as many as before.
    public mutating func replaceAll(copying bytes: RawSpan) {
        guard count == bytes.byteCount else {
            removeAll(keepingCapacity: true)
            return append(copying: bytes)
        }
        // As many bytes on both sides.
        withUnsafeMutableBytes { own in bytes.withUnsafeBytes { own.copyMemory(from: $0) } }
    }

    /// Appends what `write` writes to the free memory that it is lent: at most `capacity` bytes, whose number it returns.
    /// For a few bytes, `append(contentsOf:)` takes three times as long.
    ///
    /// Unsafe: the pointer must not leave the closure, which answers for the number.
    @inline(__always)
    mutating func appendUnchecked(_ capacity: Int, _ write: (UnsafeMutableRawPointer) -> Int) {
        append(addingCapacity: capacity) { free in
            free.withUnsafeMutableBufferPointer { buffer, count in
                if let base = buffer.baseAddress { count = write(UnsafeMutableRawPointer(base)) }
            }
        }
    }

    public init(copying bytes: RawSpan) {
        self = bytes.withUnsafeBytes { Array($0) }
    }
}

extension String {
    /// Reads UTF-8. What is not becomes U+FFFD.
    public init(repairing bytes: RawSpan) {
        self = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
