import Log

extension Coverage {
    /// A table for people: a row for each file.
    package func table(_ style: TestStyle) -> String {
        let rows = files.map { ($0.name, $0.lines.count, $0.covered, Self.text($0.missing)) }
        let all = ("all files", lines, covered, "")
        let names = (rows + [all]).map { Escape.line($0.0) }
        let width = max(8, names.map(\.count).max() ?? 0)
        let missing = rows.contains { !$0.3.isEmpty } ? "  missing" : ""
        var table = [style(.dim, "\(Self.left("file", width))   lines  covered       %\(missing)")]
        for ((_, lines, covered, missing), name) in zip(rows + [all], names) {
            let row =
                Self.left(name, width) + Self.right("\(lines)", 8) + Self.right("\(covered)", 9)
                + Self.right(Self.percent(covered, of: lines), 8)
            let emphasis: TestEmphasis = covered == lines ? .good : covered == 0 ? .bad : .doubtful
            table.append(style(emphasis, row) + (missing.isEmpty ? "" : "  \(missing)"))
        }
        return table.joined(separator: "\n")
    }

    /// The format of lcov, which genhtml and the services for coverage read. Names are relative to the app.
    package var lcov: String {
        files.map { file in
            let lines = file.lines.map { "DA:\($0),\(file.ran.contains($0) ? 1 : 0)\n" }.joined()
            return
                "TN:\nSF:\(Escape.line(file.name))\n\(lines)LF:\(file.lines.count)\nLH:\(file.covered)\nend_of_record\n"
        }.joined()
    }

    /// With one decimal, rounded down, so that only what is complete has 100.0.
    package static func percent(_ covered: Int, of lines: Int) -> String {
        guard lines > 0 else { return "100.0" }
        let tenths = covered * 1000 / lines
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func text(_ ranges: [ClosedRange<Int>]) -> String {
        ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ", ")
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}
