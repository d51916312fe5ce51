import Log

/// Draws an edited line with ANSI sequences, over as many rows as it needs. It knows no terminal: it returns what to
/// write. The terminal makes "\r\n" of a line break.
struct LineScreen {
    var columns: Int { didSet { if columns != oldValue { resized() } } }
    var rows: Int
    /// The widths of the rows that were drawn up to the cursor's.
    private var drawn: [Int] = []
    /// The number of rows, and the cursor's, that the terminal shows now.
    private(set) var (height, cursorRow) = (0, 0)

    init(columns: Int, rows: Int) {
        (self.columns, self.rows) = (columns, rows)
    }

    /// The rows of a line, and the cursor's place.
    private struct Layout {
        var rows: [String] = [""]
        var widths = [0]
        var cursor = (row: 0, column: 0)

        init(_ prompt: String, _ characters: [Character], cursor place: Int, columns: Int, margin: String) {
            for character in prompt { add(character, columns) }
            for (index, character) in characters.enumerated() {
                if index == place { mark(columns, before: character) }
                if character == "\n" {
                    rows.append("")
                    widths.append(0)
                    for character in margin { add(character, columns) }
                } else {
                    for character in Self.shown(character) { add(character, columns) }
                }
            }
            if place == characters.count { mark(columns, before: " ") }
        }

        private mutating func add(_ character: Character, _ columns: Int) {
            let width = character.columns
            if widths[widths.count - 1] + width > columns, widths[widths.count - 1] > 0 {
                rows.append("")
                widths.append(0)
            }
            rows[rows.count - 1].append(character)
            widths[widths.count - 1] += width
        }

        /// Notes the cursor's place. Behind a full row, it is at the beginning of the next one.
        private mutating func mark(_ columns: Int, before next: Character) {
            if next != "\n", widths[widths.count - 1] + max(1, next.columns) > columns, widths[widths.count - 1] > 0 {
                rows.append("")
                widths.append(0)
            }
            cursor = (rows.count - 1, min(widths[widths.count - 1], columns - 1))
        }

        /// Control characters must not reach the terminal.
        private static func shown(_ character: Character) -> String {
            if character == "\t" { return "    " }
            return Escape.line(String(character))
        }
    }

    /// Replaces what is drawn.
    mutating func draw(_ prompt: String, _ characters: [Character], cursor: Int, margin: String) -> String {
        let layout = Layout(prompt, characters, cursor: cursor, columns: columns, margin: margin)
        // A text that is higher than the window is shown around the cursor.
        let first = min(max(0, layout.cursor.row - rows / 2), max(0, layout.rows.count - rows))
        let shown = first..<min(layout.rows.count, first + rows)
        var text = erase()
        text += layout.rows[shown].joined(separator: "\n")
        let below = shown.upperBound - 1 - layout.cursor.row
        if below > 0 { text += "\u{1b}[\(below)A" }
        text += "\r"
        if layout.cursor.column > 0 { text += "\u{1b}[\(layout.cursor.column)C" }
        cursorRow = layout.cursor.row - first
        height = shown.count
        drawn = layout.widths[first..<layout.cursor.row] + [layout.cursor.column]
        return text
    }

    /// Removes what is drawn. The cursor is then where it began.
    mutating func erase() -> String {
        let up = cursorRow > 0 ? "\u{1b}[\(cursorRow)A" : ""
        (height, cursorRow, drawn) = (0, 0, [])
        return up + "\r\u{1b}[J"
    }

    /// Leaves what is drawn, and moves below it.
    mutating func leave() -> String {
        let down = height - 1 - cursorRow
        let text = (down > 0 ? "\u{1b}[\(down)B" : "") + "\n"
        (height, cursorRow, drawn) = (0, 0, [])
        return text
    }

    /// A terminal that becomes narrower divides the rows that it shows.
    private mutating func resized() {
        guard let last = drawn.last else { return }
        let above = drawn.dropLast().reduce(0) { $0 + max(1, ($1 + columns - 1) / columns) }
        cursorRow = above + last / columns
    }
}
