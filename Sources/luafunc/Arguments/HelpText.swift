/// The text of `--help`, made from the description of the commands.
struct HelpText {
    private(set) var text = ""

    private static let width = 80
    /// The column where explanations begin.
    private static let column = 26

    init(_ program: CommandSet) {
        begin(program.summary, program.discussion, usage: "\(program.name) <subcommand>")
        section("OPTIONS", Self.common)
        section("SUBCOMMANDS", program.commands.map { ($0.name, $0.summary) })
        text += "\n  See '\(program.name) help <subcommand>' for detailed help."
    }

    init(_ command: Command, of program: CommandSet) {
        let visible = command.parameters.filter { !$0.isHidden }
        var usage = ["\(program.name) \(command.name)"]
        usage += visible.flatMap { parameter in
            if case .pair = parameter.form { parameter.spellings.map { "[\($0)]" } } else { ["[\(parameter.usage)]"] }
        }
        usage += command.operands.map { $0.parameter.isOptional ? "[\($0.parameter.usage)]" : $0.parameter.usage }
        if let rest = command.rest { usage.append("\(rest.isBare ? "" : "-- ")[<\(rest.name)> ...]") }
        begin(command.summary, command.discussion, usage: usage.joined(separator: " "))
        section(
            "ARGUMENTS",
            command.operands.map { (Self.label(of: $0.parameter), Self.explanation(of: $0.parameter)) }
                + (command.rest.map { [("<\($0.name)>", $0.help)] } ?? []))
        section("OPTIONS", visible.map { (Self.label(of: $0), Self.explanation(of: $0)) } + Self.common)
    }

    /// One option or operand with its explanation, for an error.
    static func line(of parameter: Parameter) -> String {
        entry(label(of: parameter), explanation(of: parameter))
    }

    private static let common = [("--version", "Show the version."), ("-h, --help", "Show help information.")]

    private mutating func begin(_ summary: String, _ discussion: String?, usage: String) {
        text += Self.wrapped("OVERVIEW: \(summary)", width: Self.width).map { "\($0)\n" }.joined()
        if let discussion {
            text +=
                "\n"
                + discussion.split(separator: "\n").flatMap { line in
                    // Indented lines are meant to be copied unchanged.
                    line.hasPrefix(" ") ? [String(line)] : Self.wrapped(String(line), width: Self.width)
                }.map { "\($0)\n" }.joined()
        }
        text += "\nUSAGE: \(usage)\n"
    }

    private mutating func section(_ title: String, _ entries: [(label: String, explanation: String)]) {
        guard !entries.isEmpty else { return }
        text += "\n\(title):\n" + entries.map { Self.entry($0.label, $0.explanation) }.joined()
    }

    /// An entry: a label with its explanation beside or below it.
    private static func entry(_ label: String, _ explanation: String) -> String {
        let lines = wrapped(explanation, width: width - column)
        let indented = lines.map { String(repeating: " ", count: column) + $0 + "\n" }.joined()
        let label = "  \(label)"
        guard label.count < column, !lines.isEmpty else { return "\(label)\n\(indented)" }
        return label + indented.dropFirst(label.count)
    }

    private static func label(of parameter: Parameter) -> String {
        switch parameter.form {
        case .pair: parameter.spellings.joined(separator: "/")
        case .flag, .value, .operand: (parameter.short.map { "-\($0), " } ?? "") + parameter.usage
        }
    }

    private static func explanation(of parameter: Parameter) -> String {
        var notes: [String] = []
        if let choices = parameter.value?.choices, !choices.isEmpty {
            notes.append("values: \(choices.joined(separator: ", "))")
        }
        if let otherwise = parameter.otherwise { notes.append("default: \(otherwise)") }
        return parameter.help + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))")
    }

    /// Wraps a text between words. A word that is longer than a line gets its own line.
    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
