import FunctionsModel

/// The query of a forwarded request as the host writes it. Values of one name are joined with a comma (host-contract
/// §7).
enum ForwardedQuery {
    static func text(_ query: String) -> String {
        HTTPQuery.values(in: "?\(query)").entries.map { name, values in
            "\(encoded(name))=\(encoded(values.joined(separator: ",")))"
        }.joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += "%" + byte.padded(2, radix: 16, uppercase: true)
            }
        }
        return result
    }
}
