extension Command {
    static let completion: Command = Command(
        name: "completion", summary: "Print a script that completes command lines of luafunc in a shell.",
        discussion: """
            Load it when a shell starts:
              source <(luafunc completion bash)     in ~/.bashrc
              source <(luafunc completion zsh)      in ~/.zshrc, after compinit
              luafunc completion fish | source      in config.fish
            """,
        operands: [shell]
    ) { arguments in
        guard let shell = arguments[shell] else { return }
        Console.print(CommandSet.luafunc.completionScript(for: shell))
    }

    private static let shell = Operand("shell", ValueOf<Shell>.choice, "The shell.")
}
