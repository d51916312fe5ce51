extension RequestHead {
    /// Removes all fields of this name, ignoring case, from the head and from the bytes that it was parsed from. Later
    /// bytes move up.
    ///
    /// What the parser derived from the fields stays, such as the framing and `host`.
    public mutating func removeFields(_ name: String, from bytes: inout [UInt8]) {
        for position in fields.indices.reversed() where fields[position].hasName(name, in: bytes.span.bytes) {
            // A line ends where the next one begins; the last one ends before the blank line.
            let start = fields[position].name.lowerBound
            let end = position + 1 < fields.count ? fields[position + 1].name.lowerBound : length - 2
            bytes.removeSubrange(start..<end)
            fields.remove(at: position, width: UInt32(end - start))
            length -= end - start
            if let host, host.lowerBound >= end {
                self.host = host.lowerBound - (end - start)..<host.upperBound - (end - start)
            }
        }
    }
}
