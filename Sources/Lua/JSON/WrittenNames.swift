/// Remembers where member names lie in the text that was written last. Most names recur, and copying a written name is
/// faster than quoting it again.
///
/// A name is identified by the address of Lua's own copy. That copy cannot change or move while the value that is being
/// written holds it. Therefore all names are forgotten when another value begins or when written text is removed.
struct WrittenNames {
    private struct Name {
        var text: UnsafePointer<CChar>?
        var era = 0
        var range = 0..<0
    }

    private static let bits: UInt64 = 8
    /// Allocated when the first name is added, because most writers write no names.
    private var names: UnsafeMutablePointer<Name>?
    private var era = 1

    /// The owner calls this when it ends.
    func deallocate() { names?.deallocate() }

    mutating func forget() { era += 1 }

    /// The range in the text where the name was written before; nil if it is not known.
    @inline(__always)
    func find(_ text: UnsafePointer<CChar>) -> Range<Int>? {
        guard let name = names.map({ $0 + Self.place(of: text) }) else { return nil }
        return name.pointee.text == text && name.pointee.era == era ? name.pointee.range : nil
    }

    mutating func add(_ text: UnsafePointer<CChar>, at range: Range<Int>) {
        let names = names ?? .allocate(capacity: 1 << Self.bits)
        if self.names == nil {
            names.initialize(repeating: Name(), count: 1 << Self.bits)
            self.names = names
        }
        names[Self.place(of: text)] = Name(text: text, era: era, range: range)
    }

    @inline(__always)
    private static func place(of text: UnsafePointer<CChar>) -> Int {
        Int(truncatingIfNeeded: (UInt64(UInt(bitPattern: text)) &* 0x9e37_79b9_7f4a_7c15) &>> (64 - bits))
    }
}
