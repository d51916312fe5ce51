internal import CLua
public import JSON

/// Reads a long JSON text onto a Lua stack in pieces, so that other invocations can run in between. It first copies the
/// text, then checks it, then makes the values. A text that is large relative to the VM's memory is read without a
/// copy, which is slower.
public final class LongJSONReader {
    /// Texts of at least this length are read in pieces. A shorter text takes only part of a time slice.
    public static let shortest = 128 << 10

    private let nulls: JSONReader.Nulls
    /// The number of nesting levels around the text.
    private let depth: Int
    private let outline = JSONOutline()
    private var held: HeldBytes?
    private var stage = Stage.copying
    /// The number of bytes that have been copied; nil before the first.
    private var copied: Int?
    private var reader: JSONReader?
    private var sparing: SparingJSONReader?

    private enum Stage { case copying, checking, reading }

    public init(nulls: JSONReader.Nulls = .sentinel, depth: Int = 0) {
        self.nulls = nulls
        self.depth = depth
    }

    /// Returns true when the text is read and its value is on top of the stack, or false if the time slice ended before
    /// that. Until it returns true, the stack holds unfinished values, and `text` must not change. [+1 at the end]
    public func advance(_ text: RawSpan, onto stack: LuaStack) throws(JSONError) -> Bool {
        let text = text.extracting(droppingFirst: text.byteOrderMarkLength)
        if copied == nil, sparing == nil, !hasRoomForCopy(of: text, stack) {
            sparing = SparingJSONReader(nulls: nulls, depth: depth)
        }
        if sparing != nil { return try sparing?.advance(text, onto: stack) ?? true }
        if stage == .copying {
            guard try copy(text, onto: stack) else { return false }
            stage = .checking
        }
        if stage == .checking {
            guard try check(stack) else { return false }
            stage = .reading
            reader = JSONReader(outline.checked, stack: stack, limits: stack, nulls: nulls)
        }
        guard try reader?.proceed() != false else { return false }
        reader = nil
        return true
    }

    /// The same for the string at `index`.
    public func advance(at index: Int, of stack: LuaStack) throws(JSONError) -> Bool {
        try stack.withBytes(at: index) { text throws(JSONError) in try advance(text, onto: stack) } ?? true
    }

    /// Whether the copy and the outline take only a small part of the memory, and offsets fit 32 bits.
    private func hasRoomForCopy(of text: RawSpan, _ stack: LuaStack) -> Bool {
        text.byteCount < UInt32.max && text.byteCount <= stack.memoryLimit / 16
            && stack.hasRoom(for: 2 * text.byteCount)
    }

    private func copy(_ text: RawSpan, onto stack: LuaStack) throws(JSONError) -> Bool {
        if copied == nil {
            outline.begin(text.byteCount, depth: depth)
            held = HeldBytes(stack.vm)
            copied = 0
        }
        while let offset = copied, offset < text.byteCount {
            let end = min(text.byteCount, offset + Stretch.bytes)
            text.extracting(offset..<end).withUnsafeBytes {
                outline.copy($0.assumingMemoryBound(to: UInt8.self), to: offset)
            }
            copied = end
            held?.set(end)
            guard try outline.hasTime(after: 0, stack) else { return false }
        }
        return true
    }

    private func check(_ stack: LuaStack) throws(JSONError) -> Bool {
        while true {
            switch outline.proceed(by: JSONScanner.stretch) {
            case .json: return true
            case .notJSON: throw outline.mistake
            case .unfinished:
                held?.set((copied ?? 0) + outline.listSize)
                guard try outline.hasTime(after: JSONScanner.stretch, stack) else { return false }
            }
        }
    }
}
