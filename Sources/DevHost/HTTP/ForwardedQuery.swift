import FunctionsModel

/// The query of a forwarded request as the host writes it. Values of one name are joined with a comma (host-contract
/// §7; golden/dotnet/query).
enum ForwardedQuery {
    static func text(_ query: String) -> String {
        HTTPQuery.values(in: query).entries.map { name, values in "\(encoded(name))=\(encoded(values.joinedValues))" }
            .joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        EscapedText.encode(text.utf8Span.span, keeping: "!$()*,;@")
    }
}
