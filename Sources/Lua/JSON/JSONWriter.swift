internal import CLua

/// Writes JSON text directly from a Lua stack, into a reused buffer.
///
/// A table is a list if its keys are 1 to n or it is marked as one; otherwise it is an object. Reads tables raw: no
/// metamethod runs. A value without a JSON form is an error that names its place; the text written of it is removed.
public final class JSONWriter {
    /// Grows by doubling; only this object owns it.
    var buffer: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    public internal(set) var count = 0
    /// The greatest size of a value in bytes: tables that share others can produce an endless text.
    public var limit = Int.max
    /// The size at which the limits are checked next.
    var checkpoint = Int.max
    /// Counts the buffer as memory of a VM.
    var held: HeldBytes?

    /// The size at which a value is refused as `long`: code that cannot pause has another writer write it in slices,
    /// and passes the result as `prepared`.
    public var patience = Int.max
    /// Tables that were already written, or could not be.
    public var prepared: [TableIdentity: PreparedJSON] = [:]
    /// The table that was refused as `long`. Whoever takes it must release it.
    public var longTable: LuaReference?

    // The Lua value being written: the tables around it, outermost first; where its text and its part of the stack
    // began; whether a value is on top; and how much of a long string there is written.
    var levels: [Level] = []
    var start = 0
    var base: Int32 = 0
    var needsValue = false
    var longOffset: Int?

    /// Set by `append(at:of:)` if a string in the value is exactly an ISO date-time, which the host would rewrite
    /// (host-contract §9.3 b).
    public var sawDateTime = false

    public init() {
        capacity = 512
        buffer = .allocate(capacity: capacity)
    }

    /// A writer for the values of a VM, with its memory limit.
    public convenience init(for vm: LuaVM?) {
        self.init()
        held = HeldBytes(vm)
        limit = vm?.memoryLimit ?? .max
    }

    deinit { buffer.deallocate() }

    // MARK: The buffer

    /// The written text; valid until the next append.
    public func withSpan<Result>(from start: Int = 0, _ body: (RawSpan) -> Result) -> Result {
        body(RawSpan(_unsafeStart: UnsafeRawPointer(buffer + start), byteCount: count - start))
    }

    public var text: String { withSpan { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } } }

    /// A copy of what was written since `start`.
    public func bytes(from start: Int) -> [UInt8] {
        withSpan(from: start) { span in span.withUnsafeBytes { [UInt8]($0) } }
    }

    /// Removes everything after the first `count` bytes. Gives a buffer that grew large back to the system.
    public func truncate(to count: Int = 0) {
        self.count = count
        guard count == 0 else { return }
        held?.set(0)
        guard capacity > Self.keptCapacity else { return }
        buffer.deallocate()
        capacity = 512
        buffer = .allocate(capacity: capacity)
    }

    @inline(__always)
    func reserve(_ more: Int) {
        if capacity - count < more { grow(more) }
    }

    /// The size of the buffer that an empty writer keeps; it counts for nobody.
    private static let keptCapacity = 64 << 10

    private func grow(_ more: Int) {
        capacity = max(capacity < 1 << 20 ? 2 * capacity : capacity + capacity / 2, count + more)
        held?.set(capacity)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: buffer, count: count)
        buffer.deallocate()
        buffer = larger
    }

    @inline(__always)
    func append(_ byte: UInt8) {
        reserve(1)
        buffer[count] = byte
        count += 1
    }

    @inline(__always)
    func append(_ bytes: UnsafePointer<UInt8>, _ length: Int) {
        reserve(length)
        (buffer + count).update(from: bytes, count: length)
        count += length
    }

    // MARK: Text that is JSON already, and strings from Swift

    public func append(raw text: StaticString) { append(text.utf8Start, text.utf8CodeUnitCount) }

    public func append(raw text: String) {
        var text = text
        text.withUTF8 { utf8 in
            if let start = utf8.baseAddress { append(start, utf8.count) }
        }
    }

    public func append(raw bytes: RawSpan) {
        bytes.withUnsafeBytes { raw in
            let raw = raw.assumingMemoryBound(to: UInt8.self)
            if let start = raw.baseAddress { append(start, raw.count) }
        }
    }

    public func append(string text: String) {
        var text = text
        text.withUTF8 { appendQuoted($0) }
    }

    /// Appends bytes, which must be UTF-8, as a string.
    public func append(string bytes: RawSpan) {
        bytes.withUnsafeBytes { appendQuoted($0.assumingMemoryBound(to: UInt8.self)) }
    }

    public func append(raw bytes: [UInt8]) { append(raw: bytes.span.bytes) }

    /// Appends the base64 form of a script string's bytes as a string.
    public func append(base64 bytes: RawSpan, of stack: LuaStack) throws(JSONError) {
        try demand(bytes.byteCount / 3 * 4, of: stack)
        append(UInt8(ascii: "\""))
        var offset = 0
        while offset < bytes.byteCount {
            // A multiple of three, so that the pieces form one base64 text.
            let end = min(bytes.byteCount, offset + (48 << 10))
            append(unquotedBase64: bytes.extracting(offset..<end))
            if end < bytes.byteCount || offset > 0 { try look(of: stack, after: end - offset) }
            offset = end
        }
        append(UInt8(ascii: "\""))
    }

    private func append(unquotedBase64 bytes: RawSpan) {
        let length = (bytes.byteCount + 2) / 3 * 4
        reserve(length)
        // There is room for all bytes, and the alphabet has an entry for every six-bit index.
        bytes.withUnsafeBytes { raw in
            let alphabet = base64Alphabet.utf8Start
            var place = buffer + count
            func put(_ bits: UInt32, _ digits: Int) {
                for digit in 0..<digits { place[digit] = alphabet[Int(bits >> UInt32(18 - 6 * digit) & 63)] }
                place += digits
            }
            var index = 0
            while index + 3 <= raw.count {
                put(UInt32(raw[index]) << 16 | UInt32(raw[index + 1]) << 8 | UInt32(raw[index + 2]), 4)
                index += 3
            }
            guard index < raw.count else { return }
            let hasTwo = index + 1 < raw.count
            put(UInt32(raw[index]) << 16 | (hasTwo ? UInt32(raw[index + 1]) << 8 : 0), hasTwo ? 3 : 2)
            for position in 0..<(hasTwo ? 1 : 2) { place[position] = UInt8(ascii: "=") }
        }
        count += length
    }

    public func append(list texts: [String]) {
        append(raw: "[")
        for (position, text) in texts.enumerated() {
            if position > 0 { append(raw: ",") }
            append(string: text)
        }
        append(raw: "]")
    }

    /// Quotes the JSON text written since `start`: a JSON string that holds JSON.
    public func quote(from start: Int, of stack: LuaStack) throws(JSONError) {
        let length = count - start
        if length > Stretch.bytes { return try quoteLong(from: start, of: stack) }
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: length)
        defer { copy.deallocate() }
        _ = copy.update(fromContentsOf: UnsafeBufferPointer(start: buffer + start, count: length))
        count = start
        appendQuoted(UnsafeBufferPointer(copy))
    }

    // MARK: Quoting

    func appendQuoted(_ bytes: UnsafeBufferPointer<UInt8>) {
        append(UInt8(ascii: "\""))
        appendEscaped(bytes)
        append(UInt8(ascii: "\""))
    }

    func appendEscaped(_ bytes: UnsafeBufferPointer<UInt8>) {
        if let start = bytes.baseAddress {
            var pointer = start
            let end = start + bytes.count
            while pointer < end {
                let plain = pointer
                skipPlain(&pointer, end)
                append(plain, pointer - plain)
                if pointer < end {
                    appendEscape(pointer.pointee)
                    pointer += 1
                }
            }
        }
    }

    /// Moves to the next byte that needs an escape.
    @inline(__always)
    private func skipPlain(_ pointer: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
        while true {
            while end - pointer >= 8 {
                let found = Self.special(UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self))
                if found != 0 {
                    pointer += found.trailingZeroBitCount >> 3
                    break
                }
                pointer += 8
            }
            guard pointer < end, escape(pointer.pointee) == 0 else { return }
            pointer += 1
        }
    }

    /// As `UTF8Check.special`, with marks for bytes that need an escape, and perhaps for others.
    @inline(__always)
    private static func special(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let deletes = word ^ (ones &* 0x7f)
        let isASCII = ~word & (ones &* 0x80)
        return (UTF8Check.special(word) | (deletes &- ones)) & isASCII
    }

    private func appendEscape(_ byte: UInt8) {
        append(UInt8(ascii: "\\"))
        let letter = escape(byte)
        append(letter)
        guard letter == UInt8(ascii: "u") else { return }
        append(UInt8(ascii: "0"))
        append(UInt8(ascii: "0"))
        append(hexadecimalDigit(byte >> 4))
        append(hexadecimalDigit(byte & 15))
    }
}

/// Identifies a table as long as it lives.
public struct TableIdentity: Hashable, Sendable {
    let address: UInt
}

/// The result of writing a table ahead, in slices.
public enum PreparedJSON {
    case text(JSONWriter)
    case failed(JSONError)
}

// MARK: Long texts

extension JSONWriter {
    /// Appends a script's bytes, which must be UTF-8, as a string.
    public func append(string bytes: RawSpan, of stack: LuaStack) throws(JSONError) {
        guard bytes.byteCount > Stretch.bytes else { return append(string: bytes) }
        try demand(bytes.byteCount, of: stack)
        append(UInt8(ascii: "\""))
        try bytes.withUnsafeBytes { raw throws(JSONError) in
            let bytes = raw.assumingMemoryBound(to: UInt8.self)
            var offset = 0
            while offset < bytes.count {
                let end = Self.pieceEnd(of: bytes, from: offset)
                appendEscaped(UnsafeBufferPointer(rebasing: bytes[offset..<end]))
                try look(of: stack, after: end - offset)
                offset = end
            }
        }
        append(UInt8(ascii: "\""))
    }

    /// Appends a script's bytes unchanged.
    public func append(raw bytes: RawSpan, of stack: LuaStack) throws(JSONError) {
        if bytes.byteCount > Stretch.bytes { try demand(bytes.byteCount, of: stack) }
        append(raw: bytes)
    }

    /// Escapes in place, from the end to the beginning.
    private func quoteLong(from start: Int, of stack: LuaStack) throws(JSONError) {
        var more = 2
        var place = start
        while place < count {
            let end = min(count, place + Stretch.bytes)
            for index in place..<end {
                let letter = escape(buffer[index])
                more += letter == 0 ? 0 : letter == UInt8(ascii: "u") ? 5 : 1
            }
            try look(of: stack, after: end - place)
            place = end
        }
        try demand(more, of: stack)
        reserve(more)
        var from = count
        var to = count + more
        count = to
        func put(_ byte: UInt8) {
            to -= 1
            buffer[to] = byte
        }
        put(UInt8(ascii: "\""))
        while from > start {
            let end = max(start, from - Stretch.bytes)
            let length = from - end
            while from > end {
                from -= 1
                let byte = buffer[from]
                let letter = escape(byte)
                guard letter != 0 else {
                    put(byte)
                    continue
                }
                if letter == UInt8(ascii: "u") {
                    put(hexadecimalDigit(byte & 15))
                    put(hexadecimalDigit(byte >> 4))
                    put(UInt8(ascii: "0"))
                    put(UInt8(ascii: "0"))
                }
                put(letter)
                put(UInt8(ascii: "\\"))
            }
            try look(of: stack, after: length)
        }
        put(UInt8(ascii: "\""))
    }

    /// Throws if the VM has no room for that many more bytes.
    private func demand(_ bytes: Int, of stack: LuaStack) throws(JSONError) {
        guard stack.hasRoom(for: bytes) else { throw .unwritable(.tooLarge(limit: stack.memoryLimit), path: "") }
    }

    private func look(of stack: LuaStack, after bytes: Int) throws(JSONError) {
        guard count <= limit else { throw .unwritable(.tooLarge(limit: limit), path: "") }
        do throws(LuaError) {
            try stack.mayGoOn(after: bytes)
        } catch {
            if case .timeLimit = error { throw .unwritable(.timeLimit, path: "") }
            throw .unwritable(.tooLarge(limit: stack.memoryLimit), path: "")
        }
    }
}

/// The letter after the backslash if the byte needs an escape; else 0.
@inline(__always)
private func escape(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
    case 0x08: UInt8(ascii: "b")
    case 0x09: UInt8(ascii: "t")
    case 0x0a: UInt8(ascii: "n")
    case 0x0c: UInt8(ascii: "f")
    case 0x0d: UInt8(ascii: "r")
    case 0x7f, 0..<0x20: UInt8(ascii: "u")
    default: 0
    }
}

private let base64Alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
}
