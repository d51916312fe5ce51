/// One verb of the program: what help, errors and completion say of it, and what it does.
struct Command: Sendable {
    let name: String
    /// One sentence.
    let summary: String
    /// A paragraph below the summary.
    var discussion: String?
    /// In the order in which help lists them. Every command also has `--version` and `--help`.
    var options: [any CommandOption] = []
    /// Arguments without a name, in their order.
    var operands: [any CommandOperand] = []
    /// The words after `--`.
    var rest: Rest?
    /// Looks at what no option can check by itself. It runs before arguments that nobody expects are refused: for
    /// `serve 8080`, to say which port to listen on helps more.
    var validate: @Sendable (Arguments) throws -> Void = { _ in }
    let run: @Sendable (Arguments) throws -> Void

    var parameters: [Parameter] { options.map(\.parameter) }
}

/// The words after `--`, such as another program with its arguments.
struct Rest: Sendable {
    let name: String
    let help: String
}

/// The program: its commands, and what help says of all of them.
struct CommandSet: Sendable {
    let name: String
    let summary: String
    let discussion: String
    let version: String
    let commands: [Command]

    func command(_ name: String) -> Command? { commands.first { $0.name == name } }
}
