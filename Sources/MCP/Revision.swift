/// A dated revision of the Model Context Protocol.
package enum Revision: String, CaseIterable, Sendable, Comparable {
    case march2025 = "2025-03-26"
    case june2025 = "2025-06-18"
    case november2025 = "2025-11-25"
    case july2026 = "2026-07-28"

    /// Whether each request says for itself which revision and which client it comes from. Older revisions begin with
    /// `initialize` (mcp-contract §0).
    package var isModern: Bool { self >= .july2026 }

    /// The newest revision that begins with `initialize`.
    package static let newestLegacy = november2025

    package static let modern = allCases.filter(\.isModern)

    /// All revisions, newest first, for people.
    static let listed = allCases.reversed().map(\.rawValue).joined(separator: ", ")

    /// The revision to agree on with a client that asks for this one in `initialize`.
    package static func agreed(on wanted: String?) -> Revision {
        guard let wanted = wanted.flatMap(Revision.init(rawValue:)), !wanted.isModern else { return newestLegacy }
        return wanted
    }

    package static func < (left: Revision, right: Revision) -> Bool { left.rawValue < right.rawValue }
}
