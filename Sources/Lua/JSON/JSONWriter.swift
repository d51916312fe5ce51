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

    // The Lua value being written: the innermost table, if one is open, and those around it, outermost first; where its text
    // and its part of the stack began; whether a value is on top; and how much of a long string there is written.
    var isOpen = false
    var level = Level(index: 0, identity: nil, shape: .array, start: 0)
    var levels: [Level] = []
    var start = 0
    var base: Int32 = 0
    var needsValue = false
    var longOffset: Int?
    var names = WrittenNames()

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

    deinit {
        buffer.deallocate()
        names.deallocate()
    }

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

    /// Appends a part of the written text once more.
    @inline(__always)
    func append(again range: Range<Int>) {
        let length = range.upperBound - range.lowerBound
        reserve(length + 8)
        // Up to seven bytes more than needed are copied: there is room.
        let from = UnsafeRawPointer(buffer + range.lowerBound)
        let to = UnsafeMutableRawPointer(buffer + count)
        var offset = 0
        while offset < length {
            to.storeBytes(
                of: from.loadUnaligned(fromByteOffset: offset, as: UInt64.self), toByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        count += length
    }

    // MARK: Text that is JSON already, and strings from Swift

    public func append(raw text: StaticString) { append(text.utf8Start, text.utf8CodeUnitCount) }

    /// Not for literals, which are of the kind above.
    @_disfavoredOverload
    public func append(raw text: String) {
        var text = text
        text.withUTF8 { utf8 in
            if let start = utf8.baseAddress { append(start, utf8.count) }
        }
    }

    /// Appends the shortest text that is read as the same number.
    func append(_ value: Double) {
        var digits = Digits(writer: self)
        value.write(to: &digits)
    }

    /// Takes a number's text from the standard library, which otherwise makes a string of it.
    private struct Digits: TextOutputStream {
        let writer: JSONWriter

        mutating func write(_ text: String) { writer.append(raw: text) }

        mutating func _writeASCII(_ text: UnsafeBufferPointer<UInt8>) {
            if let start = text.baseAddress { writer.append(start, text.count) }
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
        text.withUTF8 { _ = appendQuoted($0) }
    }

    /// Appends bytes, which must be UTF-8, as a string.
    public func append(string bytes: RawSpan) {
        bytes.withUnsafeBytes { _ = appendQuoted($0.assumingMemoryBound(to: UInt8.self)) }
    }

    public func append(raw bytes: [UInt8]) { append(raw: bytes.span.bytes) }

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
