/// Finds a function by the bytes of its name, without making a string.
package struct FunctionTable: Sendable {
    private let names: [[UInt8]]
    /// A hash table with open addressing: indexes into `names`, -1 for an empty slot. Only the app's own names fill it,
    /// so no request can make it degenerate. Its length is a power of two, at least twice the number of names.
    private var slots: [Int32]

    init(_ names: [String]) {
        self.names = names.map { Array($0.utf8) }
        var count = 2
        while count < names.count * 2 { count *= 2 }
        slots = Array(repeating: -1, count: count)
        for (place, name) in self.names.enumerated() {
            var slot = Self.hash(name.span) & (count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (count - 1) }
            slots[slot] = Int32(place)
        }
    }

    /// The index of the name in the list from which the table was made.
    package func find(_ name: Span<UInt8>) -> Int? {
        var slot = Self.hash(name) & (slots.count - 1)
        search: while slots[slot] >= 0 {
            let place = Int(slots[slot])
            slot = (slot + 1) & (slots.count - 1)
            guard names[place].count == name.count else { continue }
            for index in name.indices where names[place][index] != name[index] { continue search }
            return place
        }
        return nil
    }

    /// FNV-1a.
    private static func hash(_ name: Span<UInt8>) -> Int {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in name.indices { value = (value ^ UInt64(name[index])) &* 0x0000_0100_0000_01b3 }
        return Int(truncatingIfNeeded: value ^ value >> 32)
    }
}
