/// Reads numbers from texts that were not checked before.
extension JSONScanner {
    public mutating func number() throws(JSONError) -> JSONNumber {
        let first = cursor
        let isNegative = byte == UInt8(ascii: "-")
        if isNegative { cursor += 1 }
        guard isDigit else {
            cursor = first
            if isNegative { throw error(.invalidNumber) }
            throw unexpected("a value")
        }
        let isZero = byte == UInt8(ascii: "0")
        cursor += 1
        if isZero, isDigit { throw error(.invalidNumber, at: first) }
        skipDigits()
        var isInteger = true
        if byte == UInt8(ascii: ".") {
            isInteger = false
            cursor += 1
            guard isDigit else { throw error(.invalidNumber, at: first) }
            skipDigits()
        }
        if byte | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            cursor += 1
            if byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") { cursor += 1 }
            guard isDigit else { throw error(.invalidNumber, at: first) }
            skipDigits()
        }
        guard cursor - first <= Self.longestNumber else { throw error(.numberOutOfRange, at: first) }
        let text = String(decoding: UnsafeBufferPointer(start: first, count: cursor - first), as: UTF8.self)
        // -0 is a double.
        if isInteger, let value = Int64(text), value != 0 || !isNegative { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw error(.numberOutOfRange, at: first) }
        return .double(value)
    }

    /// The byte at the cursor; 0 at the end.
    private var byte: UInt8 { cursor < end ? cursor.pointee : 0 }

    private var isDigit: Bool { byte &- UInt8(ascii: "0") < 10 }

    private mutating func skipDigits() {
        while isDigit { cursor += 1 }
    }
}
