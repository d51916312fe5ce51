/// Completion for zsh, from a file `_luafunc` in `$fpath` or loaded after `compinit`.
struct ZshCompletion {
    let program: CommandSet

    var script: String {
        """
        #compdef luafunc
        \(CompletionFile.mark(for: .zsh)) Load it in ~/.zshrc, after compinit: source <(luafunc completion zsh)
        _luafunc_functions() {
            local -a names
            names=(${(f)"$(${~program} \(AppChoice.namesCommand) "${(@)typed[2,CURRENT]}" "${(@)typed[CURRENT+2,-1]}" 2>/dev/null)"})
            compadd "$@" -a names
        }
        _luafunc() {
            local -a commands
            commands=(
        \(program.commands.map { "        \(quoted("\($0.name):\($0.summary.caption)"))" }.joined(separator: "\n"))
                'help:Show the help of a command'
            )
            if ((CURRENT == 2)); then
                _describe -t commands command commands -- "(--help --version)"
                return
            fi
            local program=$words[1] command=$words[2]
            local -a typed=("${(@Q)words}")
            shift words
            ((CURRENT--))
            # The last option, whose list may go on.
            local -a dashed=(${(M)words[2,CURRENT-1]:#-*})
            local list=$dashed[-1]
            [[ $words[CURRENT] == -* ]] && list=
            case $command in
            help) _describe -t commands command commands ;;
        \(program.commands.map(part).joined(separator: "\n"))
            esac
        }
        if [[ $funcstack[1] == _luafunc ]]; then _luafunc "$@"; else compdef _luafunc luafunc; fi

        """
    }

    private func part(of command: Command) -> String {
        var specs = command.visibleParameters.flatMap(specs)
        specs.append(quoted("(- *)--help[Show help information]"))
        specs += command.operands.map { ":\($0.parameter.name):\(action($0.parameter.value))" }.map(quoted)
        if let rest = command.rest {
            let action = if case .functions = rest.completion { "{_luafunc_functions; _files}" } else { "_files" }
            specs.append(quoted("*:\(rest.name):\(action)"))
        }
        let lists = command.visibleParameters.filter(\.takesList).compactMap { parameter -> String? in
            guard case .functions? = parameter.value?.completion else { return nil }
            return "        if [[ $list == \(parameter.long)(|=*) ]]; then _luafunc_functions; return; fi\n"
        }
        return "    \(command.name))\n\(lists.joined())        _arguments -S \\\n            "
            + specs.joined(separator: " \\\n            ") + "\n        ;;"
    }

    private func specs(of parameter: Parameter) -> [String] {
        let caption = escaped(parameter.help.caption)
        switch parameter.form {
        case .flag:
            let names = (parameter.short.map { ["-\($0)"] } ?? []) + [parameter.long]
            return names.map { quoted("(\(names.joined(separator: " ")))\($0)[\(caption)]") }
        case .pair:
            let names = parameter.spellings.joined(separator: " ")
            return parameter.spellings.map { quoted("(\(names))\($0)[\(caption)]") }
        case .value(let value), .operand(let value):
            let spec = "[\(caption)]:\(value.placeholder ?? parameter.name):\(action(value))"
            if parameter.repeats { return [quoted("*\(parameter.long)=\(spec)")] }
            guard let short = parameter.short else { return [quoted("\(parameter.long)=\(spec)")] }
            return ["-\(short)+", "\(parameter.long)="].map { quoted("(-\(short) \(parameter.long))\($0)\(spec)") }
        }
    }

    private func action(_ value: ValueForm?) -> String {
        switch value?.completion {
        case nil, .some(.none): " "
        case .file: "_files"
        case .folder, .app: "_files -/"
        case .content: "{compset -P @ && _files}"
        case .functions: "_luafunc_functions"
        case .choices(let choices): "(\(choices.joined(separator: " ")))"
        }
    }

    /// Escapes colons and brackets, which would end a part of the specification.
    private func escaped(_ text: String) -> String {
        text.map { "[]:\\".contains($0) ? "\\\($0)" : "\($0)" }.joined()
    }

    private func quoted(_ text: String) -> String {
        "'" + text.map { $0 == "'" ? #"'\''"# : "\($0)" }.joined() + "'"
    }
}
