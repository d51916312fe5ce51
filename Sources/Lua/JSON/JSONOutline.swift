/// Checks a JSON text in one pass, without making any value, and notes where its containers end.
///
/// Every payload passes through it, so it works on pointers, eight bytes at a time where it can. It only tells whether
/// the text is JSON; `JSONScanner`, which is slower, tells what is wrong.
final class JSONOutline {
    /// The bounds of an object or array that has members.
    struct Container {
        /// Offsets of the opening bracket, and of the byte after the closing one.
        let start: UInt32
        var end: UInt32 = 0
        /// The position in the list of the first container after this one. While it is open, that of the one around it.
        var next: UInt32
    }

    /// Containers in the order in which they begin. Only this object owns the memory.
    private(set) var list: UnsafeMutablePointer<Container>
    private(set) var count = 0
    private var capacity = 64
    /// A copy of the text with zeros behind it, which end everything: nothing compares its place with the end.
    private var copy: UnsafeMutablePointer<UInt8>
    private var copyCapacity = JSONOutline.leastCopy

    private static let leastCopy = 4 << 10
    private static let padding = 8

    private static let none = UInt32.max

    init() {
        list = .allocate(capacity: capacity)
        copy = .allocate(capacity: copyCapacity)
    }

    deinit {
        list.deallocate()
        copy.deallocate()
    }

    /// Gives back the memory that a long text took.
    func trim() {
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

    private func take(_ text: UnsafeBufferPointer<UInt8>) -> UnsafePointer<UInt8> {
        if copyCapacity < text.count + Self.padding {
            copy.deallocate()
            copyCapacity = max(2 * copyCapacity, text.count + Self.padding)
            copy = .allocate(capacity: copyCapacity)
        }
        if let start = text.baseAddress { copy.update(from: start, count: text.count) }
        (copy + text.count).update(repeating: 0, count: Self.padding)
        return UnsafePointer(copy)
    }

    /// Whether the text, which has less than 4 GB, is JSON.
    func check(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        count = 0
        let start = take(text)
        let end = start + text.count
        var cursor = start
        var depth = 0
        var isObject = false
        var expectsName = false
        var open = Self.none
        // Strings are nearly all of a text, so names and values share this code, and it calls nothing.
        while true {
            guard Self.skipSpace(&cursor) else { return false }
            let first = cursor.pointee
            cursor += 1
            if first == UInt8(ascii: "\"") {
                while true {
                    var found = UTF8Check.special(UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self))
                    while found == 0 {
                        cursor += 8
                        found = UTF8Check.special(UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self))
                    }
                    cursor += found.trailingZeroBitCount >> 3
                    if cursor.pointee == UInt8(ascii: "\"") { break }
                    guard Self.skipOdd(&cursor, end) else { return false }
                }
                cursor += 1
                if expectsName {
                    guard Self.skipSpace(&cursor), cursor.pointee == UInt8(ascii: ":") else { return false }
                    cursor += 1
                    expectsName = false
                    continue
                }
            } else if expectsName {
                return false
            } else if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
                let place = cursor - 1 - start
                guard depth < JSONScanner.depthLimit, Self.skipSpace(&cursor) else { return false }
                // Either bracket is two code points before its counterpart.
                if cursor.pointee == first + 2 {
                    cursor += 1
                } else {
                    add(Container(start: UInt32(truncatingIfNeeded: place), next: open))
                    open = UInt32(truncatingIfNeeded: count - 1)
                    depth += 1
                    isObject = first == UInt8(ascii: "{")
                    expectsName = isObject
                    continue
                }
            } else {
                cursor -= 1
                guard Self.skipWord(&cursor) || Self.skipNumber(&cursor, end) else { return false }
            }
            // A value has ended here, and perhaps containers with it.
            while depth > 0 {
                guard Self.skipSpace(&cursor) else { return false }
                let byte = cursor.pointee
                cursor += 1
                if byte == UInt8(ascii: ",") {
                    expectsName = isObject
                    break
                }
                guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { return false }
                let closed = Int(open)
                open = list[closed].next
                list[closed].end = UInt32(truncatingIfNeeded: cursor - start)
                list[closed].next = UInt32(truncatingIfNeeded: count)
                depth -= 1
                if depth > 0 { isObject = start[Int(list[Int(open)].start)] == UInt8(ascii: "{") }
            }
            if depth == 0 { return !Self.skipSpace(&cursor) && cursor == end }
        }
    }

    @inline(__always)
    private func add(_ container: Container) {
        if count == capacity { grow() }
        (list + count).initialize(to: container)
        count += 1
    }

    private func grow() {
        let larger = UnsafeMutablePointer<Container>.allocate(capacity: 2 * capacity)
        larger.moveInitialize(from: list, count: count)
        list.deallocate()
        list = larger
        capacity *= 2
    }

    // MARK: Tokens

    /// Moves to the next byte that is no white space; returns false if that is a control character, or the end.
    @inline(__always)
    private static func skipSpace(_ cursor: inout UnsafePointer<UInt8>) -> Bool {
        while cursor.pointee <= 0x20 {
            switch cursor.pointee {
            case 0x20, 0x0a, 0x0d, 0x09: cursor += 1
            default: return false
            }
        }
        return true
    }

    /// An escape, or characters that are not ASCII, in a string. Everything else that is no plain text is a mistake.
    private static func skipOdd(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
        if cursor.pointee == UInt8(ascii: "\\") {
            switch cursor[1] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
                UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
                cursor += 2
                return true
            default: return skipUnicode(&cursor, end)
            }
        }
        guard cursor.pointee >= 0x80 else { return false }
        while cursor.pointee >= 0x80 {
            let length = UTF8Check.sequenceLength(at: cursor, before: end)
            guard length > 0 else { return false }
            cursor += length
        }
        return true
    }

    private static func skipUnicode(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
        guard let code = UTF8Check.escapedUnit(at: cursor, before: end), !(0xdc00..<0xe000).contains(code) else {
            return false
        }
        cursor += 6
        guard (0xd800..<0xdc00).contains(code) else { return true }
        guard let low = UTF8Check.escapedUnit(at: cursor, before: end), (0xdc00..<0xe000).contains(low) else {
            return false
        }
        cursor += 6
        return true
    }

    /// Skips `true`, `false` or `null`.
    @inline(__always)
    private static func skipWord(_ cursor: inout UnsafePointer<UInt8>) -> Bool {
        switch UnsafeRawPointer(cursor).loadUnaligned(as: UInt32.self) {
        case 0x6575_7274, 0x6c6c_756e:  // "true", "null"
            cursor += 4
            return true
        case 0x736c_6166 where cursor[4] == UInt8(ascii: "e"):  // "fals"
            cursor += 5
            return true
        default: return false
        }
    }

    private static func skipNumber(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
        let first = cursor
        if cursor.pointee == UInt8(ascii: "-") { cursor += 1 }
        guard isDigit(cursor) else { return false }
        let isZero = cursor.pointee == UInt8(ascii: "0")
        cursor += 1
        if isZero, isDigit(cursor) { return false }
        while isDigit(cursor) { cursor += 1 }
        if cursor.pointee == UInt8(ascii: ".") {
            cursor += 1
            guard isDigit(cursor) else { return false }
            while isDigit(cursor) { cursor += 1 }
        }
        // Only these can be too large for a double, or take long to convert.
        guard cursor.pointee | 0x20 == UInt8(ascii: "e") || cursor - first > 300 else { return true }
        var scanner = JSONScanner(UnsafeBufferPointer(start: first, count: end - first))
        guard (try? scanner.number()) != nil else { return false }
        cursor = scanner.cursor
        return true
    }

    @inline(__always)
    private static func isDigit(_ cursor: UnsafePointer<UInt8>) -> Bool { cursor.pointee &- UInt8(ascii: "0") < 10 }
}
