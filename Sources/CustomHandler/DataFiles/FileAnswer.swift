import HTTP1

/// The response to a request for a file: the whole file, a part of it, or that the caller has it already (RFC 9110, 13
/// and 14).
struct FileAnswer: Equatable {
    let status: Int
    /// The bytes of the file that are sent; nil for none.
    let range: Range<Int>?

    /// What a request says about the file that it wants.
    struct Conditions: Equatable {
        var method = HTTPMethod.get
        /// The values of these headers, each line on its own.
        var ifNoneMatch: [String] = []
        var ifRange: [String] = []
        var range: [String] = []
    }

    /// - Parameter tag: the file's entity tag, with its quotes.
    init(_ conditions: Conditions, size: Int, tag: String) {
        let reads = conditions.method == .get || conditions.method == .head
        if reads, conditions.ifNoneMatch.contains(where: { Self.names(tag, in: $0) }) {
            (status, range) = (304, nil)
            return
        }
        // A part that belongs to another version would be useless. `If-Range` with a date never applies, because files
        // have no dates.
        let isWanted = conditions.ifRange.isEmpty || conditions.ifRange == [tag]
        guard conditions.method == .get, isWanted, conditions.range.count == 1,
            let part = Self.part(conditions.range[0], of: size)
        else {
            (status, range) = (200, 0..<size)
            return
        }
        (status, range) = part.isEmpty ? (416, nil) : (206, part)
    }

    func contentRange(size: Int) -> String? {
        switch status {
        case 206: range.map { "bytes \($0.lowerBound)-\($0.upperBound - 1)/\(size)" }
        case 416: "bytes */\(size)"
        default: nil
        }
    }

    /// Whether a list of entity tags contains this one. A weak tag counts, too: `W/"x"`.
    static func names(_ tag: String, in list: String) -> Bool {
        var rest = list.utf8[...]
        let wanted = Array(tag.utf8)
        while let first = rest.first {
            switch first {
            case UInt8(ascii: "*"): return true
            case UInt8(ascii: "\""):
                guard let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "\"")) else { return false }
                if rest[...end].elementsEqual(wanted) { return true }
                rest = rest[rest.index(after: end)...]
            default: rest = rest.dropFirst()
            }
        }
        return false
    }

    /// The part that a range such as `bytes=0-99`, `bytes=100-` or `bytes=-100` names; empty if the file has no such
    /// part. nil for anything else, for which the whole file is sent, such as several ranges.
    private static func part(_ text: String, of size: Int) -> Range<Int>? {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, halves[0].lowercased() == "bytes" else { return nil }
        let ends = halves[1].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = number(ends[0]), let last = number(ends[1]) else { return nil }
        switch (first, last) {
        case (nil, nil): return nil
        case (nil, let count?): return max(0, size - count)..<size
        case (let start?, nil): return min(start, size)..<size
        case (let start?, let end?):
            guard start <= end else { return nil }
            return min(start, size)..<min(end == .max ? end : end + 1, size)
        }
    }

    /// The number; `.some(nil)` for no digits; nil for anything else. A number that is too large counts as the largest.
    private static func number(_ digits: Substring) -> Int?? {
        if digits.isEmpty { return .some(nil) }
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return .some(Int(digits) ?? .max)
    }
}
