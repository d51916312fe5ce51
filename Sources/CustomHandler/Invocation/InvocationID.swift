/// The host's id of an invocation, or one of our own where somebody else calls.
enum InvocationID {
    /// Where it lies in the head of the request.
    case host(Range<Int>)
    /// A random UUID.
    case own(InlineArray<36, UInt8>)
}

/// Makes random UUIDs (version 4). They are fit to tell invocations apart, and not to keep a secret: the system is asked
/// for randomness once, not once for each request.
struct InvocationIDs {
    private var state: UInt64
    private let stream: UInt64

    init() {
        var system = SystemRandomNumberGenerator()
        state = system.next()
        stream = system.next()
    }

    mutating func next() -> InvocationID {
        let high = (word() & ~0xf000) | 0x4000
        let low = (word() & ~(0xc000 << 48)) | 0x8000 << 48
        var text = InlineArray<36, UInt8>(repeating: UInt8(ascii: "-"))
        var place = 0
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { place += 1 }
            let digit = UInt8(truncatingIfNeeded: (index < 16 ? high : low) >> UInt64(60 - 4 * (index & 15))) & 15
            text[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            place += 1
        }
        return .own(text)
    }

    /// SplitMix64, in an order that differs from worker to worker.
    private mutating func word() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state ^ stream
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }
}
