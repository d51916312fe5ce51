/// Random changes of messages. The same seed gives the same changes.
struct Mutation: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// One or two messages of the corpus, changed in up to four places.
    mutating func message(_ corpus: [String]) -> [UInt8] {
        var bytes = Array(pick(corpus).utf8)
        if chance(3) { bytes += Array(pick(corpus).utf8) }
        for _ in 0..<Int.random(in: 0...4, using: &self) where !bytes.isEmpty { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0..<bytes.count, using: &self)
        let end = min(bytes.count, place + Int.random(in: 1...12, using: &self))
        switch Int.random(in: 0..<6, using: &self) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &self)
        case 1: bytes.removeSubrange(place..<end)
        case 2: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &self))
        case 3: bytes[place] ^= 0x20
        default: bytes.insert(contentsOf: pick(Corpus.words), at: place)
        }
    }

    /// The bytes in up to four pieces.
    mutating func cut(_ bytes: [UInt8]) -> [[UInt8]] {
        let count = Int.random(in: 0...3, using: &self)
        let places = (0..<count).map { _ in Int.random(in: 0...bytes.count, using: &self) }.sorted()
        return zip([0] + places, places + [bytes.count]).map { Array(bytes[$0..<$1]) }
    }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &self) == 0 }

    private mutating func pick<Element>(_ list: [Element]) -> Element {
        list[Int.random(in: 0..<list.count, using: &self)]
    }
}
