/// The value of a Content-Type header.
struct MediaType {
    /// `application/json`; nil if there is no header.
    let name: String?
    /// In lower case; nil if none is given.
    let charset: String?

    init(_ header: String?) {
        let parts = header?.split(separator: ";").map { $0.trimmed } ?? []
        name = parts.first
        charset = parts.dropFirst().lazy.map { $0.split(separator: "=", maxSplits: 1).map(\.trimmed) }
            .first { $0.count == 2 && $0[0].lowercased() == "charset" }
            .map { $0[1].filter { $0 != "\"" }.lowercased() }
    }

    var isJSON: Bool { ["application/json", "text/json"].contains(name?.lowercased()) }

    /// The body as text, in UTF-8 unless the charset is UTF-16; nil if it is not valid.
    func text(of body: [UInt8]) -> String? {
        guard charset == "utf-16" else {
            return String(validating: body.withoutMark([0xef, 0xbb, 0xbf]), as: UTF8.self)
        }
        let bytes = body.withoutMark([0xff, 0xfe])
        guard bytes.count.isMultiple(of: 2) else { return nil }
        let units = stride(from: bytes.startIndex, to: bytes.endIndex, by: 2).map {
            UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
        }
        return String(validating: units, as: UTF16.self)
    }
}

extension [UInt8] {
    fileprivate func withoutMark(_ mark: [UInt8]) -> ArraySlice<UInt8> {
        dropFirst(starts(with: mark) ? mark.count : 0)
    }
}

extension StringProtocol {
    /// The text without white space at either end, as with .NET's `Trim`.
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        return String(start.prefix(start.count - start.reversed().prefix { $0.isWhitespace }.count))
    }
}
