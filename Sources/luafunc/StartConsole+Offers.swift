import DevHost
import Log

/// What MCP servers offer, below the list of functions.
extension StartConsole {
    private static let entryLimit = 30

    /// One line for each family: `mcp offers tools: add, forecast`.
    func show(_ offer: MCPOffer) {
        if let problem = offer.problem { say("\(offer.function) \(problem)", style.yellow) }
        for family in offer.families {
            let rest = family.entries.count - Self.entryLimit
            let names = family.entries.prefix(Self.entryLimit).map { Escape.line($0.shortened(to: 60)) }
            let more = rest > 0 ? ", and \(rest) more" : ""
            say("\(offer.function) has \(family.name): \(names.joined(separator: ", "))\(more)", style.plain)
        }
        if offer.problem == nil, offer.families.isEmpty { say("\(offer.function) has no tools", style.dim) }
    }
}

extension String {
    /// At most so many characters.
    func shortened(to limit: Int) -> String { utf8.count > limit && count > limit ? prefix(limit - 1) + "…" : self }
}
