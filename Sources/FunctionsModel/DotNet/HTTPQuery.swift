/// A query as ASP.NET Core reads it: the values of each name, without regard to case (golden/dotnet/query).
package enum HTTPQuery {
    package static func values(in query: String) -> CaselessDictionary<[String]> {
        var values: CaselessDictionary<[String]> = [:]
        for field in query.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = decoded(parts[0])
            values[name, default: []].append(parts.count > 1 ? decoded(parts[1]) : "")
            // .NET keeps the spelling of the second value from then on.
            if values[name]?.count == 2 { values.spell(name) }
        }
        return values
    }

    private static func decoded(_ text: Substring.UTF8View) -> String {
        let bytes = text.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
        return String(decoding: EscapedText.decode(bytes.span), as: UTF8.self)
    }
}

extension [String] {
    /// `StringValues.ToString`: empty values are left out.
    package var joinedValues: String { filter { !$0.isEmpty }.joined(separator: ",") }
}
