extension Array where Element == UInt8 {
    public mutating func append(copying bytes: RawSpan) {
        // A lent span cannot be handed to a collection otherwise; the pointer does not leave the closure.
        bytes.withUnsafeBytes { append(contentsOf: $0) }
    }

    public init(copying bytes: RawSpan) {
        self = bytes.withUnsafeBytes { Array($0) }
    }
}

extension String {
    /// Reads UTF-8. What is not becomes U+FFFD.
    public init(repairing bytes: RawSpan) {
        self = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
