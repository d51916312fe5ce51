/// A parameter of a header field: `form-data; name="a"; filename=b`.
struct HeaderParameter {
    /// In lower case.
    let name: [UInt8]
    let value: [UInt8]

    static func find(_ wanted: String, in header: [UInt8]) -> [UInt8]? {
        all(in: header).first { $0.name == Array(wanted.utf8) }?.value
    }

    static func all(in header: [UInt8]) -> [HeaderParameter] {
        var parameters: [HeaderParameter] = []
        var index = header.firstIndex(of: UInt8(ascii: ";")) ?? header.count
        while index < header.count {
            index += 1
            while index < header.count, isSpace(header[index]) { index += 1 }
            let start = index
            while index < header.count, header[index] != UInt8(ascii: "="), header[index] != UInt8(ascii: ";") {
                index += 1
            }
            let name = Array(header[start..<index]).lowercased
            var value: [UInt8] = []
            if index < header.count, header[index] == UInt8(ascii: "=") {
                index += 1
                if index < header.count, header[index] == UInt8(ascii: "\"") {
                    (value, index) = quoted(header, from: index + 1)
                } else {
                    let first = index
                    while index < header.count, header[index] != UInt8(ascii: ";"), !isSpace(header[index]) {
                        index += 1
                    }
                    value = Array(header[first..<index])
                }
            }
            parameters.append(HeaderParameter(name: name, value: value))
            while index < header.count, header[index] != UInt8(ascii: ";") { index += 1 }
        }
        return parameters
    }

    // MARK: Continued values

    /// The value of a parameter that is sent in pieces (RFC 2231): `filename*0="a "; filename*1*=%20b`. Mail libraries
    /// cut long values so. Returns nil if there is no first piece.
    static func continued(_ wanted: String, in parameters: [HeaderParameter]) -> [UInt8]? {
        var pieces: [Int: (value: [UInt8], isEncoded: Bool)] = [:]
        for parameter in parameters where parameter.name.starts(with: "\(wanted)*".utf8) {
            var number = parameter.name.dropFirst(wanted.utf8.count + 1)
            let isEncoded = number.last == UInt8(ascii: "*")
            if isEncoded { number.removeLast() }
            guard let number = Int(String(decoding: number, as: UTF8.self)), pieces[number] == nil else { continue }
            pieces[number] = (parameter.value, isEncoded)
        }
        var (plain, encoded): ([UInt8], [UInt8]) = ([], [])
        var number = 0
        while let piece = pieces[number] {
            plain += piece.value
            // Only the first piece names the charset.
            if number == 0, !piece.isEncoded { encoded += "UTF-8''".utf8 }
            encoded += piece.isEncoded ? piece.value : percentEncoded(piece.value)
            number += 1
        }
        guard number > 0 else { return nil }
        let isEncoded = (0..<number).contains { pieces[$0]?.isEncoded == true }
        return isEncoded ? EncodedText.extended(encoded) ?? plain : plain
    }

    private static func percentEncoded(_ text: [UInt8]) -> [UInt8] {
        text.flatMap { byte in
            byte == UInt8(ascii: "%") ? Array("%25".utf8) : [byte]
        }
    }

    // MARK: Spaces

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    // MARK: Quoted values

    /// The quoted value that begins at `start`, and the index after it.
    ///
    /// Some clients escape quotes and backslashes with a backslash, others send both as they are. The reading counts
    /// after which the header goes on as it must: with a semicolon, or not at all.
    private static func quoted(_ header: [UInt8], from start: Int) -> ([UInt8], Int) {
        for takesEscapes in [true, false] {
            let (value, end) = value(header, from: start, takesEscapes)
            if let end, isEnd(header, end) { return (value, end) }
        }
        // Quotes that are not escaped belong to the value, up to the one that ends it.
        var end = start
        while end < header.count, header[end] != UInt8(ascii: "\"") || !isEnd(header, end + 1) { end += 1 }
        if end < header.count { return (Array(header[start..<end]), end + 1) }
        return (Array(header[start...]), header.count)
    }

    /// The value up to the first quote that is not escaped, and the index after that quote; nil if there is none.
    private static func value(_ header: [UInt8], from start: Int, _ takesEscapes: Bool) -> ([UInt8], Int?) {
        var value: [UInt8] = []
        var index = start
        while index < header.count {
            var byte = header[index]
            index += 1
            if byte == UInt8(ascii: "\"") { return (value, index) }
            if takesEscapes, byte == UInt8(ascii: "\\"), index < header.count,
                header[index] == UInt8(ascii: "\"") || header[index] == UInt8(ascii: "\\")
            {
                byte = header[index]
                index += 1
            }
            value.append(byte)
        }
        return (value, nil)
    }

    /// Whether a parameter may end at `index`.
    private static func isEnd(_ header: [UInt8], _ index: Int) -> Bool {
        let next = header[index...].first { !isSpace($0) }
        return next == nil || next == UInt8(ascii: ";")
    }
}
