/// The media types that a caller's `Accept` header prefers, as ASP.NET reads it.
struct AcceptedTypes {
    /// The best one first; empty if the caller takes everything.
    private let ranges: [String]

    init(_ header: String?) {
        let parts = (header ?? "").split(separator: ",").map { part in
            part.split(separator: ";").map { String($0.filter { $0 != " " }).lowercased() }
        }
        let ranges = parts.compactMap { part in
            part.first.map { (range: $0, quality: part.dropFirst().lazy.compactMap(Self.quality).first ?? 1) }
        }
        // A browser's header ends with */*, and ASP.NET then ignores all of it.
        let takesAll = ranges.contains { $0.range == "*/*" }
        let sorted = ranges.enumerated().sorted {
            ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset)
        }
        self.ranges = takesAll ? [] : sorted.map(\.element.range)
    }

    private static func quality(_ parameter: String) -> Double? {
        parameter.hasPrefix("q=") ? Double(parameter.dropFirst(2)) : nil
    }

    /// The first of these types in the caller's order; nil if it names none of them.
    func preferred(among types: [String]) -> String? {
        for range in ranges {
            let found = types.first { $0 == range || (range.hasSuffix("/*") && $0.hasPrefix(range.dropLast())) }
            if let found { return found }
        }
        return nil
    }
}
