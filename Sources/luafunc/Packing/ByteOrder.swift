extension [UInt8] {
    /// The little-endian number at a position; nil beyond the end.
    func integer<Integer: FixedWidthInteger & UnsignedInteger>(at place: Int, as type: Integer.Type) -> Integer? {
        let size = Integer.bitWidth / 8
        guard place >= 0, place <= count - size else { return nil }
        return self[place..<place + size].reversed().reduce(0) { $0 << 8 | Integer($1) }
    }

    /// Appends a number, least byte first.
    mutating func append(little value: some FixedWidthInteger & UnsignedInteger) {
        for byte in 0..<value.bitWidth / 8 { append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }

    /// Appends a number, greatest byte first.
    mutating func append(big value: some FixedWidthInteger & UnsignedInteger) { append(little: value.byteSwapped) }
}
