/// Looks fields up in the bytes they were parsed from, without making anything of the others.
extension [FieldRange] {
    /// The value of the first field of that name, in any case.
    public func first(_ name: StaticString, in bytes: RawSpan) -> Range<Int>? {
        for field in self where field.hasName(name, in: bytes) { return field.value }
        return nil
    }

    public func first(_ name: String, in bytes: RawSpan) -> Range<Int>? {
        for field in self where field.hasName(name, in: bytes) { return field.value }
        return nil
    }

    public func last(_ name: StaticString, in bytes: RawSpan) -> Range<Int>? {
        for field in reversed() where field.hasName(name, in: bytes) { return field.value }
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
    public func hasName(_ name: StaticString, in bytes: RawSpan) -> Bool {
        guard Int(nameEnd &- nameStart) == name.utf8CodeUnitCount else { return false }
        // The literal lives as long as the program, and was just found to be as long as the range, which lies in the span.
        return bytes.extracting(self.name).withUnsafeBytes { equalsIgnoringCase($0, name.utf8Start) }
    }

    public func hasName(_ name: String, in bytes: RawSpan) -> Bool {
        var name = name
        guard Int(nameEnd &- nameStart) == name.utf8.count else { return false }
        return name.withUTF8 { name in
            bytes.extracting(self.name).withUnsafeBytes { bytes in
                name.baseAddress.map { equalsIgnoringCase(bytes, $0) } ?? true
            }
        }
    }
}

/// Compares as many bytes as the first argument has.
func equalsIgnoringCase(_ bytes: UnsafeRawBufferPointer, _ other: UnsafePointer<UInt8>) -> Bool {
    for (position, byte) in bytes.enumerated() where byte != other[position] {
        guard byte.asciiLowercased == other[position].asciiLowercased else { return false }
    }
    return true
}
