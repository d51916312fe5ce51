/// The end of a line in a head.
enum LineEnd {
    /// The position of a carriage return that a line feed follows.
    case found(Int)
    /// The position from which to continue when more bytes have arrived.
    case incomplete(Int)
    /// A carriage return or a line feed stands alone.
    case bare
    /// The line contains a control character, which is not allowed in a head.
    case control

    /// Searches eight bytes at a time.
    ///
    /// Unsafe: `bytes` must hold `count` bytes. Every load lies before `count`.
    @inline(__always)
    static func search(_ bytes: UnsafeRawPointer, from start: Int, to count: Int) -> LineEnd {
        var position = start
        while true {
            while position &+ 8 <= count {
                let flags = controls(bytes.word(at: position))
                if flags != 0 {
                    position &+= flags.trailingZeroBitCount &>> 3
                    break
                }
                position &+= 8
            }
            while position < count, !isControl(bytes.byte(at: position)) { position &+= 1 }
            guard position < count else { return .incomplete(count) }
            switch bytes.byte(at: position) {
            case 0x0d:
                guard position &+ 1 < count else { return .incomplete(position) }
                return bytes.byte(at: position &+ 1) == 0x0a ? .found(position) : .bare
            case 0x0a: return .bare
            case 0x09: position &+= 1
            default: return .control
            }
        }
    }

    @inline(__always)
    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }

    /// Sets the top bit of each byte that is a control character. Carries and borrows may set it for other bytes too,
    /// but never clear it.
    @inline(__always)
    private static func controls(_ word: UInt64) -> UInt64 {
        let below = word &- 0x2020_2020_2020_2020
        let delete = word &+ 0x0101_0101_0101_0101
        return (below | delete) & ~word & 0x8080_8080_8080_8080
    }
}

extension UnsafeRawPointer {
    @inline(__always)
    func byte(at offset: Int) -> UInt8 { load(fromByteOffset: offset, as: UInt8.self) }

    /// Loads eight bytes. The first byte is the lowest of the word.
    @inline(__always)
    func word(at offset: Int) -> UInt64 { UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }

    @inline(__always)
    func halfWord(at offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
