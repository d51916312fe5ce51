import Glibc

@main
enum Luafunc {
    /// Runs the command and blocks until it is done. An async `main` would cost a static executable 30 ms at its end.
    static func main() {
        unblockSignals()
        do {
            let words = Array(CommandLine.arguments.dropFirst())
            try run(words)
            // The host would wait half a minute for a handler that has ended with code 0 (host-contract §4.1).
            guard !Settings.current.isHosted else { throw UsageError(.other(servesNothing(words))) }
            ExitCode.success.end()
        } catch {
            ExitCode.end(error)
        }
    }

    /// Unblocks all signals. A process inherits blocked signals from its parent, and no signal could stop luafunc then.
    private static func unblockSignals() {
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
    }

    private static func run(_ words: [String]) throws {
        if Settings.current.isHosted {
            // The host starts luafunc without a command. Reading options would take longer than all other work before
            // the socket listens.
            guard !words.isEmpty else { try ServeSession().run() }
            return try follow(hosted(words))
        }
        // A program with an embedded app serves it. If the embedded app is damaged, `serve` reports that.
        let isPlain = (try? AppArchive.read()?.files == nil) ?? false
        try follow(words.isEmpty && !isPlain ? ["serve"] : words)
    }

    private static func servesNothing(_ words: [String]) -> String {
        "FUNCTIONS_CUSTOMHANDLER_PORT is set, so the Functions host has started luafunc as its handler, but "
            + "'luafunc \(words.joined(separator: " "))' does not serve; remove these words from \"arguments\" in "
            + "\"customHandler\" of host.json"
    }

    private static func follow(_ words: [String]) throws {
        var words = words
        // The command's former name.
        if words.first == "--generate-completion-script" { words[0] = Command.completion.name }
        if words.first == AppChoice.namesCommand { return AppChoice.printNames(onLine: Array(words.dropFirst())) }
        switch try CommandSet.luafunc.read(words) {
        case .help(let text): Console.print(text)
        case .version: Console.print(origin)
        case .run(let command, let arguments): try command.run(arguments)
        }
    }

    /// Adds the command, because the host starts the program with only the arguments in host.json.
    private static func hosted(_ words: [String]) -> [String] {
        let asksForHelp = ["-h", "--help", "--version"]
        return words[0].hasPrefix("-") && !asksForHelp.contains(words[0]) ? ["serve"] + words : words
    }
}

extension CommandSet {
    static let luafunc: CommandSet = CommandSet(
        name: "luafunc", summary: "Azure Functions in Lua: a custom handler for the Functions host.",
        discussion: """
            Started by the Functions host, which sets FUNCTIONS_CUSTOMHANDLER_PORT, luafunc serves without any command.
            """,
        version: origin,
        commands: [.initialize, .new, .start, .invoke, .test, .repl, .check, .types, .mcp, .pack, .serve, .completion])
}
