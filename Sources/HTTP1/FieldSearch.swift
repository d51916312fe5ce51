/// Looks fields up in the bytes they were parsed from, without making anything of the others.
extension [FieldRange] {
    /// The value of the first field of that name, in any case.
    public func first(_ name: String, in bytes: RawSpan) -> Range<Int>? {
        for field in self where field.hasName(name, in: bytes) { return field.value }
        return nil
    }

    public func last(_ name: String, in bytes: RawSpan) -> Range<Int>? {
        for field in reversed() where field.hasName(name, in: bytes) { return field.value }
        return nil
    }

    public func values(_ name: String, in bytes: RawSpan) -> [Range<Int>] {
        compactMap { $0.hasName(name, in: bytes) ? $0.value : nil }
    }
}

extension FieldRange {
    public func hasName(_ name: String, in bytes: RawSpan) -> Bool {
        guard Int(nameEnd &- nameStart) == name.utf8.count else { return false }
        return bytes.extracting(self.name).withUnsafeBytes { $0.equalsIgnoringCase(name) }
    }
}

extension UnsafeRawBufferPointer {
    /// Only for ASCII letters.
    func equalsIgnoringCase(_ text: String) -> Bool {
        guard count == text.utf8.count else { return false }
        var text = text
        return text.withUTF8 { text in
            // Both have as many bytes.
            for (position, byte) in enumerated() where byte != text[position] {
                guard byte.asciiLowercased == text[position].asciiLowercased else { return false }
            }
            return true
        }
    }
}
