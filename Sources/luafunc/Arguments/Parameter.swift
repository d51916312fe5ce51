/// The description of an option or operand for help, errors and completion.
struct Parameter: Sendable {
    /// `port` for `--port`.
    let name: String
    var short: Character?
    /// The help text without the default, which is added.
    let help: String
    /// The default value, or words that say where it comes from.
    var otherwise: String?
    var isHidden = false
    let form: Form

    enum Form: Sendable {
        case flag
        /// `--watch` and `--no-watch`
        case pair
        case value(ValueForm)
        /// Without a name.
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

    /// The form of its value, if it has one.
    var value: ValueForm? {
        switch form {
        case .flag, .pair: nil
        case .value(let value), .operand(let value): value
        }
    }

    /// Its long names; for an operand, its placeholder.
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
        case choices([String])
    }

    var choices: [String] {
        if case .choices(let choices) = completion { choices } else { [] }
    }
}

/// Why a text is no value for a parameter.
enum ValueProblem: Error {
    /// It cannot be read; the sentence describes the expected form, if that is not obvious.
    case unreadable(String?)
    /// It can be read, but is out of bounds: `must be from 0 to 65535`
    case outOfBounds(String)
}
