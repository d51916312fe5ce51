import TestSupport

/// Random changes of messages. The same seed gives the same changes.
struct Mutation {
    private var numbers: Numbers

    init(seed: UInt64) { numbers = Numbers(state: seed) }

    /// One or two messages of the corpus, changed in up to four places.
    mutating func message(_ corpus: [String]) -> [UInt8] {
        var bytes = Array(pick(corpus).utf8)
        if chance(3) { bytes += Array(pick(corpus).utf8) }
        for _ in 0..<Int.random(in: 0...4, using: &numbers) where !bytes.isEmpty { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0..<bytes.count, using: &numbers)
        let end = min(bytes.count, place + Int.random(in: 1...12, using: &numbers))
        switch Int.random(in: 0..<6, using: &numbers) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &numbers)
        case 1: bytes.removeSubrange(place..<end)
        case 2: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &numbers))
        case 3: bytes[place] ^= 0x20
        default: bytes.insert(contentsOf: pick(Corpus.words), at: place)
        }
    }

    /// The bytes in up to four pieces.
    mutating func cut(_ bytes: [UInt8]) -> [[UInt8]] {
        let count = Int.random(in: 0...3, using: &numbers)
        let places = (0..<count).map { _ in Int.random(in: 0...bytes.count, using: &numbers) }.sorted()
        return zip([0] + places, places + [bytes.count]).map { Array(bytes[$0..<$1]) }
    }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &numbers) == 0 }

    private mutating func pick<Element>(_ list: [Element]) -> Element {
        list[Int.random(in: 0..<list.count, using: &numbers)]
    }
}
