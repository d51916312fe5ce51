import Foundation

/// The output of `luafunc check` for people, in the form of earlier versions: `file:line: reason; remedy`, with a word
/// before it for a warning or note. The excerpts, the rules and the line of
/// numbers are left out.
enum CheckOutput {
    static func sentences(_ text: String) -> String {
        var lines: [String] = []
        for line in text.split(separator: "\n").map(String.init) {
            if line.contains(#/^[> ] *\d+ \| /#) || line.contains(#/^\d+ functions?, /#) { continue }
            if let match = line.wholeMatch(of: #/(.*?)(:\d+)?(:\d+)?: (error|warning|note): (.*?)( \[[a-z-]+\])?/#) {
                let word = match.4 == "error" ? "" : match.4 == "warning" ? "warn  " : "note  "
                lines.append("\(word)\(match.1)\(match.2 ?? ""): \(match.5)")
            } else if line.hasPrefix("    "), let last = lines.popLast() {
                lines.append("\(last); \(line.dropFirst(4))")
            } else {
                lines.append(line)
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
