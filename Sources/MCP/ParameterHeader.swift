/// The fields `Mcp-Param-…`, which repeat arguments of a tool for proxies that do not read bodies (mcp-contract §2).
package enum ParameterHeader {
    /// An argument as it stands in the body.
    package enum Value: Sendable, Equatable {
        case string(String)
        case integer(Int64)
        /// Also for integers that are written as 42.0 or that 64 bits cannot hold.
        case number(Double)
        case boolean(Bool)
    }

    /// What is wrong with the field of an argument; nil if it repeats the argument. Do not call it for arguments that
    /// are absent or null, because for them no field is expected.
    ///
    /// - Parameters:
    ///   - name: the part of the field's name after `Mcp-Param-`.
    ///   - field: the value of the field.
    package static func fault(_ name: String, _ field: String?, _ value: Value) -> String? {
        guard let field else { return "Mcp-Param-\(name) is missing" }
        guard let text = Sentinel.decode(Post.trim(field)) else {
            return "Mcp-Param-\(name) is not valid base64 of UTF-8"
        }
        let agrees =
            switch value {
            case .string(let string): text == string
            case .boolean(let truth): text == (truth ? "true" : "false")
            case .integer(let integer):
                // Beyond 2^53 a double would take neighbours for equal.
                Int64(text).map { $0 == integer } ?? (number(text) == Double(integer))
            case .number(let double): number(text) == double
            }
        return agrees ? nil : "Mcp-Param-\(name) differs from the argument"
    }

    /// A decimal number; nil also for the words that Swift takes for numbers.
    private static func number(_ text: String) -> Double? {
        let isDecimal = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte)
        }
        return isDecimal && text.utf8.count <= 400 ? Double(text) : nil
    }
}
