/// Reads the lines of a head and the fields in them. It remembers how far it has searched, so that parsing a head that
/// arrives byte by byte costs at most twice as much as parsing it at once.
struct FieldLines: Sendable {
    private let limits: HeadLimits
    /// The start of the first unread line.
    private(set) var next = 0
    /// The search for the end of the line continues at this position.
    private(set) var searched = 0
    private(set) var facts = FieldFacts()

    init(limits: HeadLimits) { self.limits = limits }

    mutating func reset() { self = FieldLines(limits: limits) }

    var isFresh: Bool { next == 0 && searched == 0 }

    enum Failure: Error {
        case name, value, folded, lineEnd, tooLarge, contentLength
    }

    /// Searches for the end of the line that begins at `next`.
    @inline(__always)
    mutating func endOfLine(_ bytes: UnsafeRawBufferPointer) -> LineEnd {
        guard let base = bytes.baseAddress else { return .incomplete(0) }
        let end = LineEnd.search(base, from: max(next, searched), to: min(bytes.count, limits.bytes))
        if case .incomplete(let place) = end { searched = place }
        return end
    }

    /// Whether the head is already too large.
    func isTooLarge(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.count >= limits.bytes }

    /// Moves to the line after the one that ends here.
    @inline(__always)
    mutating func advance(past end: Int) { next = end &+ 2 }

    // MARK: Fields

    private enum Step {
        case incomplete, complete
        case invalid(Failure)
        /// The list needs more slots for the next line.
        case full
    }

    /// Reads field lines up to the blank line, and moves `next` past it.
    @inline(__always)
    mutating func read(_ bytes: UnsafeRawBufferPointer, into fields: inout FieldList) -> ParseResult<Failure> {
        guard let base = bytes.baseAddress else { return .incomplete }
        while true {
            switch fields.withSlots({ slots, count in read(base, min(bytes.count, limits.bytes), slots, &count) }) {
            case .complete: return .complete
            case .incomplete: return isTooLarge(bytes) ? .invalid(.tooLarge) : .incomplete
            case .invalid(let failure): return .invalid(failure)
            case .full:
                guard fields.count < limits.fields else { return .invalid(.tooLarge) }
                fields.grow()
            }
        }
    }

    @inline(__always)
    private mutating func read(
        _ base: UnsafeRawPointer, _ limit: Int, _ slots: UnsafeMutableBufferPointer<FieldRange>, _ count: inout Int
    ) -> Step {
        while true {
            let start = next
            if searched > start, let step = resume(base, limit) { return step }
            if start &+ 1 < limit, base.byte(at: start) == 0x0d, base.byte(at: start &+ 1) == 0x0a {
                advance(past: start)
                return .complete
            }
            let nameEnd = Self.endOfName(base, start, limit)
            guard nameEnd < limit else {
                searched = limit
                return .incomplete
            }
            guard nameEnd > start, base.byte(at: nameEnd) == UInt8(ascii: ":") else {
                return readOther(base, nameEnd, limit)
            }
            let end: Int
            switch LineEnd.search(base, from: nameEnd &+ 1, to: limit) {
            case .found(let place): end = place
            case .incomplete(let place):
                searched = place
                return .incomplete
            case .bare: return .invalid(.lineEnd)
            case .control: return .invalid(.value)
            }
            guard count < slots.count, count < limits.fields else { return .full }
            advance(past: end)
            let value = Self.trimmed(nameEnd &+ 1, end, base)
            let field = FieldRange(
                nameStart: UInt32(truncatingIfNeeded: start), nameEnd: UInt32(truncatingIfNeeded: nameEnd),
                valueStart: UInt32(truncatingIfNeeded: value.start), valueEnd: UInt32(truncatingIfNeeded: value.end))
            slots[count] = field
            count &+= 1
            guard facts.note(field, in: base) else { return .invalid(.contentLength) }
        }
    }

    /// Continues the search for the end of a line whose beginning has arrived earlier. Returns nil once the whole line
    /// is there.
    private mutating func resume(_ base: UnsafeRawPointer, _ limit: Int) -> Step? {
        switch LineEnd.search(base, from: searched, to: limit) {
        case .found:
            searched = next
            return nil
        case .incomplete(let place):
            searched = place
            return .incomplete
        case .bare: return .invalid(.lineEnd)
        case .control: return .invalid(.value)
        }
    }

    /// Handles a line that does not begin with a name and a colon.
    private mutating func readOther(_ base: UnsafeRawPointer, _ position: Int, _ limit: Int) -> Step {
        let byte = base.byte(at: position)
        if byte == 0x20 || byte == 0x09 { return .invalid(position == next ? .folded : .name) }
        switch LineEnd.search(base, from: position, to: limit) {
        case .found: return .invalid(.name)
        case .incomplete(let place):
            searched = place
            return byte == 0x0d ? .incomplete : .invalid(.name)
        case .bare: return .invalid(.lineEnd)
        case .control: return .invalid(.value)
        }
    }

    /// The position of the first byte from `start` on that cannot be part of a token, or `limit` if there is none.
    @inline(__always)
    private static func endOfName(_ base: UnsafeRawPointer, _ start: Int, _ limit: Int) -> Int {
        let table = ByteClass.table
        var position = start
        while true {
            while position &+ 8 <= limit {
                let flags = unusual(base.word(at: position))
                if flags != 0 {
                    position &+= flags.trailingZeroBitCount &>> 3
                    break
                }
                position &+= 8
            }
            // The byte at `position` is usually the colon.
            while position < limit {
                guard table[Int(base.byte(at: position))] & ByteClass.token != 0 else { return position }
                position &+= 1
                if position &+ 8 <= limit { break }
            }
            if position >= limit { return limit }
        }
    }

    /// Sets the top bit of each byte that is neither a letter nor `-`.
    @inline(__always)
    private static func unusual(_ word: UInt64) -> UInt64 {
        // With seven bits per byte, no sum carries into the next byte.
        let ascii = word & 0x7f7f_7f7f_7f7f_7f7f
        let lower = ascii | 0x2020_2020_2020_2020
        let isLetter = (lower &+ 0x1f1f_1f1f_1f1f_1f1f) & ~(lower &+ 0x0505_0505_0505_0505)
        let isNoDash = (ascii ^ 0x2d2d_2d2d_2d2d_2d2d) &+ 0x7f7f_7f7f_7f7f_7f7f
        return (isNoDash & ~isLetter | word) & 0x8080_8080_8080_8080
    }

    /// The range without white space at its ends.
    @inline(__always)
    static func trimmed(_ start: Int, _ end: Int, _ bytes: UnsafeRawPointer) -> (start: Int, end: Int) {
        var (start, end) = (start, end)
        while start < end, isSpace(bytes.byte(at: start)) { start &+= 1 }
        while start < end, isSpace(bytes.byte(at: end &- 1)) { end &-= 1 }
        return (start, end)
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
