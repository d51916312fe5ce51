import FunctionsModel
import HTTP

/// The query of a URL, decoded as ASP.NET Core decodes it.
enum HTTPQuery {
    static func values(in url: String) -> CaselessDictionary<[String]> {
        var values: CaselessDictionary<[String]> = [:]
        guard let mark = url.utf8.firstIndex(of: UInt8(ascii: "?")) else { return values }
        for field in QueryString(Array(url.utf8[mark...].dropFirst())).fields {
            values[String(decoding: field.name, as: UTF8.self), default: []]
                .append(String(decoding: field.value, as: UTF8.self))
        }
        return values
    }
}
