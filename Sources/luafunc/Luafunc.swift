import ArgumentParser

/// Where luafunc came from, for `--version` and the first line of the log.
let version = "0.1.0"

@main
struct Luafunc: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Azure Functions in Lua: a custom handler for the Functions host.",
        discussion: """
            Started by the Functions host, which sets FUNCTIONS_CUSTOMHANDLER_PORT, luafunc serves without any command.
            """,
        version: "luafunc \(version)",
        subcommands: [Start.self, Serve.self, Check.self, Pack.self]
    )

    /// Blocks until the command is done: an async `main` would cost a static executable 30 ms at its end.
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if Settings.current.isHosted { return main(hosted(arguments)) }
        // A program that carries its app serves it; a damaged one says so.
        let isPlain = (try? AppArchive.read()?.files == nil) ?? false
        main(arguments.isEmpty && !isPlain ? ["serve"] : arguments)
    }

    /// The host starts the program with the arguments of host.json alone, so the command is understood.
    private static func hosted(_ arguments: [String]) -> [String] {
        let asksForHelp = ["-h", "--help", "--version"]
        guard let first = arguments.first else { return ["serve"] }
        return first.hasPrefix("-") && !asksForHelp.contains(first) ? ["serve"] + arguments : arguments
    }
}
