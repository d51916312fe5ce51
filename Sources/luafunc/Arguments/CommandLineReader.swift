import FunctionsModel

/// What a command line asks for.
enum Request {
    case help(String)
    case version
    case run(Command, Arguments)
}

extension CommandSet {
    /// Reads the words after the program's name.
    func read(_ words: [String]) throws -> Request {
        guard let first = words.first else { return .help(HelpText(self).text) }
        if first == "help" {
            return .help(
                (words.dropFirst().first.flatMap(command).map { HelpText($0, of: self) } ?? HelpText(self)).text)
        }
        guard !first.hasPrefix("-") else {
            if asksForHelp(words) { return .help(HelpText(self).text) }
            if first == "--version" { return .version }
            if ["-v", "-V", "-version"].contains(first) {
                throw UsageError(.foreignOption(first, "write --version"), command: nil)
            }
            throw UsageError(.commandMissing(option: first, users: users(of: first)), command: nil)
        }
        guard let command = command(first) else {
            if let advice = ForeignWords.advice(onCommand: words) {
                throw UsageError(.foreignCommand(advice.command, advice.sentence), command: nil)
            }
            throw UsageError(.unknownCommand(first, known: commands.map(\.name)), command: nil)
        }
        var reader = CommandLineReader(command: command, words: words.dropFirst())
        do {
            return try reader.read(of: self)
        } catch let error as UsageError {
            // A user who asks for help gets help even if the rest of the command line is wrong.
            if asksForHelp(words) { return .help(HelpText(command, of: self).text) }
            throw error.of(command)
        }
    }

    private func asksForHelp(_ words: [String]) -> Bool {
        words.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
    }

    /// The commands that have this option.
    private func users(of word: String) -> [String] {
        let name = word.prefix { $0 != "=" }
        return commands.filter { $0.parameters.contains { $0.spellings.contains(String(name)) } }.map(\.name)
    }
}

/// Reads the words of one command one after another.
private struct CommandLineReader {
    let command: Command
    var words: ArraySlice<String>
    private var arguments = Arguments()
    private var operands: [String] = []
    private var request: Request?

    init(command: Command, words: ArraySlice<String>) {
        self.command = command
        self.words = words
    }

    mutating func read(of program: CommandSet) throws -> Request {
        while let word = words.popFirst() {
            if word == "--" {
                if command.rest == nil { operands += words } else { arguments.rest += words }
                break
            }
            switch word {
            case "--help", "-h": return .help(HelpText(command, of: program).text)
            case "--version": return .version
            case _ where word.hasPrefix("--"): try readOption(word)
            case _ where word.hasPrefix("-") && word != "-": try readLetters(word)
            case _ where command.rest?.isBare == true: arguments.rest.append(word)
            default: operands.append(word)
            }
        }
        for (operand, word) in zip(command.operands, operands) {
            try arguments.set(value(word, of: operand.parameter), for: operand.parameter)
        }
        if let missing = command.operands.dropFirst(operands.count).first(where: { !$0.parameter.isOptional }) {
            throw UsageError(.missingOperand(missing.parameter))
        }
        try command.validate(arguments)
        if operands.count > command.operands.count {
            let word = operands[command.operands.count]
            throw UsageError(.unexpectedArgument(word, advice: command.advice(word)))
        }
        return .run(command, arguments)
    }

    private mutating func readOption(_ word: String) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts[0]
        guard let parameter = command.parameters.first(where: { $0.spellings.contains(name) }) else {
            throw unknown(name)
        }
        switch parameter.form {
        case .value:
            // A word that begins with a dash is the next option; "-" alone means standard input.
            if parts.count == 1, let next = words.first, Self.isValue(next) {
                try takeValues(of: parameter)
            } else if parts.count > 1 {
                try take(parts[1], for: parameter)
                if parameter.takesList, words.first.map(Self.isValue) == true { try takeValues(of: parameter) }
            } else {
                throw UsageError(.missingValue(parameter))
            }
        case .flag, .pair, .operand:
            guard parts.count == 1 else { throw UsageError(.needlessValue(parts[1], name)) }
            if case .pair = parameter.form, arguments.has(parameter) { throw UsageError(.repeated(parameter, name)) }
            arguments.set(name == parameter.long, for: parameter)
        }
    }

    private static func isValue(_ word: String) -> Bool { !word.hasPrefix("-") || word == "-" }

    private mutating func takeValues(of parameter: Parameter) throws(UsageError) {
        repeat {
            try take(words.removeFirst(), for: parameter)
        } while parameter.takesList && words.first.map(Self.isValue) == true
    }

    private mutating func take(_ text: String, for parameter: Parameter) throws(UsageError) {
        if !parameter.repeats, arguments.has(parameter) { throw UsageError(.givenTwice(parameter)) }
        arguments.set(try value(text, of: parameter), for: parameter)
    }

    /// Reads `-v`, several letters after one dash, or a letter with its value: `-p 80`, `-p80`, `-p=80`.
    private mutating func readLetters(_ word: String) throws(UsageError) {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            guard let parameter = command.parameters.first(where: { $0.short == letter }) else { throw unknown(word) }
            guard parameter.value != nil else {
                arguments.set(true, for: parameter)
                continue
            }
            if !letters.isEmpty {
                // A word such as `-port` was meant as a long option.
                if letters.first?.isLetter == true, isLong(word) { throw unknown(word) }
                let text = String(letters.first == "=" ? letters.dropFirst() : letters)
                return try take(text, for: parameter)
            }
            guard let next = words.first, Self.isValue(next) else { throw UsageError(.missingValue(parameter)) }
            return try takeValues(of: parameter)
        }
    }

    /// Whether the word is a long option that lacks one of its dashes.
    private func isLong(_ word: String) -> Bool {
        let name = "-" + word.prefix { $0 != "=" }
        return command.parameters.contains { $0.spellings.contains(name) }
    }

    private func value(_ text: String, of parameter: Parameter) throws(UsageError) -> any Sendable {
        guard let form = parameter.value else { return true }
        do throws(ValueProblem) {
            return try form.read(text)
        } catch {
            throw UsageError(.wrongValue(text, parameter, error))
        }
    }

    private func unknown(_ name: String) -> UsageError {
        let option = String(name.prefix { $0 != "=" })
        if let advice = ForeignWords.advice(on: option, of: command.name) {
            return UsageError(.foreignOption(option, advice))
        }
        let known = command.parameters.filter { !$0.isHidden }.flatMap(\.spellings) + ["--help", "--version"]
        let letters = String(name.drop { $0 == "-" })
        let near = NearestName.find(letters, among: known.map { String($0.dropFirst(2)) })
        return UsageError(.unknownOption(name, near: near.map { "--\($0)" }))
    }
}
