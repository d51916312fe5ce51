/// The lines of a head, one after the other, and the fields they hold. Remembers how far it has looked, so that a head
/// which comes byte by byte costs no more than twice one that comes whole.
struct FieldLines: Sendable {
    private let limits: HeadLimits
    /// Where the first line that was not read yet begins.
    private(set) var next = 0
    /// The line has no end before this place.
    private(set) var searched = 0
    private(set) var facts = FieldFacts()

    init(limits: HeadLimits) { self.limits = limits }

    mutating func reset() { self = FieldLines(limits: limits) }

    var isFresh: Bool { next == 0 && searched == 0 }

    enum Failure: Error {
        case name, value, folded, lineEnd, tooLarge, contentLength
    }

    /// The end of the line that begins at `next`.
    @inline(__always)
    mutating func endOfLine(_ bytes: UnsafeRawBufferPointer) -> LineEnd {
        guard let base = bytes.baseAddress else { return .incomplete(0) }
        let end = LineEnd.search(base, from: max(next, searched), to: min(bytes.count, limits.bytes))
        if case .incomplete(let place) = end { searched = place }
        return end
    }

    /// What is there already is too much.
    func isTooLarge(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.count >= limits.bytes }

    /// Goes on after a line that was read.
    @inline(__always)
    mutating func advance(past end: Int) { next = end &+ 2 }

    /// Reads field lines up to the blank one, which `next` then points behind.
    @inline(__always)
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, into fields: inout [FieldRange]
    ) -> ParseResult<Failure> {
        guard let base = bytes.baseAddress else { return .incomplete }
        let table = ByteClass.table
        while true {
            let end: Int
            switch endOfLine(bytes) {
            case .found(let place): end = place
            case .incomplete: return isTooLarge(bytes) ? .invalid(.tooLarge) : .incomplete
            case .bare: return .invalid(.lineEnd)
            case .control: return .invalid(.value)
            }
            let start = next
            advance(past: end)
            if end == start { return .complete }
            let first = base.byte(at: start)
            guard first != 0x20, first != 0x09 else { return .invalid(.folded) }
            let position = Self.endOfToken(base, from: start, table)
            guard position > start, base.byte(at: position) == UInt8(ascii: ":") else { return .invalid(.name) }
            let value = Self.trimmed(position &+ 1..<end, base)
            let field = FieldRange(
                nameStart: UInt32(truncatingIfNeeded: start), nameEnd: UInt32(truncatingIfNeeded: position),
                valueStart: UInt32(truncatingIfNeeded: value.lowerBound),
                valueEnd: UInt32(truncatingIfNeeded: value.upperBound))
            guard fields.count < limits.fields else { return .invalid(.tooLarge) }
            fields.append(field)
            guard facts.note(field, in: base) else { return .invalid(.contentLength) }
        }
    }

    /// Not inlined: among the other variables of `read`, those of the inner loop would lie in memory.
    ///
    /// Unsafe: the carriage return at the end of the line is no token byte, and the table has a place for every byte.
    @inline(never)
    private static func endOfToken(_ bytes: UnsafeRawPointer, from start: Int, _ table: [UInt8]) -> Int {
        table.withUnsafeBufferPointer { table in
            guard let table = table.baseAddress else { return start }
            var position = start
            while table[Int(bytes.byte(at: position))] & ByteClass.token != 0 { position &+= 1 }
            return position
        }
    }

    /// Without the white space on both sides.
    @inline(__always)
    static func trimmed(_ range: Range<Int>, _ bytes: UnsafeRawPointer) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isSpace(bytes.byte(at: start)) { start &+= 1 }
        while start < end, isSpace(bytes.byte(at: end &- 1)) { end &-= 1 }
        return start..<end
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
