/// The fields of a parsed head, in order. The slots are reused for the next head.
public struct FieldList: Sendable {
    /// The first `count` slots are in use.
    private var slots: [FieldRange] = []
    public private(set) var count = 0

    init() {}

    mutating func removeAll() { count = 0 }

    /// - Parameter width: by how many bytes the later fields have moved up.
    mutating func remove(at position: Int, width: UInt32) {
        slots.remove(at: position)
        count -= 1
        for other in position..<count {
            slots[other].nameStart -= width
            slots[other].nameEnd -= width
            slots[other].valueStart -= width
            slots[other].valueEnd -= width
        }
    }

    /// Passes all slots to `body`, and the number of those in use, which `body` may increase.
    ///
    /// The buffer makes the parser faster: an array would check for each field whether its storage is shared.
    @inline(__always)
    mutating func withSlots<Result>(
        _ body: (_ slots: UnsafeMutableBufferPointer<FieldRange>, _ count: inout Int) -> Result
    ) -> Result {
        slots.withUnsafeMutableBufferPointer { body($0, &count) }
    }

    mutating func grow() {
        let empty = FieldRange(nameStart: 0, nameEnd: 0, valueStart: 0, valueEnd: 0)
        slots += [FieldRange](repeating: empty, count: Swift.max(16, slots.count))
    }
}

extension FieldList: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    public subscript(position: Int) -> FieldRange {
        precondition(position < count, "no such field")
        return slots[position]
    }
}

/// Finds fields in the bytes they were parsed from, without creating strings.
extension FieldList {
    /// The value of the first field of that name, ignoring case.
    public func first(_ name: String, in bytes: RawSpan) -> Range<Int>? {
        for position in 0..<count where slots[position].hasName(name, in: bytes) { return slots[position].value }
        return nil
    }

    public func last(_ name: String, in bytes: RawSpan) -> Range<Int>? {
        for position in (0..<count).reversed() where slots[position].hasName(name, in: bytes) {
            return slots[position].value
        }
        return nil
    }

    public func values(_ name: String, in bytes: RawSpan) -> [Range<Int>] {
        compactMap { $0.hasName(name, in: bytes) ? $0.value : nil }
    }
}
