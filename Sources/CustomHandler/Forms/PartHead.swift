/// The values of the header fields of a part of a multipart body.
///
/// Names of fields and files are read in every form that browsers and other clients send (RFC 7578, RFC 8187, RFC 2231,
/// RFC 2047, and `%22` as the HTML standard has it). Only a part with a `filename`, whatever its form, is a file.
struct PartHead {
    private(set) var name: [UInt8]?
    private(set) var filename: [UInt8]?
    private(set) var contentType: [UInt8]?
    /// The reason why the head cannot be read.
    private(set) var problem: String?
    /// Where the part's body begins.
    let body: Int

    init(_ head: [UInt8], body: Int) {
        self.body = body
        for line in Self.lines(of: head) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let value = Array(line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 })
            switch String(decoding: line[..<colon], as: UTF8.self).lowercased() {
            case "content-type": contentType = value
            case "content-disposition":
                let parameters = HeaderParameter.all(in: value)
                name = Self.text("name", parameters)
                filename = Self.text("filename", parameters)
            default: break
            }
        }
        // The last line has no end of its own.
        if head.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast().contains(where: { $0.last != 0x0d })
        {
            problem = "the lines of a part's head in the multipart body end with LF; they must end with CR LF"
        }
    }

    /// The lines of the head. A line that begins with a space continues the line before.
    private static func lines(of head: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = 0
        while start <= head.count {
            var end = start
            while end < head.count, !(head[end] == 0x0d && end + 1 < head.count && head[end + 1] == 0x0a) { end += 1 }
            let line = head[start..<end]
            if let first = line.first, first == 0x20 || first == 0x09, !lines.isEmpty {
                lines[lines.count - 1] += [0x20] + line.drop { $0 == 0x20 || $0 == 0x09 }
            } else {
                lines.append(Array(line))
            }
            start = end + 2
        }
        return lines
    }

    /// The value of a parameter. The form with an asterisk wins if it can be read. One that cannot stays as it is.
    private static func text(_ name: String, _ parameters: [HeaderParameter]) -> [UInt8]? {
        func value(_ name: String) -> [UInt8]? { parameters.first { $0.name == Array(name.utf8) }?.value }
        let extended = value(name + "*")
        if let text = extended.flatMap({ EncodedText.extended($0) }) { return text }
        if let text = HeaderParameter.continued(name, in: parameters) { return text }
        if let plain = value(name) { return EncodedText.words(withoutEscapes(plain)) }
        return extended
    }

    /// Browsers escape a double quote and line breaks in a name, but not the percent sign.
    private static func withoutEscapes(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(UInt8(ascii: "%")) else { return text }
        var result: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            let escape = byte == UInt8(ascii: "%") ? escapes.first { rest.starts(with: $0.code) } : nil
            result.append(escape?.byte ?? byte)
            if let escape { rest = rest.dropFirst(escape.code.count) }
        }
        return result
    }

    private static let escapes: [(code: [UInt8], byte: UInt8)] = [
        (Array("22".utf8), 0x22), (Array("0D".utf8), 0x0d), (Array("0A".utf8), 0x0a),
    ]
}
