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
            // The files after the @ of a value.
            "function __luafunc_content",
            "    set -l text (string replace -r -- '^--[a-z]+=' '' (commandline -ct))",
            "    string match -q -- '@*' $text; or return",
            "    for file in (__fish_complete_path (string sub -s 2 -- $text)); echo -- @$file; end",
            "end",
            // Whether the last option is this one, so that its list goes on.
            "function __luafunc_lists",
            "    set -l options (string match -- '-*' (commandline -opc))",
            #"    string match -qr -- "^$argv[1](=|\$)" "$options[-1]""#,
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
            let lists = command.visibleParameters.filter(\.takesList)
            let seen = "__fish_seen_subcommand_from \(command.name)"
            for list in lists {
                let condition = "\(seen); and __luafunc_lists \(list.long)"
                lines.append("complete -c luafunc -n '\(condition)'\(action(list.value))")
            }
            let condition = ([seen] + lists.map { "not __luafunc_lists \($0.long)" }).joined(separator: "; and ")
            for operand in command.operands {
                lines.append("complete -c luafunc -n '\(condition)'\(action(operand.parameter.value))")
            }
            if case .functions? = command.rest?.completion {
                lines.append("\(start) -F -a '(__luafunc_functions)'")
            }
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
        case .content: " -x -a '(__luafunc_content)'"
        case .folder, .app: " -x -a '(__fish_complete_directories)'"
        case .functions: " -x -a '(__luafunc_functions)'"
        case .choices(let choices): " -x -a '\(choices.joined(separator: " "))'"
        }
    }

    private func quoted(_ text: String) -> String {
        "'" + text.map { "'\\".contains($0) ? "\\\($0)" : "\($0)" }.joined() + "'"
    }
}
