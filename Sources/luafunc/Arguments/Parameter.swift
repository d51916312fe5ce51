/// The description of an option or operand for help, errors and completion.
struct Parameter: Sendable {
    /// `port` for `--port`.
    let name: String
    var short: Character?
    /// The help text. The default is added to it.
    let help: String
    /// The default value, or words that say where it comes from.
    var otherwise: String?
    var isHidden = false
    /// Whether an operand may be missing. Options always may.
    var isOptional = false
    /// Whether each value counts, if it is given several times.
    var repeats = false
    /// Whether all words up to the next option are values.
    var takesList = false
    let form: Form

    enum Form: Sendable {
        case flag
        /// `--watch` and `--no-watch`
        case pair
        case value(ValueForm)
        /// An argument without a name.
        case operand(ValueForm)
    }

    var long: String { "--\(name)" }
    var opposite: String { "--no-\(name)" }

    /// `--port <port>`
    var usage: String {
        switch form {
        case .flag, .pair: long
        case .value(let value): "\(long) <\(value.placeholder ?? name)>"
        case .operand: "<\(name)>"
        }
    }

    /// The form of the parameter's value; nil if it takes none.
    var value: ValueForm? {
        switch form {
        case .flag, .pair: nil
        case .value(let value), .operand(let value): value
        }
    }

    /// The parameter's long names; for an operand, its placeholder.
    var spellings: [String] {
        switch form {
        case .flag, .value: [long]
        case .pair: [long, opposite]
        case .operand: [usage]
        }
    }
}

/// How to read a value's text.
struct ValueForm: Sendable {
    /// nil for the name of the parameter.
    var placeholder: String?
    var completion = Completion.none
    let read: @Sendable (String) throws(ValueProblem) -> any Sendable

    enum Completion: Sendable {
        case none, file, folder
        /// The app folder, whose functions are offered for the words after it.
        case app
        /// A file after an `@`; any other text stands for itself.
        case content
        /// The names of the app's functions.
        case functions
        case choices([String])
    }

    var choices: [String] {
        if case .choices(let choices) = completion { choices } else { [] }
    }
}

/// The reason why a text is not a valid value for a parameter.
enum ValueProblem: Error {
    /// The text cannot be read. The sentence describes the expected form, unless that is obvious.
    case unreadable(String?)
    /// The value is out of bounds: `must be from 0 to 65535`
    case outOfBounds(String)
}
