import FunctionsModel

/// An invalid command line. luafunc exits with 64.
struct UsageError: Error {
    let reason: Reason
    /// The command whose help the message refers to; nil for the program's help.
    private(set) var command: String?

    enum Reason {
        case unknownCommand(String, known: [String])
        /// The first word is an option of these commands.
        case commandMissing(option: String, users: [String])
        case unknownOption(String, near: String?)
        /// A word of another tool, and what to do here.
        case foreignCommand(String, String)
        case foreignOption(String, String)
        case missingValue(Parameter)
        case missingOperand(Parameter)
        case wrongValue(String, Parameter, ValueProblem)
        case needlessValue(String, String)
        case repeated(Parameter, String)
        case givenTwice(Parameter)
        case unexpectedArgument(String, advice: String?)
        /// A problem that the command itself found.
        case other(String)
    }

    init(_ reason: Reason, command: String? = nil) {
        self.reason = reason
        self.command = command
    }

    func of(_ command: Command) -> UsageError { UsageError(reason, command: command.name) }
}

extension UsageError: CustomStringConvertible {
    var description: String {
        let place = command.map { "luafunc \($0)" } ?? "luafunc"
        return "Error: \(sentence)\n" + (parameter.map { HelpText.line(of: $0) } ?? "") + "See '\(place) --help'."
    }

    private var sentence: String {
        switch reason {
        case .unknownCommand(let name, let known):
            "there is no command '\(name)'; "
                + (NearestName.find(name, among: known).map { "did you mean '\($0)'?" }
                    ?? "there are \(known.joined(separator: ", "))")
        case .commandMissing(let option, let users):
            users.isEmpty
                ? "Unknown option '\(option)'; the first word is a command"
                : "'\(option)' is an option of \(users.joined(separator: ", ")); write the command before it"
        case .unknownOption(let name, let near):
            "Unknown option '\(name)'\(near.map { "; did you mean '\($0)'?" } ?? "")"
        case .foreignCommand(let name, let advice): "there is no command '\(name)': \(advice)"
        case .foreignOption(let name, let advice): "Unknown option '\(name)': \(advice)"
        case .missingValue(let parameter): "Missing value for '\(parameter.usage)'"
        case .missingOperand(let parameter): "Missing argument '\(parameter.usage)'"
        case .wrongValue(let text, let parameter, .unreadable(let reason)):
            "The value '\(text)' is invalid for '\(parameter.usage)'\(reason.map { ": \($0)" } ?? "")"
        case .wrongValue(let text, let parameter, .outOfBounds(let bounds)):
            "\(parameter.spellings[0]) \(bounds), not \(text)"
        case .needlessValue(let value, let name): "'\(name)' takes no value, so '\(value)' cannot be given to it"
        case .repeated(let parameter, let name):
            "'\(name)' comes after '\(parameter.long)' or '\(parameter.opposite)'; give one of them, once"
        case .givenTwice(let parameter): "\(parameter.long) is given twice; give it once"
        case .unexpectedArgument(let word, let advice):
            "Unexpected argument '\(word)'\(advice.map { "; \($0)" } ?? "")"
        case .other(let sentence): sentence
        }
    }

    /// The parameter whose help shows what is expected.
    private var parameter: Parameter? {
        switch reason {
        case .missingValue(let parameter), .missingOperand(let parameter): parameter
        // The sentence itself lists the choices.
        case .wrongValue(_, let parameter, _): parameter.value?.choices.isEmpty == false ? nil : parameter
        default: nil
        }
    }
}
