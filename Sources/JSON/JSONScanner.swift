/// Reads the tokens of a JSON text. The caller decides what they mean.
///
/// The scanner works on pointers, because every byte of every invocation passes through it. They are valid only inside
/// the closure that made the scanner, so the scanner must not outlive the closure.
public struct JSONScanner {
    public let start: UnsafePointer<UInt8>
    public let end: UnsafePointer<UInt8>
    public var cursor: UnsafePointer<UInt8>
    /// The limits that are checked during the scan.
    private let limits: (any JSONLimits)?
    /// The position of the next check of the limits. For a short text it lies past the end, so no check takes place.
    public var lookout: UnsafePointer<UInt8>
    /// The end of the text or the position of the next check, whichever comes first.
    public private(set) var plainEnd: UnsafePointer<UInt8>
    /// Whether the time slice was over at the last check. Code that can pause then does so.
    public private(set) var isSliceOver = false
    /// Holds the last string that had escapes, unescaped, until the next string is read.
    public var scratch: [UInt8] = []

    /// The number of bytes between two checks of the limits. They hold at most half as many values.
    @inlinable public static var stretch: Int { 16 << 10 }

    @inlinable public static var depthLimit: Int { 128 }

    /// The size of the longest number, in bytes. Nothing could stop the conversion of a longer one.
    static var longestNumber: Int { 64 << 10 }

    /// - Parameter limits: reading throws when one of them is reached.
    public init(_ bytes: UnsafeBufferPointer<UInt8>, limits: (any JSONLimits)? = nil) {
        start = bytes.baseAddress ?? UnsafePointer(("" as StaticString).utf8Start)
        end = start + bytes.count
        cursor = start
        self.limits = limits
        lookout = start + (limits == nil ? bytes.count + 1 : min(Self.stretch, bytes.count + 1))
        plainEnd = min(end, lookout)
    }

    /// Continues where another scanner of the same text has stopped.
    public mutating func skip(to offset: Int) {
        cursor = start + offset
        setLookout()
    }

    // MARK: Position

    public func error(_ fault: JSONError.SyntaxReason, at place: UnsafePointer<UInt8>? = nil) -> JSONError {
        let place = place ?? cursor
        var line = 1
        var lineStart = start
        var pointer = start
        while pointer < place {
            if pointer.pointee == UInt8(ascii: "\n") {
                line += 1
                lineStart = pointer + 1
            }
            pointer += 1
        }
        return .syntax(fault, line: line, column: place - lineStart + 1)
    }

    public func unexpected(_ wanted: String) -> JSONError {
        cursor < end ? error(.unexpected(cursor.pointee, wanted: wanted)) : error(.unexpectedEnd)
    }

    // MARK: Structure

    /// The next byte that is not white space, not consumed.
    @inlinable @inline(__always)
    public mutating func peek() throws(JSONError) -> UInt8 {
        while cursor < end {
            let byte = cursor.pointee
            if byte > 0x20 { return byte }
            if byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
                cursor += 1
                try look()
            } else {
                return byte
            }
        }
        throw error(.unexpectedEnd)
    }

    @inlinable @inline(__always)
    public mutating func expect(_ byte: UInt8, _ wanted: @autoclosure () -> String) throws(JSONError) {
        guard try peek() == byte else { throw unexpected(wanted()) }
        cursor += 1
    }

    /// Checks the limits if the cursor has reached the position of the next check.
    @inlinable @inline(__always)
    public mutating func look() throws(JSONError) {
        if cursor >= lookout { try lookNow() }
    }

    @inline(never)
    public mutating func lookNow() throws(JSONError) {
        let read = Self.stretch + (cursor - lookout)
        setLookout()
        guard let limits else { return }
        do throws(JSONError.SyntaxReason) {
            isSliceOver = !(try limits.hasTime(after: read))
        } catch {
            throw self.error(error)
        }
    }

    private mutating func setLookout() {
        lookout = cursor + min(Self.stretch, end - cursor + 1)
        plainEnd = min(end, lookout)
    }

    /// Called after an opening bracket. Returns true if the container is empty, and then consumes its closing bracket.
    @inlinable @inline(__always)
    public mutating func closes(_ bracket: UInt8) throws(JSONError) -> Bool {
        guard try peek() == bracket else { return false }
        cursor += 1
        return true
    }

    /// Called after a member or element. Returns true if another one follows, or false after consuming the closing
    /// bracket.
    @inlinable @inline(__always)
    public mutating func another(before bracket: UInt8) throws(JSONError) -> Bool {
        try look()
        let byte = try peek()
        if byte == bracket {
            cursor += 1
            return false
        }
        guard byte == UInt8(ascii: ",") else {
            throw unexpected(bracket == UInt8(ascii: "]") ? "',' or ']'" : "',' or '}'")
        }
        cursor += 1
        return true
    }

    /// A member's name and the colon after it; the bytes are valid until the next string is scanned.
    @inlinable @inline(__always)
    public mutating func key() throws(JSONError) -> UnsafeBufferPointer<UInt8> {
        guard try peek() == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
        let key = try string()
        try expect(UInt8(ascii: ":"), "':'")
        return key
    }

    public mutating func expectEnd() throws(JSONError) {
        guard cursor < end, (try? peek()) != nil else { return }
        throw error(.trailing)
    }

    public mutating func expectWord(_ word: StaticString) throws(JSONError) {
        let count = word.utf8CodeUnitCount
        guard end - cursor >= count else { throw unexpected("a value") }
        for index in 0..<count where cursor[index] != word.utf8Start[index] { throw unexpected("a value") }
        cursor += count
    }

    /// Checks one value and moves past it, without making the value.
    public mutating func skipValue(depth: Int = 0) throws(JSONError) {
        switch try peek() {
        case UInt8(ascii: "{"):
            guard depth < Self.depthLimit else { throw error(.tooDeep(limit: Self.depthLimit)) }
            cursor += 1
            if try closes(UInt8(ascii: "}")) { return }
            repeat {
                _ = try key()
                try skipValue(depth: depth + 1)
            } while try another(before: UInt8(ascii: "}"))
        case UInt8(ascii: "["):
            guard depth < Self.depthLimit else { throw error(.tooDeep(limit: Self.depthLimit)) }
            cursor += 1
            if try closes(UInt8(ascii: "]")) { return }
            repeat { try skipValue(depth: depth + 1) } while try another(before: UInt8(ascii: "]"))
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try expectWord("true")
        case UInt8(ascii: "f"): try expectWord("false")
        case UInt8(ascii: "n"): try expectWord("null")
        default: _ = try number()
        }
    }
}
