import FunctionsModel

/// The value of a Content-Type header.
struct MediaType {
    private let header: String?
    /// `application/json`; nil if there is no header.
    let name: String?
    /// The charset in lower case; nil if none is given.
    let charset: String?

    init(_ header: String?) {
        self.header = header
        let parts = header?.split(separator: ";").map { $0.trimmed } ?? []
        name = parts.first
        charset = parts.dropFirst().lazy.compactMap(Self.charset).first
    }

    /// The type without parameters, in lower case; empty if there is no header.
    static func essence(of header: String?) -> String {
        (header ?? "").prefix { $0 != ";" && $0 != " " }.lowercased()
    }

    /// The charset that a parameter names; nil for other parameters.
    private static func charset(_ parameter: some StringProtocol) -> String? {
        let parts = parameter.split(separator: "=", maxSplits: 1).map(\.trimmed)
        guard parts.count == 2, parts[0].lowercased() == "charset" else { return nil }
        return parts[1].filter { $0 != "\"" }.lowercased()
    }

    var isJSON: Bool { ["application/json", "text/json"].contains(name?.lowercased()) }

    /// The body as text, in the charset, or without one by the byte order mark; nil if it is invalid.
    func text(of body: [UInt8]) -> String? {
        let decoded = StreamText(body, charset: charset)
        return decoded.isSpoiled ? nil : decoded.text
    }
}

extension MediaType {
    /// The charsets in which ASP.NET writes a body.
    static let supportedCharsets = ["utf-8", "utf-16"]

    /// The header with UTF-8 in place of a charset that ASP.NET does not write, and of a missing one.
    var inSupportedCharset: String? {
        guard let header else { return nil }
        guard let charset else { return header + "; charset=utf-8" }
        let isSupported = Self.supportedCharsets.contains(charset)
        return header.split(separator: ";").map(\.trimmed)
            .map { isSupported || Self.charset($0) == nil ? $0 : "charset=utf-8" }.joined(separator: "; ")
    }
}
