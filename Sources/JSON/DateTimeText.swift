/// Recognizes texts that the host's JSON reader treats as a date-time: `2026-03-01T10:20:30`, with an optional fraction
/// and zone, and Microsoft's old form `/Date(0)/`.
public enum DateTimeText {
    public static func matches(_ bytes: RawSpan) -> Bool {
        bytes.withUnsafeBytes { matches($0.assumingMemoryBound(to: UInt8.self)) }
    }

    @inlinable @inline(__always)
    public static func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        // This rules out nearly all texts cheaply.
        guard bytes.count >= 8 else { return false }
        return (bytes[4] == UInt8(ascii: "-") && bytes.count <= 40 || bytes[0] == UInt8(ascii: "/"))
            && matchesAll(bytes)
    }

    public static func matchesAll(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if bytes[0] == UInt8(ascii: "/") {
            return bytes.starts(with: "/Date(".utf8) && bytes.suffix(2).elementsEqual(")/".utf8)
        }
        // `9` stands for a digit.
        let shape: StaticString = "9999-99-99T99:99:99"
        guard bytes.count >= shape.utf8CodeUnitCount else { return false }
        for index in 0..<shape.utf8CodeUnitCount {
            let wanted = shape.utf8Start[index]
            guard wanted == UInt8(ascii: "9") ? isDigit(bytes[index]) : bytes[index] == wanted else { return false }
        }
        var index = shape.utf8CodeUnitCount
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard index < bytes.count, isDigit(bytes[index]) else { return false }
            while index < bytes.count, isDigit(bytes[index]) { index += 1 }
        }
        // .NET accepts more zone forms than RFC 3339, such as `z` and `+0200`.
        return bytes[index...].allSatisfy { isDigit($0) || "+-:Zz".utf8.contains($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
