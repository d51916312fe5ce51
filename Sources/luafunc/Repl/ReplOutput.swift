import CustomHandler
import Files
import Log
import Synchronization

/// Writes lines, and between them the line that is being edited. What a task prints while a person types appears above
/// that line.
final class ReplOutput: Sendable {
    private let state: Mutex<State>
    private let errorStyle = ConsoleStyle(isTerminal: StandardStream.errors.isTerminal)

    private struct State {
        var screen: LineScreen
        /// The line that is shown; nil while there is none.
        var line: Line?
    }

    private struct Line {
        let prompt: String
        let characters: [Character]
        let cursor: Int
    }

    init(columns: Int, rows: Int) {
        state = Mutex(State(screen: LineScreen(columns: columns, rows: rows)))
    }

    // MARK: The line

    func show(_ prompt: String, _ characters: [Character], cursor: Int) {
        state.withLock { state in
            let line = Line(prompt: prompt, characters: characters, cursor: cursor)
            state.line = line
            Self.write(Self.draw(line, &state))
        }
    }

    private static func draw(_ line: Line, _ state: inout State) -> String {
        state.screen.draw(line.prompt, line.characters, cursor: line.cursor, margin: ReplSession.furtherPrompt)
    }

    /// Leaves the line as it is, and goes on below.
    func leave() {
        state.withLock { state in
            guard state.line.take() != nil else { return }
            Self.write(state.screen.leave())
        }
    }

    func resize(columns: Int, rows: Int) {
        state.withLock { state in
            state.screen.columns = columns
            state.screen.rows = rows
            if let line = state.line { Self.write(Self.draw(line, &state)) }
        }
    }

    func clearScreen() { Self.write("\u{1b}[H\u{1b}[2J") }

    private static func write(_ text: String) { try? StandardStream.output.write(text) }

    // MARK: Lines

    /// Prints above the line that is being edited.
    private func above(_ print: () -> Void) {
        state.withLock { state in
            if state.line != nil { Self.write(state.screen.erase()) }
            print()
            if let line = state.line { Self.write(Self.draw(line, &state)) }
        }
    }

    func print(_ text: String) { above { Console.print(text) } }

    func note(_ text: String) { above { Console.printStyledError(errorStyle.dim(Escape.lines(text))) } }

    /// What the code prints or logs.
    func print(_ entry: LogEntry) {
        let text = Escape.lines(entry.message)
        above {
            switch entry.level {
            case .debug, .info: Console.printStyled(text)
            case .warning: Console.printStyledError(errorStyle.yellow("warn  \(text)"))
            case .error: Console.printStyledError(errorStyle.red("error  \(text)"))
            }
        }
    }

    func print(_ failure: PromptFailure) {
        let origin = failure.isOfTask ? "a task has failed: " : ""
        printError(
            origin + failure.failure.message, traceback: failure.failure.traceback, excerpt: failure.excerpt)
        if failure.hasLostState { note("no memory was left, so a fresh Lua VM goes on; all variables are gone") }
    }

    func printError(_ message: String, traceback: [String] = [], excerpt: String? = nil) {
        above {
            Console.printStyledError(errorStyle.red(Escape.lines(message)))
            if !traceback.isEmpty {
                Console.printStyledError(errorStyle.dim("stack traceback:"))
                for call in traceback { Console.printStyledError(errorStyle.dim("  " + Escape.line(call))) }
            }
            if let excerpt { Console.printError(excerpt) }
        }
    }

    /// Prints words in columns.
    func print(list words: [String], columns: Int) {
        func columnsOf(_ word: String) -> Int { word.reduce(0) { $0 + $1.columns } }
        let width = (words.map(columnsOf).max() ?? 0) + 2
        let across = max(1, columns / width)
        var lines: [String] = []
        for (index, word) in words.enumerated() {
            if index % across == 0 { lines.append("") }
            let isLast = index % across == across - 1 || index == words.count - 1
            lines[lines.count - 1] += isLast ? word : word + String(repeating: " ", count: width - columnsOf(word))
        }
        print(lines.joined(separator: "\n"))
    }
}
