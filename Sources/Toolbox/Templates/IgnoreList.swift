/// A .gitignore or .funcignore that exists.
struct IgnoreList {
    /// Larger files are not lists of patterns.
    static let limit = 4 << 20

    private let bytes: [UInt8]
    private let patterns: Set<Substring>

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        patterns = Set(lines.map(Self.pattern))
    }

    /// The list with the patterns of a template that it lacks, and the comments above them; nil if it lacks none. What
    /// the user has written stays, also a pattern after `!`, which takes the file back.
    func adding(_ template: String) -> [UInt8]? {
        var added: [Substring] = []
        var comments: [Substring] = []
        var isInComment = false
        for line in template.split(separator: "\n") {
            if line.hasPrefix("#") {
                comments = isInComment ? comments + [line] : [line]
                isInComment = true
            } else {
                isInComment = false
                guard !has(line) else { continue }
                added += comments + [line]
                comments = []
            }
        }
        guard !added.isEmpty else { return nil }
        let end: [UInt8] = bytes.contains(13) ? [13, 10] : [10]
        let start = bytes.isEmpty || bytes.last == 10 ? bytes : bytes + end
        return added.reduce(into: start) { $0 += Array($1.utf8) + end }
    }

    private func has(_ line: Substring) -> Bool {
        let pattern = Self.pattern(of: line)
        // `dist` ignores folders, too; but `.env/` ignores no file.
        let spellings = pattern.hasSuffix("/") ? [pattern, pattern.dropLast()] : [pattern]
        return spellings.contains { patterns.contains($0) || patterns.contains("!\($0)") }
    }

    /// Without blanks at the end, and without the slash that says that the path begins at the root.
    private static func pattern(of line: Substring) -> Substring {
        var line = line
        while line.last?.isWhitespace == true { line.removeLast() }
        if line.hasPrefix("!/") { return "!\(line.dropFirst(2))" }
        return line.hasPrefix("/") ? line.dropFirst() : line
    }
}
