import FunctionsModel

/// The lines of a file around the position that an error names.
struct SourceExcerpt {
    struct Line {
        let number: Int
        let text: String
        let isMeant: Bool

        /// The number, padded to a common width.
        var label: String {
            let digits = "\(number)"
            return String(repeating: " ", count: max(0, 5 - digits.count)) + digits
        }
    }

    let file: String
    /// The number of the line that the error names, from 1.
    let number: Int
    let lines: [Line]

    private static let linesAround = 3

    /// Returns nil if no text begins with a file of the app and a line.
    init?(_ texts: [String], files: AppFiles) {
        let places = texts.lazy.compactMap(Self.place)
        // Bytecode and UTF-16 have no lines to show.
        guard let place = places.first, let text = try? files.text(of: place.file), !text.contains(0) else {
            return nil
        }
        let all = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard all.indices.contains(place.line - 1) else { return nil }
        file = place.file
        number = place.line
        let shown = max(1, place.line - Self.linesAround)...min(all.count, place.line + Self.linesAround)
        lines = shown.map { Line(number: $0, text: String(all[$0 - 1]), isMeant: $0 == place.line) }
    }

    /// The file and line at the beginning of a text such as `functions/order/handler.lua:7: …`; nil if it has none.
    static func place(_ text: String) -> (file: String, line: Int, rest: String)? {
        let parts = text.split(separator: ":", maxSplits: 2)
        guard parts.count == 3, parts[0].hasSuffix(".lua"), let line = Int(parts[1]), line > 0 else {
            return nil
        }
        return (String(parts[0]), line, String(parts[2].drop { $0 == " " }))
    }

    /// The excerpt as text for a log.
    var text: String {
        lines.map { "\($0.isMeant ? ">" : " ")\($0.label) | \($0.text)" }.joined(separator: "\n")
    }
}
