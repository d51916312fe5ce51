/// Writes into memory that was reserved in advance, without an array's checks for each piece.
///
/// It uses pointers safely: the creator states how many bytes there is room for, and each write checks that.
struct ByteCursor {
    private var place: UnsafeMutablePointer<UInt8>
    private let end: UnsafeMutablePointer<UInt8>

    /// Appends the bytes that `body` writes, at most `room`.
    @inline(__always)
    static func append(to output: inout [UInt8], room: Int, _ body: (inout ByteCursor) -> Void) {
        output.append(addingCapacity: room) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                guard let base = buffer.baseAddress else { return }
                var cursor = ByteCursor(place: base + count, end: base + buffer.count)
                body(&cursor)
                count = cursor.place - base
            }
        }
    }

    @inline(__always)
    mutating func put(_ text: StaticString) {
        // A literal lives as long as the program, so the pointer is valid.
        put(UnsafeRawPointer(text.utf8Start), text.utf8CodeUnitCount)
    }

    @inline(__always)
    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        if let start = bytes.baseAddress { put(start, bytes.count) }
    }

    @inline(__always)
    mutating func put(_ bytes: RawSpan) { bytes.withUnsafeBytes { put($0) } }

    @inline(__always)
    private mutating func put(_ bytes: UnsafeRawPointer, _ count: Int) {
        precondition(count <= end - place, "more is written than there is room for")
        UnsafeMutableRawPointer(place).copyMemory(from: bytes, byteCount: count)
        place += count
    }

    mutating func put(decimal number: Int) {
        var rest = UInt(max(0, number))
        // An Int has at most 19 digits.
        var count = 1
        var bound: UInt = 10
        while rest >= bound, count < 19 {
            bound &*= 10
            count &+= 1
        }
        precondition(count <= end - place, "more is written than there is room for")
        var position = count
        while position > 0 {
            position &-= 1
            place[position] = UInt8(truncatingIfNeeded: 0x30 &+ rest % 10)
            rest /= 10
        }
        place += count
    }

    mutating func put(hexadecimal number: Int) {
        var shift = (Int.bitWidth - 1 - max(1, number).leadingZeroBitCount) & ~3
        precondition(shift / 4 < end - place, "more is written than there is room for")
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: number >> shift & 15)
            place[0] = digit < 10 ? 0x30 + digit : 0x57 + digit
            place += 1
            shift -= 4
        }
    }
}
