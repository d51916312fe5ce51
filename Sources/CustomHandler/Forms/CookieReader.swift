import HTTP1

/// Finds a cookie in a `Cookie` header.
enum CookieReader {
    /// The number of bytes of a header that are searched. No server accepts more cookies than fit into them.
    static let limit = 64 << 10

    /// The value as it stands in the header. Whoever set the cookie decides how it is encoded.
    static func find(_ wanted: [UInt8], in header: RawSpan) -> [UInt8]? {
        let header = header.extracting(first: limit)
        var start = 0
        while start < header.byteCount {
            while start < header.byteCount, HeaderParameter.isSpace(header[start]) { start += 1 }
            var end = start
            var equals: Int?
            while end < header.byteCount, header[end] != UInt8(ascii: ";") {
                if equals == nil, header[end] == UInt8(ascii: "=") { equals = end }
                end += 1
            }
            if let equals, equals - start == wanted.count,
                wanted.indices.allSatisfy({ header[start + $0] == wanted[$0] })
            {
                var last = end
                while last > equals + 1, HeaderParameter.isSpace(header[last - 1]) { last -= 1 }
                return [UInt8](copying: header.extracting((equals + 1)..<last))
            }
            start = end + 1
        }
        return nil
    }
}
