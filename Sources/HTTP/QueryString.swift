import HTTP1

/// Reads the fields of a URL's query one by one, without copying them.
package enum QueryString {
    /// Calls `body` with the name and value of each field of a URL's query until it returns false. Names and values are
    /// not decoded.
    package static func forEachField(of url: RawSpan, _ body: (_ name: RawSpan, _ value: RawSpan) -> Bool) {
        var start = 0
        while start < url.byteCount, url[start] != UInt8(ascii: "?") { start += 1 }
        start += 1
        while start < url.byteCount, url[start] != UInt8(ascii: "#") {
            var end = start
            var nameEnd: Int?
            while end < url.byteCount, url[end] != UInt8(ascii: "&"), url[end] != UInt8(ascii: "#") {
                if nameEnd == nil, url[end] == UInt8(ascii: "=") { nameEnd = end }
                end += 1
            }
            if end > start {
                let name = url.extracting(start..<(nameEnd ?? end))
                guard body(name, url.extracting((nameEnd.map { $0 + 1 } ?? end)..<end)) else { return }
            }
            start = end < url.byteCount && url[end] == UInt8(ascii: "&") ? end + 1 : end
        }
    }

    package static func isPlain(_ text: RawSpan) -> Bool {
        for index in 0..<text.byteCount where text[index] == UInt8(ascii: "%") || text[index] == UInt8(ascii: "+") {
            return false
        }
        return true
    }

    package static func decode(_ text: RawSpan) -> [UInt8] {
        PercentEncoding.decode(text.withUnsafeBytes { Array($0) }, plusIsSpace: true)
    }

    /// Whether the decoded text is this name. Decoding never makes a text longer.
    package static func isName(_ text: RawSpan, _ name: RawSpan) -> Bool {
        guard text.byteCount >= name.byteCount else { return false }
        guard isPlain(text) else {
            let text = decode(text)
            return equal(text.span.bytes, name)
        }
        return equal(text, name)
    }

    private static func equal(_ text: RawSpan, _ name: RawSpan) -> Bool {
        guard text.byteCount == name.byteCount else { return false }
        for index in 0..<text.byteCount where text[index] != name[index] { return false }
        return true
    }
}
