/// Reads the elements of a DER text (X.690) one after another.
///
/// It knows only what keys and certificates need. Each call reads one element, so neither depth nor length of a text can
/// make it do much.
struct DER {
    enum Tag: UInt8 {
        case integer = 0x02
        case bits = 0x03
        case bytes = 0x04
        case null = 0x05
        case objectID = 0x06
        case sequence = 0x30
        case context0 = 0xa0
        case context1 = 0xa1
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    func isNext(_ tag: Tag) -> Bool { rest.first == tag.rawValue }

    /// The content of the next element, which must have this tag.
    mutating func content(_ tag: Tag) throws(KeyError) -> ArraySlice<UInt8> {
        guard isNext(tag) else { throw .broken }
        return try next()
    }

    /// The content of the next element, whatever it is.
    @discardableResult
    mutating func next() throws(KeyError) -> ArraySlice<UInt8> {
        guard rest.popFirst() != nil, let first = rest.popFirst() else { throw .broken }
        var count = Int(first)
        if first >= 0x80 {
            // Two bytes of length are enough for the texts that a key file may have, and no length may be longer than
            // necessary.
            let digits = rest.prefix(Int(first) - 0x80)
            guard 1...2 ~= digits.count, digits.count == Int(first) - 0x80 else { throw .broken }
            count = digits.reduce(0) { $0 << 8 | Int($1) }
            guard count >= (digits.count == 1 ? 0x80 : 0x100) else { throw .broken }
            rest.removeFirst(digits.count)
        }
        guard count <= rest.count else { throw .broken }
        defer { rest.removeFirst(count) }
        return rest.prefix(count)
    }

    mutating func sequence() throws(KeyError) -> DER { DER(try content(.sequence)) }

    /// A number that is not negative, as big-endian bytes without leading zeros.
    mutating func number() throws(KeyError) -> [UInt8] {
        let bytes = try content(.integer)
        guard let first = bytes.first, first < 0x80 else { throw .broken }
        return Array(bytes.drop { $0 == 0 })
    }

    /// The content of a bit string of whole bytes.
    mutating func bits() throws(KeyError) -> ArraySlice<UInt8> {
        let bits = try content(.bits)
        guard bits.first == 0 else { throw .broken }
        return bits.dropFirst()
    }

    func expectEnd() throws(KeyError) {
        guard isAtEnd else { throw .broken }
    }
}
