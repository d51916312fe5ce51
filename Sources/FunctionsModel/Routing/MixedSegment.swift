/// Matches a segment such as `{name}.{ext}` from right to left, as ASP.NET Core does. It looks for each literal as far
/// right as possible and never tries a position further left.
///
/// For example, `{name}.{ext}` splits `a.b.c` into `a.b` and `c`. The time is bounded, because there is no
/// backtracking.
enum MixedSegment {
    /// The range of each parameter that has a value, at the index of its part; nil if the text does not match.
    static func match(_ parts: [RouteTemplate.Part], _ text: Span<UInt8>) -> [Range<Int>?]? {
        let ranges = match(parts, count: parts.count, text)
        guard ranges == nil, case .parameter(let last)? = parts.last, last.isOptional else { return ranges }
        // If the optional parameter is missing, the dot before it must be missing too.
        guard text[text.count - 1] != UInt8(ascii: ".") else { return nil }
        return match(parts, count: parts.count - 2, text)
    }

    private static func match(
        _ parts: [RouteTemplate.Part], count: Int, _ text: Span<UInt8>
    ) -> [Range<Int>?]? {
        var ranges = [Range<Int>?](repeating: nil, count: parts.count)
        /// The text from this position on is matched.
        var end = text.count
        /// A parameter whose value ends at `end`; the literal to its left tells where it begins.
        var pending: Int?
        for index in (0..<count).reversed() {
            guard case .literal(let literal) = parts[index] else {
                pending = index
                continue
            }
            let limit = pending == nil ? end : end - 1
            guard limit > 0, let place = OrdinalCase.lastRange(of: literal.folded, in: text, before: limit) else {
                return nil
            }
            if let parameter = pending {
                ranges[parameter] = place.upperBound..<end
            } else if place.upperBound != end {
                return nil
            }
            pending = nil
            end = place.lowerBound
        }
        guard let pending else { return end == 0 ? ranges : nil }
        ranges[pending] = 0..<end
        return end > 0 ? ranges : nil
    }
}
