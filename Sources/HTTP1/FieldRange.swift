/// The place of one header field in the bytes it was parsed from. The value has no white space around it.
public struct FieldRange: Hashable, Sendable {
    var nameStart: UInt32
    var nameEnd: UInt32
    var valueStart: UInt32
    var valueEnd: UInt32

    public var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    public var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }

    /// Whether the field has this name, ignoring case.
    public func hasName(_ name: String, in bytes: RawSpan) -> Bool {
        guard Int(nameEnd &- nameStart) == name.utf8.count else { return false }
        return bytes.extracting(self.name).withUnsafeBytes { $0.equalsIgnoringCase(name) }
    }
}

extension UnsafeRawBufferPointer {
    /// Compares bytes, ignoring the case of ASCII letters only.
    func equalsIgnoringCase(_ text: String) -> Bool {
        guard count == text.utf8.count else { return false }
        var text = text
        return text.withUTF8 { text in
            guard let own = baseAddress, let other = UnsafeRawPointer(text.baseAddress) else { return true }
            // Both have `count` bytes, so every load is in bounds.
            var position = 0
            while position &+ 8 <= count {
                guard Self.isEqual(own.word(at: position), other.word(at: position)) else { return false }
                position &+= 8
            }
            while position < count {
                guard own.byte(at: position).asciiLowercased == other.byte(at: position).asciiLowercased else {
                    return false
                }
                position &+= 1
            }
            return true
        }
    }

    @inline(__always)
    private static func isEqual(_ a: UInt64, _ b: UInt64) -> Bool { a == b || lowercased(a) == lowercased(b) }

    /// Sets the bit 0x20 of each of eight bytes that is a letter from A to Z.
    @inline(__always)
    private static func lowercased(_ word: UInt64) -> UInt64 {
        let ascii = word & 0x7f7f_7f7f_7f7f_7f7f
        let fromA = ascii &+ 0x3f3f_3f3f_3f3f_3f3f
        let pastZ = ascii &+ 0x2525_2525_2525_2525
        return word | (fromA & ~pastZ & ~word & 0x8080_8080_8080_8080) >> 2
    }
}
