import ArgumentParser
import CustomHandler
import Lua

/// For `--version` and the first line of the log.
let version = "0.1.0"

/// Commit, Lua and target, for a report of a mistake.
private let origin: String = {
    #if arch(x86_64)
        let machine = "x86_64"
    #elseif arch(arm64)
        let machine = "aarch64"
    #else
        let machine = "unknown"
    #endif
    return "luafunc \(version) (\(Build.commit), \(Build.lua), \(machine)-linux)"
}()

@main
struct Luafunc: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Azure Functions in Lua: a custom handler for the Functions host.",
        discussion: """
            Started by the Functions host, which sets FUNCTIONS_CUSTOMHANDLER_PORT, luafunc serves without any command.
            """,
        version: origin,
        subcommands: [Start.self, Serve.self, Check.self, Pack.self]
    )

    /// Blocks until the command is done: an async `main` would cost a static executable 30 ms at its end.
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if Settings.current.isHosted {
            guard arguments.isEmpty else { return main(hosted(arguments)) }
            do { return try Serving().run() } catch { exit(withError: error) }
        }
        // A program that carries its app serves it; a damaged one says so.
        let isPlain = (try? AppArchive.read()?.files == nil) ?? false
        if let name = arguments.first { checkCommand(name) }
        main(arguments.isEmpty && !isPlain ? ["serve"] : arguments)
    }

    /// Says which command was meant, where there is none of that name.
    private static func checkCommand(_ name: String) {
        let commands = configuration.subcommands.map { "\($0)".lowercased() }
        guard !name.hasPrefix("-"), name != "help", !commands.contains(name) else { return }
        let advice =
            NearestName.find(name, among: commands).map { "did you mean '\($0)'?" }
            ?? "there are \(commands.joined(separator: ", "))"
        exit(withError: ValidationError("there is no command '\(name)'; \(advice)"))
    }

    /// The host starts the program with the arguments of host.json alone, so the command is understood.
    private static func hosted(_ arguments: [String]) -> [String] {
        let asksForHelp = ["-h", "--help", "--version"]
        let first = arguments[0]
        return first.hasPrefix("-") && !asksForHelp.contains(first) ? ["serve"] + arguments : arguments
    }
}
