extension Array where Element == UInt8 {
    public mutating func append(copying bytes: RawSpan) {
        appendUnchecked(bytes.byteCount) { free in
            bytes.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress { free.copyMemory(from: base, byteCount: bytes.count) }
            }
            return bytes.byteCount
        }
    }

    /// Replaces all bytes with these. If the count is the same, this is cheaper than removing and appending.
    public mutating func replaceAll(copying bytes: RawSpan) {
        guard count == bytes.byteCount else {
            removeAll(keepingCapacity: true)
            return append(copying: bytes)
        }
        // Both sides have the same count, so the copy stays in bounds.
        withUnsafeMutableBytes { own in bytes.withUnsafeBytes { own.copyMemory(from: $0) } }
    }

    /// Appends the bytes that `write` puts into free memory. `write` may put at most `capacity` bytes there, and
    /// returns their number. For a few bytes, `append(contentsOf:)` takes three times as long.
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
    /// Reads UTF-8, and replaces invalid bytes with U+FFFD.
    public init(repairing bytes: RawSpan) {
        self = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

extension RawSpan {
    /// The byte at an index. Traps beyond the end.
    @inlinable
    public subscript(index: Int) -> UInt8 { unsafeLoad(fromByteOffset: index, as: UInt8.self) }
}
