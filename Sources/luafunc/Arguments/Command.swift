/// One command of the program: its text for help, errors and completion, and its action.
struct Command: Sendable {
    let name: String
    /// One sentence.
    let summary: String
    /// A paragraph below the summary.
    var discussion: String?
    /// The options, in the order of the help text. Every command also has `--version` and `--help`.
    var options: [any CommandOption] = []
    /// Arguments without a name, in order.
    var operands: [any CommandOperand] = []
    /// The words after `--`, or any number of arguments without a name.
    var rest: Rest?
    /// Checks the arguments as a whole. It runs before unexpected arguments are refused.
    var validate: @Sendable (Arguments) throws -> Void = { _ in }
    /// What to do in place of an unexpected argument; nil if that is unknown.
    var advice: @Sendable (_ word: String) -> String? = { _ in nil }
    let run: @Sendable (Arguments) throws -> Void

    var parameters: [Parameter] { options.map(\.parameter) }
}

/// The words after `--`, such as another program with its arguments.
struct Rest: Sendable {
    let name: String
    let help: String
    /// Whether the words need no `--` before them.
    var isBare = false
    /// What a shell offers besides files.
    var completion = ValueForm.Completion.none
}

/// The program: its commands, and the general help text.
struct CommandSet: Sendable {
    let name: String
    let summary: String
    let discussion: String
    let version: String
    let commands: [Command]

    func command(_ name: String) -> Command? { commands.first { $0.name == name } }
}
