import HTTP1

/// The head of a response without the lines that are not header fields. Such a line is a mistake of the server, and
/// usually a harmless one.
struct OddFields {
    let head: [UInt8]
    /// The text before the colon in each dropped line, or the whole line.
    let names: [String]
    /// The size in bytes of the original head.
    let length: Int

    private static let lineBreak = [UInt8(ascii: "\r"), UInt8(ascii: "\n")]

    /// Returns nil if the head is not complete.
    init?(_ bytes: [UInt8]) {
        guard let end = Self.end(of: bytes) else { return nil }
        var head: [UInt8] = []
        var names: [String] = []
        var start = 0
        var isLeftOut = false
        while start < end - 2 {
            let next = Self.lineEnd(in: bytes, from: start)
            let line = bytes[start..<next]
            // The first line is the status line. A line that begins with a space continues the previous one.
            let isFirst = start == 0
            let isMore = !isFirst && (line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t"))
            if isMore {
                if !isLeftOut { names.append(Self.name(of: line)) }
            } else if isFirst || Self.isField(line) || Self.frames(line) {
                isLeftOut = false
                head += line + Self.lineBreak
            } else {
                isLeftOut = true
                names.append(Self.name(of: line))
            }
            start = next + 2
        }
        self.head = head + Self.lineBreak
        self.names = names
        length = end
    }

    private static func end(of bytes: [UInt8]) -> Int? {
        bytes.firstRange(of: lineBreak + lineBreak)?.upperBound
    }

    private static func lineEnd(in bytes: [UInt8], from start: Int) -> Int {
        bytes[start...].firstRange(of: lineBreak)?.lowerBound ?? bytes.count
    }

    private static func isField(_ line: ArraySlice<UInt8>) -> Bool {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return HTTPFields.isValidName(String(decoding: line[..<colon], as: UTF8.self))
            && HTTPFields.isValidValue(line[(colon + 1)...])
    }

    /// Whether the line is about the length of the body. Such a line is kept, so that the parser refuses the response.
    private static func frames(_ line: ArraySlice<UInt8>) -> Bool {
        let name = name(of: line).lowercased()
        return name.contains("content-length") || name.contains("transfer-encoding")
    }

    private static func name(of line: ArraySlice<UInt8>) -> String {
        String(decoding: line.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
    }
}

extension ResponseError {
    /// Whether the error concerns a single field, so that dropping its line may help.
    var isOfOneField: Bool { [.fieldName, .fieldValue, .foldedField].contains(self) }
}
