/// A JSON text that is being written into a reusable buffer.
///
/// It appends what the caller gives it and does not check that the parts form JSON.
open class JSONText {
    /// Only this object owns the buffer.
    public final var buffer: UnsafeMutablePointer<UInt8>
    public final var capacity: Int
    public final var count = 0

    public init() {
        capacity = 512
        buffer = .allocate(capacity: capacity)
    }

    deinit { buffer.deallocate() }

    /// Called when the size of the buffer changes, and with 0 when the text has become empty.
    open func takes(_ bytes: Int) {}

    /// The written text; valid until the next append.
    @inlinable
    public final func withSpan<Result>(from start: Int = 0, _ body: (RawSpan) -> Result) -> Result {
        body(RawSpan(_unsafeStart: UnsafeRawPointer(buffer + start), byteCount: count - start))
    }

    public final var text: String { withSpan { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } } }

    /// A copy of what was written since `start`.
    public final func bytes(from start: Int) -> [UInt8] {
        withSpan(from: start) { span in span.withUnsafeBytes { [UInt8]($0) } }
    }

    /// Removes everything after the first `count` bytes. If nothing is left, a buffer that has grown large is freed.
    public final func truncate(to count: Int = 0) {
        self.count = count
        guard count == 0 else { return }
        takes(0)
        guard capacity > Self.keptCapacity else { return }
        buffer.deallocate()
        capacity = 512
        buffer = .allocate(capacity: capacity)
    }

    @inlinable @inline(__always)
    public final func reserve(_ more: Int) {
        if capacity - count < more { grow(more) }
    }

    /// The largest buffer that an empty text keeps. A kept buffer counts against nobody's memory limit.
    private static let keptCapacity = 64 << 10

    public final func grow(_ more: Int) {
        capacity = max(capacity < 1 << 20 ? 2 * capacity : capacity + capacity / 2, count + more)
        takes(capacity)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: buffer, count: count)
        buffer.deallocate()
        buffer = larger
    }

    @inlinable @inline(__always)
    public final func append(_ byte: UInt8) {
        reserve(1)
        buffer[count] = byte
        count += 1
    }

    @inlinable @inline(__always)
    public final func append(_ bytes: UnsafePointer<UInt8>, _ length: Int) {
        reserve(length)
        (buffer + count).update(from: bytes, count: length)
        count += length
    }

    /// Appends a part of the written text once more.
    @inlinable @inline(__always)
    public final func append(again range: Range<Int>) {
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

    @inlinable
    public final func append(raw text: StaticString) { append(text.utf8Start, text.utf8CodeUnitCount) }

    /// Not for literals, which are of the kind above.
    @_disfavoredOverload
    public final func append(raw text: String) {
        var text = text
        text.withUTF8 { utf8 in
            if let start = utf8.baseAddress { append(start, utf8.count) }
        }
    }

    /// Appends the shortest text that is read back as the same number.
    public final func append(_ value: Double) {
        var digits = Digits(text: self)
        value.write(to: &digits)
    }

    /// Receives the text of a number from the standard library without an intermediate string.
    private struct Digits: TextOutputStream {
        let text: JSONText

        mutating func write(_ part: String) { text.append(raw: part) }

        mutating func _writeASCII(_ part: UnsafeBufferPointer<UInt8>) {
            if let start = part.baseAddress { text.append(start, part.count) }
        }
    }

    public final func append(raw bytes: RawSpan) {
        bytes.withUnsafeBytes { raw in
            let raw = raw.assumingMemoryBound(to: UInt8.self)
            if let start = raw.baseAddress { append(start, raw.count) }
        }
    }

    public final func append(string text: String) {
        var text = text
        text.withUTF8 { _ = appendQuoted($0) }
    }

    /// Appends bytes, which must be UTF-8, as a string.
    public final func append(string bytes: RawSpan) {
        bytes.withUnsafeBytes { _ = appendQuoted($0.assumingMemoryBound(to: UInt8.self)) }
    }

    public final func append(raw bytes: [UInt8]) { append(raw: bytes.span.bytes) }

    public final func append(list texts: [String]) {
        append(raw: "[")
        for (position, text) in texts.enumerated() {
            if position > 0 { append(raw: ",") }
            append(string: text)
        }
        append(raw: "]")
    }

    public final func append(integer: Int64) {
        reserve(20)
        var magnitude = integer.magnitude
        if integer < 0 { append(UInt8(ascii: "-")) }
        var end = count + 1
        var rest = magnitude / 10
        while rest > 0 {
            end += 1
            rest /= 10
        }
        var place = end
        repeat {
            place -= 1
            buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
            magnitude /= 10
        } while magnitude > 0
        count = end
    }
}
