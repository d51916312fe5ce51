/// Completion for bash 4.4 or newer. It does not need the package bash-completion.
struct BashCompletion {
    let program: CommandSet

    var script: String {
        """
        \(CompletionFile.mark(for: .bash)) Load it in ~/.bashrc: source <(luafunc completion bash)
        _luafunc_functions() {
            mapfile -t COMPREPLY < <(compgen -W \
                "$("${COMP_WORDS[0]/#\\~/$HOME}" \(AppChoice.namesCommand) "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "$1")
        }
        _luafunc() {
            local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} other list= mark=
            # bash makes three words of --option=value, and of --option=@value.
            if [[ $word == [=@] || $word == =@ ]]; then
                mark=$word word=
            elif [[ $option == [=@] || $option == =@ ]]; then
                mark=$option option=${COMP_WORDS[COMP_CWORD-2]}
            fi
            COMPREPLY=()
            if ((COMP_CWORD == 1)); then
                mapfile -t COMPREPLY < <(compgen -W "\(names) help --help --version" -- "$word")
                return
            fi
            for other in "${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
                if [[ $other == -- ]]; then
                    compopt -o filenames
                    mapfile -t COMPREPLY < <(compgen -f -- "$word")
                    return
                fi
                [[ $other == -* ]] && list=$other
            done
            [[ $word != -* ]] || list=
            case ${COMP_WORDS[1]} in
            help) mapfile -t COMPREPLY < <(compgen -W "\(names)" -- "$word") ;;
        \(program.commands.map(part).joined(separator: "\n"))
            esac
        }
        complete -F _luafunc luafunc

        """
    }

    private var names: String { program.commands.map(\.name).joined(separator: " ") }

    private func part(of command: Command) -> String {
        let valued = command.visibleParameters.compactMap { parameter in
            parameter.value.map { form in
                (parameter.long + (parameter.short.map { "|-\($0)" } ?? ""), form.completion)
            }
        }
        let operands = command.operands.flatMap { $0.parameter.value?.choices ?? [] }
        let words = operands + command.visibleParameters.flatMap(\.spellings) + ["--help"]
        var lines = ["    \(command.name))"]
        if !valued.isEmpty {
            lines.append("        case $option in")
            lines += valued.map { "        \($0))\(action($1)) return ;;" }
            lines.append("        esac")
        }
        let lists = command.visibleParameters.filter(\.takesList).compactMap { parameter in
            parameter.value.map { "        \(parameter.long))\(action($0.completion)) return ;;" }
        }
        if !lists.isEmpty { lines += ["        case $list in"] + lists + ["        esac"] }
        lines.append(#"        mapfile -t COMPREPLY < <(compgen -W "\#(words.joined(separator: " "))" -- "$word")"#)
        switch command.operands.first?.parameter.value?.completion {
        case .folder?, .app?: lines.append(#"        if [[ $word != -* ]]; then\#(action(.folder)) fi"#)
        case .functions?: lines.append(#"        if [[ $word != -* ]]; then\#(action(.functions)) fi"#)
        default: break
        }
        if command.rest?.isBare == true, case .functions? = command.rest?.completion {
            lines.append(#"        if [[ $word != -* ]]; then\#(action(.functions))"#)
            lines.append(#"            if ((${#COMPREPLY[@]} == 0)); then\#(action(.file)) fi"#)
            lines.append("        fi")
        }
        lines.append("        ;;")
        return lines.joined(separator: "\n")
    }

    private func action(_ completion: ValueForm.Completion) -> String {
        switch completion {
        case .none: ""
        case .file: #" compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$word");"#
        // Where COMP_WORDBREAKS lacks the @, it is a part of the word.
        case .content:
            #" if [[ $mark == *@ ]]; then\#(action(.file))"#
                + #" elif [[ $word == @* ]]; then mapfile -t COMPREPLY < <(compgen -P @ -f -- "${word#@}"); fi;"#
        case .folder, .app: #" compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$word");"#
        case .functions: #" _luafunc_functions "$word";"#
        case .choices(let choices):
            #" mapfile -t COMPREPLY < <(compgen -W "\#(choices.joined(separator: " "))" -- "$word");"#
        }
    }
}
