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

    private static let none = UInt32.max

    init() { list = .allocate(capacity: capacity) }

    deinit { list.deallocate() }

    /// Gives back the memory that a text with many containers took.
    func trim() {
        guard capacity > 1024 else { return }
        list.deallocate()
        capacity = 64
        list = .allocate(capacity: capacity)
        count = 0
    }

    /// Whether the text, which has less than 4 GB, is JSON.
    func check(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        count = 0
        guard let start = text.baseAddress else { return false }
        let end = start + text.count
        var cursor = start
        var depth = 0
        var isObject = false
        var open = Self.none
        while true {
            // A value begins here.
            guard skipSpace(&cursor, end) else { return false }
            let first = cursor.pointee
            cursor += 1
            switch first {
            case UInt8(ascii: "\""):
                guard skipString(&cursor, end) else { return false }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                let place = cursor - 1 - start
                guard depth < JSONScanner.depthLimit, skipSpace(&cursor, end) else { return false }
                // Either bracket is two code points before its counterpart.
                if cursor.pointee == first + 2 {
                    cursor += 1
                    break
                }
                add(Container(start: UInt32(truncatingIfNeeded: place), next: open))
                open = UInt32(truncatingIfNeeded: count - 1)
                depth += 1
                isObject = first == UInt8(ascii: "{")
                if isObject, !skipKey(&cursor, end) { return false }
                continue
            case UInt8(ascii: "t"): guard skipWord("rue", &cursor, end) else { return false }
            case UInt8(ascii: "f"): guard skipWord("alse", &cursor, end) else { return false }
            case UInt8(ascii: "n"): guard skipWord("ull", &cursor, end) else { return false }
            default:
                cursor -= 1
                guard skipNumber(&cursor, end) else { return false }
            }
            // A value has ended here, and perhaps containers with it.
            while depth > 0 {
                guard skipSpace(&cursor, end) else { return false }
                let byte = cursor.pointee
                cursor += 1
                if byte == UInt8(ascii: ",") {
                    if isObject, !(skipSpace(&cursor, end) && skipKey(&cursor, end)) { return false }
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
            if depth == 0 { return !skipSpace(&cursor, end) }
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

    /// Moves to the next byte that is no white space; returns false at the end.
    @inline(__always)
    private func skipSpace(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
        while cursor < end {
            let byte = cursor.pointee
            if byte > 0x20 { return true }
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return true }
            cursor += 1
        }
        return false
    }

    /// A member's name, at which the cursor is, and the colon after it.
    @inline(__always)
    private func skipKey(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
        guard cursor.pointee == UInt8(ascii: "\"") else { return false }
        cursor += 1
        guard skipString(&cursor, end), skipSpace(&cursor, end), cursor.pointee == UInt8(ascii: ":") else {
            return false
        }
        cursor += 1
        return true
    }

    /// The rest of a string, with its closing quote.
    @inline(__always)
    private func skipString(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
        while true {
            while end - cursor >= 8 {
                let found = UTF8Check.special(UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self))
                if found != 0 {
                    cursor += found.trailingZeroBitCount >> 3
                    break
                }
                cursor += 8
            }
            guard cursor < end else { return false }
            let byte = cursor.pointee
            if byte == UInt8(ascii: "\"") {
                cursor += 1
                return true
            }
            if byte == UInt8(ascii: "\\") {
                guard skipEscape(&cursor, end) else { return false }
            } else if byte < 0x20 {
                return false
            } else if byte < 0x80 {
                cursor += 1
            } else {
                let length = UTF8Check.sequenceLength(at: cursor, before: end)
                guard length > 0 else { return false }
                cursor += length
            }
        }
    }

    @inline(__always)
    private func skipEscape(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
        guard end - cursor >= 2 else { return false }
        switch cursor[1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            cursor += 2
            return true
        case UInt8(ascii: "u"): return skipUnicode(&cursor, end)
        default: return false
        }
    }

    @inline(never)
    private func skipUnicode(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
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

    @inline(__always)
    private func skipWord(
        _ rest: StaticString, _ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) -> Bool {
        let count = rest.utf8CodeUnitCount
        guard end - cursor >= count else { return false }
        for index in 0..<count where cursor[index] != rest.utf8Start[index] { return false }
        cursor += count
        return true
    }

    private func skipNumber(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
        let first = cursor
        if cursor.pointee == UInt8(ascii: "-") { cursor += 1 }
        guard let leading = digit(cursor, end) else { return false }
        cursor += 1
        if leading > 0 {
            skipDigits(&cursor, end)
        } else if digit(cursor, end) != nil {
            return false
        }
        if cursor < end, cursor.pointee == UInt8(ascii: ".") {
            cursor += 1
            guard digit(cursor, end) != nil else { return false }
            skipDigits(&cursor, end)
        }
        // Only these can be too large for a double, or take long to convert.
        let isOdd = cursor < end && cursor.pointee | 0x20 == UInt8(ascii: "e") || cursor - first > 300
        guard isOdd else { return true }
        var scanner = JSONScanner(UnsafeBufferPointer(start: first, count: end - first))
        guard (try? scanner.number()) != nil else { return false }
        cursor = scanner.cursor
        return true
    }

    @inline(__always)
    private func digit(_ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UInt8? {
        guard cursor < end else { return nil }
        let value = cursor.pointee &- UInt8(ascii: "0")
        return value < 10 ? value : nil
    }

    @inline(__always)
    private func skipDigits(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
        while digit(cursor, end) != nil { cursor += 1 }
    }
}
