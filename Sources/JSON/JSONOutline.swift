/// Checks a JSON text in one pass, without making any value, and records where its containers and long strings end.
///
/// Every text passes through it, so it works on pointers, eight bytes at a time where it can. It can stop anywhere and
/// continue later. The check itself only answers whether the text is JSON; `mistake` explains what is wrong.
public final class JSONOutline {
    /// A part of the text that a reader can skip: an object or array that has members, or a long string.
    public struct Part {
        /// The offsets of the part's first byte and of the byte after its last one.
        public let start: UInt32
        public var end: UInt32 = 0
        /// The list position of the first part after this one. While a container is open, the list position of the
        /// container around it.
        public var next: UInt32
        /// The number of members or elements. For a string, 1 if it has escapes. While a container is open, the number
        /// of members before the one that is being read.
        public var count: UInt32 = 0
    }

    /// Strings longer than this number of bytes are parts.
    @inlinable public static var longString: Int { 16 << 10 }

    /// The number of zero bytes that must follow a text. A zero byte ends every token, so no loop has to compare the
    /// cursor with the end.
    @inlinable public static var padding: Int { 16 }

    /// The parts, ordered by where they begin. Only this object owns the memory.
    public private(set) var list: UnsafeMutablePointer<Part>
    public private(set) var count = 0
    private var capacity = 64
    private var copy: UnsafeMutablePointer<UInt8>
    private var copyCapacity = JSONOutline.leastCopy

    public private(set) var length = 0
    private var place = Place(depth: 0)

    public var start: UnsafePointer<UInt8> { UnsafePointer(copy) }

    private static let leastCopy = 4 << 10
    private static let none = UInt32.max

    /// How far the check has come and what it expects next.
    private struct Place {
        var offset = 0
        var expects = Expects.value
        /// The list position of the innermost open container, whether it is an object, and how many of its members are
        /// complete.
        var open = JSONOutline.none
        var isObject = false
        var members: UInt32 = 0
        /// The number of nesting levels around the cursor.
        var depth: Int
        /// The string that is being read.
        var stringStart = 0
        var hasEscapes = false
    }

    private enum Expects: Int {
        case value, firstElement, firstName, name
        case colon, comma
        /// The cursor is inside a string.
        case restOfName, restOfValue
    }

    public enum Verdict { case json, notJSON, unfinished }

    public init() {
        list = .allocate(capacity: capacity)
        copy = .allocate(capacity: copyCapacity)
    }

    deinit {
        list.deallocate()
        copy.deallocate()
    }

    /// Frees the extra memory that was allocated for a long text.
    public func trim() {
        if capacity > 1024 {
            list.deallocate()
            capacity = 64
            list = .allocate(capacity: capacity)
            count = 0
        }
        if copyCapacity > 4 * Self.leastCopy {
            copy.deallocate()
            copyCapacity = Self.leastCopy
            copy = .allocate(capacity: copyCapacity)
        }
    }

    /// Whether the text is JSON. It must be smaller than 4 GB.
    public func check(_ text: UnsafeBufferPointer<UInt8>, depth: Int = 0) -> Bool {
        begin(copying: text, depth: depth)
        return proceed(by: length + 1) == .json
    }

    public func begin(copying text: UnsafeBufferPointer<UInt8>, depth: Int = 0) {
        begin(text.count, depth: depth)
        copy(text, to: 0)
    }

    /// Begins to check a text of this length. The caller must copy the text in with `copy` before it is checked.
    ///
    /// - Parameter depth: the number of nesting levels around the text.
    public func begin(_ length: Int, depth: Int) {
        if copyCapacity < length + Self.padding {
            copy.deallocate()
            copyCapacity = length + Self.padding
            copy = .allocate(capacity: copyCapacity)
        }
        // Few texts have more parts than this. The system provides the memory only where it is used.
        if capacity < length / 32 {
            list.deallocate()
            capacity = length / 32
            list = .allocate(capacity: capacity)
        }
        (copy + length).update(repeating: 0, count: Self.padding)
        self.length = length
        count = 0
        place = Place(depth: depth)
    }

    public func copy(_ text: UnsafeBufferPointer<UInt8>, to offset: Int) {
        if let start = text.baseAddress { (copy + offset).update(from: start, count: text.count) }
    }

    /// Continues the check for about this many bytes.
    public func proceed(by bytes: Int) -> Verdict {
        let start = start
        let end = start + length
        var cursor = start + place.offset
        let stop = bytes <= end - cursor ? cursor + bytes : end + 1
        var at = place
        defer {
            at.offset = cursor - start
            place = at
        }
        // Most of a text is strings, so names and values share this loop, and the loop calls no function.
        while true {
            if at.expects.rawValue < Expects.restOfName.rawValue {
                JSONTokens.skipSpace(&cursor, to: stop)
                if cursor >= stop { return .unfinished }
                let byte = cursor.pointee
                guard byte == UInt8(ascii: "\""), at.expects.rawValue <= Expects.name.rawValue else {
                    switch at.expects {
                    case .value, .firstElement:
                        if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                            guard at.depth < JSONScanner.depthLimit else { return .notJSON }
                            open(&at, cursor - start, byte)
                            cursor += 1
                        } else if byte == UInt8(ascii: "]"), at.expects == .firstElement {
                            cursor += 1
                            close(&at, cursor - start, isEmpty: true)
                        } else {
                            let isWord = byte > UInt8(ascii: "9")
                            guard isWord ? JSONTokens.skipWord(&cursor) : JSONTokens.skipNumber(&cursor) else {
                                return .notJSON
                            }
                            skipComma(&at, &cursor)
                        }
                    case .comma:
                        guard at.open != Self.none else { return cursor == end ? self.end() : .notJSON }
                        if byte == UInt8(ascii: ",") {
                            cursor += 1
                            at.members &+= 1
                            at.expects = at.isObject ? .name : .value
                        } else {
                            guard byte == (at.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { return .notJSON }
                            cursor += 1
                            close(&at, cursor - start, isEmpty: false)
                        }
                    case .colon:
                        guard byte == UInt8(ascii: ":") else { return .notJSON }
                        cursor += 1
                        at.expects = .value
                    case .firstName where byte == UInt8(ascii: "}"):
                        cursor += 1
                        close(&at, cursor - start, isEmpty: true)
                    default: return .notJSON
                    }
                    continue
                }
                beginString(&at, &cursor)
            } else if cursor >= stop {
                return .unfinished
            }
            while true {
                var found = EightBytes.odd(EightBytes.load(cursor))
                while found == 0 {
                    cursor += 8
                    if cursor >= stop { return .unfinished }
                    found = EightBytes.odd(EightBytes.load(cursor))
                }
                cursor += EightBytes.before(found)
                if cursor.pointee == UInt8(ascii: "\"") { break }
                if cursor.pointee == UInt8(ascii: "\\") { at.hasEscapes = true }
                guard JSONTokens.skipOdd(&cursor) else { return .notJSON }
                if cursor >= stop { return .unfinished }
            }
            cursor += 1
            if cursor - start &- at.stringStart > Self.longString { addString(at, cursor - start) }
            if at.expects == .restOfValue {
                skipComma(&at, &cursor)
            } else if cursor.pointee == UInt8(ascii: ":") {
                cursor += 1
                at.expects = .value
                if cursor.pointee == UInt8(ascii: "\"") { beginString(&at, &cursor) }
            } else {
                at.expects = .colon
            }
        }
    }

    /// Moves past the opening quote of a name or a string value.
    @inline(__always)
    private func beginString(_ at: inout Place, _ cursor: inout UnsafePointer<UInt8>) {
        at.expects = at.expects.rawValue >= Expects.firstName.rawValue ? .restOfName : .restOfValue
        at.stringStart = cursor - start
        at.hasEscapes = false
        cursor += 1
    }

    /// Called after a value. Skips a comma that follows directly, and an opening quote directly after the comma.
    @inline(__always)
    private func skipComma(_ at: inout Place, _ cursor: inout UnsafePointer<UInt8>) {
        if cursor.pointee == UInt8(ascii: ","), at.open != Self.none {
            cursor += 1
            at.members &+= 1
            at.expects = at.isObject ? .name : .value
            if cursor.pointee == UInt8(ascii: "\"") { beginString(&at, &cursor) }
        } else {
            at.expects = .comma
        }
    }

    @inline(__always)
    private func open(_ at: inout Place, _ offset: Int, _ bracket: UInt8) {
        if at.open != Self.none { list[Int(at.open)].count = at.members }
        add(Part(start: UInt32(truncatingIfNeeded: offset), next: at.open))
        at.open = UInt32(truncatingIfNeeded: count - 1)
        at.members = 0
        at.depth += 1
        at.isObject = bracket == UInt8(ascii: "{")
        at.expects = at.isObject ? .firstName : .firstElement
    }

    @inline(__always)
    private func close(_ at: inout Place, _ end: Int, isEmpty: Bool) {
        let closed = Int(at.open)
        at.open = list[closed].next
        if isEmpty {
            count -= 1
        } else {
            list[closed].end = UInt32(truncatingIfNeeded: end)
            list[closed].next = UInt32(truncatingIfNeeded: count)
            list[closed].count = at.members + 1
        }
        at.depth -= 1
        at.expects = .comma
        guard at.open != Self.none else { return }
        at.members = list[Int(at.open)].count
        at.isObject = start[Int(list[Int(at.open)].start)] == UInt8(ascii: "{")
    }

    /// Adds a part without a position behind the end of the list, so that a reader that looks for the next part finds
    /// none.
    private func end() -> Verdict {
        add(Part(start: Self.none, next: 0))
        count -= 1
        return .json
    }

    private func addString(_ at: Place, _ end: Int) {
        add(
            Part(
                start: UInt32(truncatingIfNeeded: at.stringStart), end: UInt32(truncatingIfNeeded: end),
                next: UInt32(truncatingIfNeeded: count + 1), count: at.hasEscapes ? 1 : 0))
    }

    @inline(__always)
    private func add(_ part: Part) {
        if count == capacity { grow() }
        (list + count).initialize(to: part)
        count += 1
    }

    private func grow() {
        let larger = UnsafeMutablePointer<Part>.allocate(capacity: 2 * capacity)
        larger.moveInitialize(from: list, count: count)
        list.deallocate()
        list = larger
        capacity *= 2
    }

    /// The size of the list in bytes.
    public var listSize: Int { count * MemoryLayout<Part>.stride }
}

extension JSONOutline {
    /// Checks the text. Throws an error that explains what is wrong with it, or the limit that was reached.
    public func check(
        _ text: UnsafeBufferPointer<UInt8>, depth: Int = 0, limits: (any JSONLimits)?
    ) throws(JSONError) {
        begin(copying: text, depth: depth)
        while true {
            switch proceed(by: JSONScanner.stretch) {
            case .json: return
            case .notJSON: throw mistake
            case .unfinished: if let limits { _ = try hasTime(after: JSONScanner.stretch, limits) }
            }
        }
    }

    /// Returns false if the slice is over; throws if a limit was reached.
    public func hasTime(after bytes: Int, _ limits: any JSONLimits) throws(JSONError) -> Bool {
        do throws(JSONError.SyntaxReason) {
            return try limits.hasTime(after: bytes)
        } catch {
            let scanner = JSONScanner(UnsafeBufferPointer(start: start, count: length))
            throw scanner.error(error, at: start + min(place.offset, length))
        }
    }

    /// The reason why the text is not JSON, for use after `proceed` has returned `notJSON`.
    public var mistake: JSONError {
        var scanner = JSONScanner(UnsafeBufferPointer(start: start, count: length))
        scanner.cursor = start + place.offset
        do throws(JSONError) {
            switch place.expects {
            case .value, .firstElement: try scanner.skipValue(depth: place.depth)
            case .name, .firstName: _ = try scanner.key()
            case .colon: try scanner.expect(UInt8(ascii: ":"), "':'")
            case .comma where place.open != Self.none:
                _ = try scanner.another(before: place.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
            case .comma: try scanner.expectEnd()
            case .restOfName, .restOfValue: try scanner.scanRest()
            }
        } catch {
            return error
        }
        return scanner.unexpected("JSON")
    }
}
