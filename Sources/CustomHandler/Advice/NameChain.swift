/// Names on a line of source that are joined by dots and colons, such as `data.req:query`.
struct NameChain: Equatable {
    /// The names, of which the first is a variable.
    var names: [String]
    /// Whether a colon stands before the last name.
    var isMethod = false

    /// The names from the beginning up to one of them, joined by dots.
    func text(upTo end: Int) -> String { names[..<end].joined(separator: ".") }

    /// All chains of a line that begin with a variable. Texts and comments are left out.
    static func all(in line: String) -> [NameChain] {
        var scanner = Scanner(rest: line[...])
        return scanner.all()
    }

    private struct Scanner {
        var rest: Substring
        private static let quotes: Set<Character> = ["\"", "'"]

        mutating func all() -> [NameChain] {
            var chains: [NameChain] = []
            /// Whether the next name is a member of a value that has no name, as in `f().name`.
            var isMember = false
            while let first = rest.first {
                if rest.hasPrefix("--") { break }
                if Self.quotes.contains(first) {
                    skipText(first)
                } else if first.isLetter || first == "_" {
                    let chain = takeChain()
                    if !isMember { chains.append(chain) }
                    isMember = false
                } else if first.isNumber {
                    rest = rest.drop { $0.isLetter || $0.isNumber || $0 == "." }
                } else if rest.hasPrefix("..") || rest.hasPrefix("::") {
                    rest = rest.drop { $0 == first }
                    isMember = false
                } else {
                    isMember = first == "." || first == ":"
                    rest.removeFirst()
                }
            }
            return chains
        }

        private mutating func skipText(_ quote: Character) {
            rest.removeFirst()
            while let next = rest.popFirst(), next != quote {
                if next == "\\" { _ = rest.popFirst() }
            }
        }

        private mutating func takeChain() -> NameChain {
            var chain = NameChain(names: [takeName()])
            while let joint = rest.first, joint == "." || joint == ":",
                let next = rest.dropFirst().first, next.isLetter || next == "_"
            {
                rest.removeFirst()
                chain.names.append(takeName())
                chain.isMethod = joint == ":"
            }
            return chain
        }

        private mutating func takeName() -> String {
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            rest = rest[name.endIndex...]
            return String(name)
        }
    }
}
