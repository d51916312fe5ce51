/// The id of an invocation: the host's, or luafunc's own if the caller is not the host.
enum InvocationID {
    /// The range of the host's id in the head of the request.
    case host(Range<Int>)
    /// A random UUID.
    case own(InlineArray<36, UInt8>)

    /// The length of a UUID, which the host's id is.
    static let length = 36

    /// The host's id in the value of the header. If the caller has sent the header too, a host that forwards the
    /// request joins both values, its own last (host-contract §7).
    static func last(in value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let comma = value.lastIndex(of: UInt8(ascii: ",")) else { return value }
        return value[(comma + 1)...].drop { $0 == UInt8(ascii: " ") }
    }
}

/// Makes random UUIDs (version 4). They are unique but not secret, because the generator asks the system for randomness
/// only once.
struct InvocationIDs {
    private var state: UInt64
    private let stream: UInt64

    init() {
        var system = SystemRandomNumberGenerator()
        state = system.next()
        stream = system.next()
    }

    mutating func next() -> InvocationID {
        let high = Self.digits((word() & ~0xf000) | 0x4000)
        let low = Self.digits((word() & ~(0xc000 << 48)) | 0x8000 << 48)
        var text = InlineArray<36, UInt8>(repeating: UInt8(ascii: "-"))
        Self.put(high.0, 0..<8, at: 0, into: &text)
        Self.put(high.1, 0..<4, at: 9, into: &text)
        Self.put(high.1, 4..<8, at: 14, into: &text)
        Self.put(low.0, 0..<4, at: 19, into: &text)
        Self.put(low.0, 4..<8, at: 24, into: &text)
        Self.put(low.1, 0..<8, at: 28, into: &text)
        return .own(text)
    }

    private static func put(
        _ digits: UInt64, _ range: Range<Int>, at place: Int, into text: inout InlineArray<36, UInt8>
    ) {
        for index in range {
            text[place + index - range.lowerBound] = UInt8(truncatingIfNeeded: digits >> UInt64(8 * index))
        }
    }

    /// The 16 hexadecimal digits of a number as bytes, the first digit in the lowest byte.
    private static func digits(_ number: UInt64) -> (UInt64, UInt64) {
        (digits(UInt32(truncatingIfNeeded: number >> 32)), digits(UInt32(truncatingIfNeeded: number)))
    }

    /// Spreads eight digits over the bytes of a word, then converts all of them to ASCII at once.
    private static func digits(_ number: UInt32) -> UInt64 {
        var word = UInt64(number.byteSwapped)
        word = (word | word << 16) & 0x0000_ffff_0000_ffff
        word = (word | word << 8) & 0x00ff_00ff_00ff_00ff
        word = (word >> 4 | word << 8) & 0x0f0f_0f0f_0f0f_0f0f
        // Each byte that stands for a letter is 1. 'a' comes 39 code points after the position that follows '9'.
        let letters = (word &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return word &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }

    /// The next number of SplitMix64. `stream` makes the sequences of workers differ.
    private mutating func word() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state ^ stream
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }
}
