import FunctionsModel

/// The value of a Content-Type header.
struct MediaType {
    /// `application/json`; nil if there is no header.
    let name: String?
    /// The charset in lower case; nil if none is given.
    let charset: String?

    init(_ header: String?) {
        let parts = header?.split(separator: ";").map { $0.trimmed } ?? []
        name = parts.first
        charset = parts.dropFirst().lazy.map { $0.split(separator: "=", maxSplits: 1).map(\.trimmed) }
            .first { $0.count == 2 && $0[0].lowercased() == "charset" }
            .map { $0[1].filter { $0 != "\"" }.lowercased() }
    }

    var isJSON: Bool { ["application/json", "text/json"].contains(name?.lowercased()) }

    /// The body as text, in the charset, or without one by the byte order mark; nil if it is invalid.
    func text(of body: [UInt8]) -> String? {
        let decoded = StreamText(body, charset: charset)
        return decoded.isSpoiled ? nil : decoded.text
    }
}
