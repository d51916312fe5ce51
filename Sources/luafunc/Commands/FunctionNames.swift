import Files
import FunctionsModel

/// The function names that a shell offers while a command line is typed. They come from the folders of the app; no
/// script runs.
extension AppChoice {
    /// The completion scripts call `luafunc --complete-functions` with the words on the command line.
    static let namesCommand = "--complete-functions"

    /// Prints the names. Prints nothing if anything is wrong, because the user is in the middle of a line.
    static func printNames(onLine words: [String]) {
        var choice = AppChoice()
        choice.app = CommandSet.luafunc.appFolder(in: words).map(unquoted)
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

extension CommandSet {
    /// The app folder on an unfinished command line; nil if it names none.
    func appFolder(in words: [String]) -> String? {
        guard let command = words.first.flatMap(command) else { return nil }
        let option = AppChoice.option.parameter.long
        var rest = words.dropFirst()
        while let word = rest.popFirst(), word != "--" {
            if word.hasPrefix("\(option)=") { return String(word.dropFirst(option.count + 1)) }
            // bash passes on `--app=x` as three words.
            if word == option { return rest.first == "=" ? rest.dropFirst().first : rest.first }
            guard word.hasPrefix("-") else {
                if command.operands.first?.parameter.name == AppChoice.operand.parameter.name,
                    command.operands.first?.parameter.help == AppChoice.operand.parameter.help
                {
                    return word
                }
                continue
            }
            let parameter = command.parameters.first { parameter in
                parameter.long == word || parameter.short.map { "-\($0)" } == word
            }
            guard let parameter, parameter.value != nil else { continue }
            repeat {
                rest = rest.dropFirst()
            } while parameter.takesList && rest.first.map { !$0.hasPrefix("-") } == true
        }
        return nil
    }
}
