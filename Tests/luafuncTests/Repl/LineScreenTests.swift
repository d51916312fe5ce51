import Testing

@testable import luafunc

/// Drawings are shown on a small model of a terminal.
@Suite struct LineScreenTests {
    /// A terminal that knows the sequences that are used, and fails on others.
    private struct Model {
        var lines: [[Character]] = [[]]
        var (row, column) = (0, 0)

        mutating func write(_ text: String) {
            var rest = Substring(text)
            while let character = rest.popFirst() {
                switch character {
                case "\n":
                    row += 1
                    column = 0
                    while lines.count <= row { lines.append([]) }
                case "\r": column = 0
                case "\u{1b}":
                    #expect(rest.popFirst() == "[")
                    let number = Int(rest.prefix(while: \.isNumber)) ?? 1
                    rest = rest.drop(while: \.isNumber)
                    switch rest.popFirst() {
                    case "A": row -= number
                    case "B": row += number
                    case "C": column += number
                    case "J":
                        lines.removeSubrange((row + 1)...)
                        lines[row].removeSubrange(min(column, lines[row].count)...)
                    case let other: Issue.record("unknown sequence \(String(describing: other))")
                    }
                default:
                    // The second column of a wide character holds nothing.
                    let cells = [character] + Array(repeating: "_", count: max(0, character.columns - 1))
                    while lines[row].count < column { lines[row].append(" ") }
                    lines[row].replaceSubrange(column..<min(lines[row].count, column + cells.count), with: cells)
                    column += cells.count
                }
            }
        }

        var text: [String] { lines.map { String($0) } }
    }

    private func drawn(_ text: String, cursor: Int, columns: Int = 10, rows: Int = 5) -> Model {
        var (screen, model) = (LineScreen(columns: columns, rows: rows), Model())
        // A drawing replaces the one before.
        model.write(screen.draw("> ", Array(repeating: "#", count: 25), cursor: 13, margin: ">> "))
        model.write(screen.draw("> ", Array(text), cursor: cursor, margin: ">> "))
        return model
    }

    @Test(arguments: [
        ("abc", 3, ["> abc"], 0, 5), ("", 0, ["> "], 0, 2), ("abcdefgh", 8, ["> abcdefgh", ""], 1, 0),
        ("abcdefgh", 7, ["> abcdefgh"], 0, 9), ("abcdefghij", 8, ["> abcdefgh", "ij"], 1, 0),
        ("日本語日本", 5, ["> 日_本_語_日_", "本_"], 1, 2), ("abcdefg日", 7, ["> abcdefg", "日_"], 1, 0),
        ("a\nbc", 3, ["> a", ">> bc"], 1, 4), ("a\nbc", 0, ["> a", ">> bc"], 0, 2),
        ("a\u{1b}\tb", 4, ["> a\\u001b ", "   b"], 1, 4),
    ])
    func `a line is drawn over as many rows as it needs`(
        text: String, cursor: Int, rows: [String], row: Int, column: Int
    ) {
        let model = drawn(text, cursor: cursor)
        #expect(model.text == rows)
        #expect(model.row == row && model.column == column)
    }

    @Test func `a text that is higher than the window is shown around the cursor`() {
        let text = (1...20).map { "\($0)" }.joined(separator: "\n")
        let end = drawn(text, cursor: text.count)
        #expect(end.text == [">> 16", ">> 17", ">> 18", ">> 19", ">> 20"])
        let start = drawn(text, cursor: 0)
        #expect(start.text == ["> 1", ">> 2", ">> 3", ">> 4", ">> 5"] && start.row == 0)
    }

    @Test func `after a change of the width, the line is drawn over what the terminal has made of it`() {
        var screen = LineScreen(columns: 20, rows: 10)
        _ = screen.draw("> ", Array(repeating: "a", count: 30), cursor: 30, margin: "")
        #expect(screen.cursorRow == 1)
        // The first row of 20 is now three rows.
        screen.columns = 8
        #expect(screen.cursorRow == 4)
    }

    @Test func `leaving a line moves below its last row`() {
        var (screen, model) = (LineScreen(columns: 10, rows: 5), Model())
        model.write(screen.draw("> ", Array("abcdefghijkl"), cursor: 0, margin: ""))
        model.write(screen.leave() + "next")
        #expect(model.text == ["> abcdefgh", "ijkl", "next"])
    }
}
