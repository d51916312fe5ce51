/// The mark that some editors put in front of UTF-8.
public enum ByteOrderMark {
    public static let utf8: [UInt8] = [0xef, 0xbb, 0xbf]
}

extension [UInt8] {
    /// The bytes after a byte order mark of UTF-8, if there is one.
    public var withoutByteOrderMark: ArraySlice<UInt8> {
        dropFirst(starts(with: ByteOrderMark.utf8) ? ByteOrderMark.utf8.count : 0)
    }
}

extension UnsafeBufferPointer<UInt8> {
    public var hasByteOrderMark: Bool { starts(with: ByteOrderMark.utf8) }

    /// The same bytes, in place.
    public var withoutByteOrderMark: UnsafeBufferPointer<UInt8> {
        hasByteOrderMark ? UnsafeBufferPointer(rebasing: dropFirst(ByteOrderMark.utf8.count)) : self
    }
}

extension RawSpan {
    /// The length of a byte order mark of UTF-8 at the beginning; 0 if there is none.
    public var byteOrderMarkLength: Int {
        withUnsafeBytes { $0.starts(with: ByteOrderMark.utf8) } ? ByteOrderMark.utf8.count : 0
    }
}
