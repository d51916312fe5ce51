package import FunctionsModel

/// The lines of a file around the position that an error names.
package struct SourceExcerpt {
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

    /// A file as lines, from which many excerpts are made.
    package struct Source: Sendable {
        let file: String
        let lines: [ArraySlice<UInt8>]

        init(file: String, lines: [ArraySlice<UInt8>]) {
            self.file = file
            self.lines = lines
        }

        /// Returns nil if the file cannot be read or has no lines to show.
        package init?(_ file: String, in files: AppFiles) {
            guard let text = try? files.text(of: file), !text.contains(0) else { return nil }
            self.init(file: file, lines: text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false))
        }
    }

    package let file: String
    /// The number of the line that the error names, from 1.
    package let number: Int
    let lines: [Line]

    private static let linesAround = 3

    /// Returns nil if no text begins with a file of the app and a line.
    package init?(_ texts: [String], files: AppFiles) {
        let places = texts.lazy.compactMap(Self.place)
        // Bytecode and UTF-16 have no lines to show.
        guard let place = places.first, let text = try? files.text(of: place.file), !text.contains(0) else {
            return nil
        }
        guard place.line <= text.count + 1 else { return nil }
        let all = text.split(
            separator: UInt8(ascii: "\n"), maxSplits: place.line + Self.linesAround, omittingEmptySubsequences: false)
        self.init(place.line, of: Source(file: place.file, lines: all))
    }

    /// Returns nil if the file has no such line.
    package init?(_ line: Int, of source: Source) {
        let all = source.lines
        guard all.indices.contains(line - 1) else { return nil }
        file = source.file
        number = line
        let shown = max(1, line - Self.linesAround)...min(all.count, line + Self.linesAround)
        lines = shown.map { Line(number: $0, text: Self.shown(all[$0 - 1]), isMeant: $0 == line) }
    }

    /// A line without its carriage return, cut if it is as long as those that programs write.
    private static func shown(_ line: ArraySlice<UInt8>) -> String {
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        let text = String(decoding: line.prefix(longest), as: UTF8.self)
        return line.count > longest ? text + " …" : text
    }

    private static let longest = 500

    /// The file and line at the beginning of a text such as `functions/order/handler.lua:7: …`; nil if it has none.
    package static func place(_ text: String) -> (file: String, line: Int, rest: String)? {
        let parts = text.split(separator: ":", maxSplits: 2)
        guard parts.count == 3, parts[0].hasSuffix(".lua"), let line = Int(parts[1]), line > 0 else {
            return nil
        }
        return (String(parts[0]), line, String(parts[2].drop { $0 == " " }))
    }

    /// The excerpt as text for a log.
    package var text: String {
        lines.map { "\($0.isMeant ? ">" : " ")\($0.label) | \($0.text)" }.joined(separator: "\n")
    }
}
