/// Where the names of members lie in the text that was written last, to be copied from there: most come again and again.
///
/// A name is known by Lua's own copy, which cannot change or move while the value that is being written holds it. So all is
/// forgotten when another value begins, or when written text is removed.
struct WrittenNames {
    private struct Name {
        var text: UnsafePointer<CChar>?
        var era = 0
        var range = 0..<0
    }

    private static let bits: UInt64 = 8
    /// Allocated with the first name, as most writers write none.
    private var names: UnsafeMutablePointer<Name>?
    private var era = 1

    /// For the owner's end.
    func deallocate() { names?.deallocate() }

    mutating func forget() { era += 1 }

    /// Where the name was written.
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
