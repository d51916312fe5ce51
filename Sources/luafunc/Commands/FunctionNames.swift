import Files
import FunctionsModel

/// The function names that a shell offers while a command line is typed. They come from the folders of the app; no
/// script runs.
extension AppChoice {
    /// The completion scripts call `luafunc --complete-functions` with the words on the command line.
    static let namesCommand = "--complete-functions"

    /// Prints the names. Prints nothing if anything is wrong, because the user is in the middle of a line.
    static func printNames(onLine words: [String]) {
        guard let line = UnfinishedLine(words, of: .luafunc), line.takesFunction else { return }
        var choice = AppChoice()
        choice.app = line.app.map(unquoted)
        let settings = Settings.current
        guard let source = try? choice.source(settings),
            let app = try? AppLoader(source, settings: settings.values).load(earlier: HostJSON())
        else { return }
        // The shell may expand what it gets, so only plain names are printed.
        let names = app.names.filter(Function.isName)
        if !names.isEmpty { Console.print(names.joined(separator: "\n")) }
    }

    /// A word as bash passes it on: as it was typed.
    private static func unquoted(_ word: String) -> String {
        let text = word.filter { !"\\\"'".contains($0) }
        guard text == "~" || text.hasPrefix("~/"), let home = Settings.current.values["HOME"] else { return text }
        return home + text.dropFirst()
    }
}

/// The words before the cursor, as far as they say what may come next.
struct UnfinishedLine {
    /// The app folder; nil if the line names none.
    private(set) var app: String?
    private var operands = 0
    private let command: Command

    /// Returns nil if the first word is no command.
    init?(_ words: [String], of program: CommandSet) {
        guard let command = words.first.flatMap(program.command) else { return nil }
        self.command = command
        read(Self.joined(words.dropFirst()))
    }

    /// Whether a function's name may come next. No name is offered where the only one is there already.
    var takesFunction: Bool {
        let options = command.parameters.compactMap(\.value?.completion) + [command.rest?.completion].compactMap(\.self)
        let next = command.operands.dropFirst(operands).compactMap(\.parameter.value?.completion)
        return (options + next).contains { if case .functions = $0 { true } else { false } }
    }

    private mutating func read(_ words: [String]) {
        var words = words[...]
        while let word = words.popFirst(), word != "--" {
            guard word.hasPrefix("-") else {
                if operands < command.operands.count { note(word, for: command.operands[operands].parameter) }
                operands += 1
                continue
            }
            let name = String(word.prefix { $0 != "=" })
            let parameter = command.parameters.first { parameter in
                parameter.long == name || parameter.short.map { "-\($0)" } == name
            }
            guard let parameter, parameter.value != nil else { continue }
            let value = name == word ? words.popFirst() : String(word.dropFirst(name.count + 1))
            if let value { note(value, for: parameter) }
            while parameter.takesList, words.first?.hasPrefix("-") == false { words.removeFirst() }
        }
    }

    private mutating func note(_ word: String, for parameter: Parameter) {
        if case .app? = parameter.value?.completion, app == nil { app = word }
    }

    /// bash cuts words at these characters: `--app=x` arrives as `--app`, `=`, `x`. An `@` may begin a word.
    private static func joined(_ words: ArraySlice<String>) -> [String] {
        var joined: [String] = []
        var isOpen = false
        for word in words {
            let isMark = !word.isEmpty && word.allSatisfy { "=:@".contains($0) }
            if let last = joined.last, isOpen || isMark && word != "@" {
                joined[joined.count - 1] = last + word
            } else {
                joined.append(word)
            }
            isOpen = isMark
        }
        return joined
    }
}
