/// A queue whose both ends cost the same however long it is.
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

    /// In the order in which they came.
    public func forEach(_ body: (Element) throws -> Void) rethrows {
        for position in 0..<count {
            if let element = slots[(head &+ position) & (slots.count &- 1)] { try body(element) }
        }
    }

    /// Takes out all that match, and keeps the order of the others.
    public mutating func removeAll(where matches: (Element) throws -> Bool) rethrows {
        var kept = RingBuffer()
        try forEach { if try !matches($0) { kept.append($0) } }
        self = kept
    }

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
