import FunctionsModel
import HTTP

/// The query of a forwarded request as the host writes it. Values of one name are joined with a comma (host-contract
/// §7).
enum ForwardedQuery {
    static func text(_ query: String) -> String {
        HTTPQuery.values(in: "?\(query)").entries.map { name, values in
            "\(PercentEncoding.encode(name))=\(PercentEncoding.encode(values.joined(separator: ",")))"
        }.joined(separator: "&")
    }
}
