import Files

extension Command {
    static let completion: Command = Command(
        name: "completion", summary: "Print a script that completes command lines of luafunc in a shell.",
        discussion: """
            With --install, it writes the script where the shell finds it, and says what to do next:
              luafunc completion bash --install
            Without it, load the script when a shell starts:
              source <(luafunc completion bash)     in ~/.bashrc
              source <(luafunc completion zsh)      in ~/.zshrc, after compinit
              luafunc completion fish | source      in config.fish
            """,
        options: [install], operands: [shell],
        validate: { arguments in
            guard arguments[shell] == nil else { return }
            guard arguments[install] else { throw UsageError(.missingOperand(shell.parameter)) }
            guard loginShell == nil else { return }
            throw UsageError(
                .other("SHELL names none of bash, zsh and fish; say which: luafunc completion bash --install"))
        }
    ) { arguments in
        guard let shell = arguments[shell] ?? loginShell else { return }
        let script = CommandSet.luafunc.completionScript(for: shell)
        // Printing adds the last line's end.
        guard arguments[install] else { return Console.print(String(script.dropLast())) }
        do throws(CompletionFile.Refusal) {
            let file = try CompletionFile(for: shell, Settings.current.values)
            let isNew = try file.write(script)
            Console.print("\(isNew ? "Wrote" : "Up to date:") \(file.path)\n\(file.advice)")
        } catch {
            Console.printError("luafunc: \(error)")
            throw ExitCode.failure
        }
    }

    private static let shell = Operand(
        "shell", ValueOf<Shell>.choice, "The shell.", isOptional: true, default: "with --install, that of SHELL")
    private static let install = Flag("install", "Write the script where the shell loads it by itself.")

    private static var loginShell: Shell? {
        Settings.current.values["SHELL"].flatMap { Shell(rawValue: Path.lastComponent(of: $0)) }
    }
}
