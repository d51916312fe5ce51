extension Array where Element == UInt8 {
    public mutating func append(copying bytes: RawSpan) {
        appendUnchecked(bytes.byteCount) { free in
            bytes.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress { free.copyMemory(from: base, byteCount: bytes.count) }
            }
            return bytes.byteCount
        }
    }

    /// Replaces all bytes by these. Cheaper than removing and appending if the count is the same.
    public mutating func replaceAll(copying bytes: RawSpan) {
        guard count == bytes.byteCount else {
            removeAll(keepingCapacity: true)
            return append(copying: bytes)
        }
        // Both sides have the same count.
        withUnsafeMutableBytes { own in bytes.withUnsafeBytes { own.copyMemory(from: $0) } }
    }

    /// Appends the bytes that `write` puts into free memory: at most `capacity`, and it returns their number. For a few
    /// bytes, `append(contentsOf:)` takes three times as long.
    ///
    /// Unsafe: the pointer must not leave the closure, and the returned number must be right.
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
    /// Reads UTF-8, and replaces invalid bytes by U+FFFD.
    public init(repairing bytes: RawSpan) {
        self = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
