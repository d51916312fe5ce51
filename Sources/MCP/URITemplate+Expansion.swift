extension URITemplate {
    /// The URI for these values; nil if a variable outside a query has none.
    package func expand(_ values: [String: String]) -> String? {
        var output: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .literal(let literal): output += literal
            case .variable(let variable):
                guard let value = values[variable.name], !value.isEmpty else { return nil }
                Self.encode(value, variable.takes, into: &output)
            case .query(let names, let first):
                var separator = first
                for name in names {
                    guard let value = values[name] else { continue }
                    output.append(separator)
                    output += name.utf8
                    output.append(UInt8(ascii: "="))
                    Self.encode(value, .segment(commas: false), into: &output)
                    separator = UInt8(ascii: "&")
                }
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func encode(_ value: String, _ takes: Taken, into output: inout [UInt8]) {
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in value.utf8 {
            let isPlain: Bool
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: isPlain = true
            case UInt8(ascii: "/"):
                if case .segment = takes { isPlain = false } else { isPlain = true }
            default:
                isPlain =
                    "-._~".utf8.contains(byte) || takes.keepsReserved && ":?#[]@!$&'()*+,;=".utf8.contains(byte)
            }
            if isPlain {
                output.append(byte)
            } else {
                output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }
}
