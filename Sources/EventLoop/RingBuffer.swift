/// A queue with constant cost at both ends.
public struct RingBuffer<Element> {
    private var slots: [Element?] = []
    private var head = 0
    public private(set) var count = 0

    public init() {}

    public var isEmpty: Bool { count == 0 }

    public mutating func append(_ element: Element) {
        if count == slots.count { grow() }
        slots[(head &+ count) & (slots.count &- 1)] = element
        count &+= 1
    }

    public mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = slots[head].take()
        head = (head &+ 1) & (slots.count &- 1)
        count &-= 1
        return element
    }

    public var first: Element? { count > 0 ? slots[head] : nil }

    /// The element at a position, or nil if the position is not in the buffer.
    public subscript(position: Int) -> Element? {
        0..<count ~= position ? slots[slot(position)] : nil
    }

    /// Inserts an element before the one at this position. Moves the elements of the shorter side.
    public mutating func insert(_ element: Element, at position: Int) {
        precondition(0...count ~= position, "no such position in the buffer")
        if count == slots.count { grow() }
        if position < count / 2 {
            head = (head &- 1) & (slots.count &- 1)
            for moved in 0..<position { slots[slot(moved)] = slots[slot(moved + 1)] }
        } else {
            for moved in stride(from: count, to: position, by: -1) { slots[slot(moved)] = slots[slot(moved - 1)] }
        }
        count &+= 1
        slots[slot(position)] = element
    }

    /// Removes the element at this position. Moves the elements of the shorter side.
    @discardableResult
    public mutating func remove(at position: Int) -> Element? {
        guard let removed = self[position] else { return nil }
        if position < count / 2 {
            for moved in stride(from: position, to: 0, by: -1) { slots[slot(moved)] = slots[slot(moved - 1)] }
            slots[head] = nil
            head = (head &+ 1) & (slots.count &- 1)
        } else {
            for moved in position..<count - 1 { slots[slot(moved)] = slots[slot(moved + 1)] }
            slots[slot(count - 1)] = nil
        }
        count &-= 1
        return removed
    }

    /// Visits the elements from first to last.
    public func forEach(_ body: (Element) throws -> Void) rethrows {
        for position in 0..<count {
            if let element = slots[(head &+ position) & (slots.count &- 1)] { try body(element) }
        }
    }

    /// Removes all matching elements, and keeps the order of the others.
    public mutating func removeAll(where matches: (Element) throws -> Bool) rethrows {
        var kept = RingBuffer()
        try forEach { if try !matches($0) { kept.append($0) } }
        self = kept
    }

    private func slot(_ position: Int) -> Int { (head &+ position) & (slots.count &- 1) }

    /// The number of slots is a power of two, so that a position wraps with a mask.
    private mutating func grow() {
        var larger: [Element?] = []
        larger.reserveCapacity(max(8, slots.count * 2))
        for position in 0..<count { larger.append(slots[(head &+ position) & (slots.count &- 1)]) }
        while larger.count < max(8, slots.count * 2) { larger.append(nil) }
        slots = larger
        head = 0
    }
}
