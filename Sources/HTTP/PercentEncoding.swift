import HTTP1

/// RFC 3986 percent-encoding of bytes.
package enum PercentEncoding {
    /// Encodes everything but letters, digits, `-`, `.`, `_` and `~`.
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        encode(bytes.span.bytes, into: &output)
        return output
    }

    package static func encode(_ bytes: RawSpan, into output: inout [UInt8]) {
        for index in 0..<bytes.byteCount {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                output.append(byte)
            default:
                output.append(UInt8(ascii: "%"))
                output.append(digits[Int(byte >> 4)])
                output.append(digits[Int(byte & 15)])
            }
        }
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    package static func encode(_ text: String) -> String {
        String(decoding: encode(Array(text.utf8)), as: UTF8.self)
    }

    /// Decodes bytes. A `%` that is not followed by two hexadecimal digits stays.
    package static func decode(_ bytes: [UInt8], plusIsSpace: Bool) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        let text = bytes.span.bytes
        var index = 0
        while index < text.byteCount { result.append(decode(text, &index, plusIsSpace: plusIsSpace)) }
        return result
    }

    /// Decodes the byte at `index`, and moves `index` past it.
    package static func decode(_ text: RawSpan, _ index: inout Int, plusIsSpace: Bool) -> UInt8 {
        let byte = text[index]
        if byte == UInt8(ascii: "%"), index + 2 < text.byteCount, let high = digit(text[index + 1]),
            let low = digit(text[index + 2])
        {
            index += 3
            return high << 4 | low
        }
        index += 1
        return plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
