/// Completion for fish 3 or newer.
struct FishCompletion {
    let program: CommandSet

    var script: String {
        var lines = [
            "\(CompletionFile.mark(for: .fish)) Load it in config.fish: luafunc completion fish | source",
            "function __luafunc_functions",
            "    set -l words (commandline -opc)",
            "    $words[1] \(AppChoice.namesCommand) $words[2..-1] 2>/dev/null",
            "end",
            "complete -c luafunc -f",
            "complete -c luafunc -n __fish_use_subcommand -l version -d 'Show the version'",
            "complete -c luafunc -l help -s h -d 'Show help information'",
        ]
        for command in program.commands {
            lines.append(
                "complete -c luafunc -n __fish_use_subcommand -a \(command.name) -d \(quoted(command.summary.caption))")
        }
        let names = program.commands.map(\.name).joined(separator: " ")
        lines.append("complete -c luafunc -n __fish_use_subcommand -a help -d 'Show the help of a command'")
        lines.append("complete -c luafunc -n '__fish_seen_subcommand_from help' -a '\(names)'")
        for command in program.commands {
            let start = "complete -c luafunc -n '__fish_seen_subcommand_from \(command.name)'"
            for parameter in command.visibleParameters {
                lines += options(of: parameter).map { "\(start) \($0)" }
            }
            for operand in command.operands { lines.append("\(start)\(action(operand.parameter.value))") }
            if command.rest != nil {
                lines.append("complete -c luafunc -n 'contains -- -- (commandline -opc)' -F")
            }
        }
        return lines.map { "\($0)\n" }.joined()
    }

    private func options(of parameter: Parameter) -> [String] {
        let caption = "-d \(quoted(parameter.help.caption))"
        let short = parameter.short.map { "-s \($0) " } ?? ""
        return switch parameter.form {
        case .flag: ["\(short)-l \(parameter.name) \(caption)"]
        case .pair: ["-l \(parameter.name) \(caption)", "-l no-\(parameter.name) \(caption)"]
        case .value(let value), .operand(let value):
            ["\(short)-l \(parameter.name)\(action(value)) \(caption)"]
        }
    }

    private func action(_ value: ValueForm?) -> String {
        switch value?.completion {
        case nil, .some(.none): " -x"
        case .file: " -r -F"
        case .folder: " -x -a '(__fish_complete_directories)'"
        case .functions: " -x -a '(__luafunc_functions)'"
        case .choices(let choices): " -x -a '\(choices.joined(separator: " "))'"
        }
    }

    private func quoted(_ text: String) -> String {
        "'" + text.map { "'\\".contains($0) ? "\\\($0)" : "\($0)" }.joined() + "'"
    }
}
