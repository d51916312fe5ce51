/// Percent-encoded text of a URL as .NET reads and writes it (golden/dotnet/query, routes).
package enum EscapedText {
    /// Decodes percent escapes. Every escape that is not hexadecimal or not part of valid UTF-8 stays as it is written.
    ///
    /// - Parameter keepsSlash: whether `%2F` stays, so that a value can contain a slash without becoming two segments.
    package static func decode(_ text: Span<UInt8>, keepsSlash: Bool = false) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard text[index] == percent, let first = escape(text, index), !(keepsSlash && first == RequestPath.slash)
            else {
                result.append(text[index])
                index += 1
                continue
            }
            if first < 0x80 {
                result.append(first)
                index += 3
                continue
            }
            var bytes = [first]
            let count = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
            while bytes.count < count, let next = escape(text, index + 3 * bytes.count) { bytes.append(next) }
            if bytes.count == count, String(validating: bytes, as: UTF8.self) != nil {
                result.append(contentsOf: bytes)
                index += 3 * count
            } else {
                for offset in 0..<3 { result.append(text[index + offset]) }
                index += 3
            }
        }
        return result
    }

    /// Encodes everything but letters, digits, `-._~`, the other characters to keep, and what is an escape already.
    ///
    /// - Parameter escapes: whether a `%` before two hexadecimal digits stays.
    package static func encode(_ text: Span<UInt8>, keeping others: StaticString, escapes: Bool = false) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for index in text.indices {
            let byte = text[index]
            if isUnreserved(byte) || contains(others, byte) || escapes && escape(text, index) != nil {
                result.append(byte)
            } else {
                result.append(percent)
                result.append(digits[Int(byte >> 4)])
                result.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The byte that the escape at `index` represents.
    private static func escape(_ text: Span<UInt8>, _ index: Int) -> UInt8? {
        guard index + 2 < text.count, text[index] == percent, let high = digit(text[index + 1]),
            let low = digit(text[index + 2])
        else { return nil }
        return high << 4 | low
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        if byte &- UInt8(ascii: "0") < 10 { return byte - UInt8(ascii: "0") }
        let letter = (byte | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : nil
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || contains("-._~", byte)
    }

    private static func contains(_ text: StaticString, _ byte: UInt8) -> Bool {
        text.withUTF8Buffer { $0.contains(byte) }
    }

    private static let percent = UInt8(ascii: "%")
    private static let digits = Array("0123456789ABCDEF".utf8)
}
