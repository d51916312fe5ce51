import Files
import Toolbox

extension Command {
    static let initialize = Command(
        name: "init", summary: "Make a new app: its settings, a function and a test.",
        discussion: """
            Writes host.json, local.settings.json, .gitignore, .funcignore and the function hello. A .gitignore or \
            .funcignore that exists only gets the lines that it lacks. If another of these files exists, init writes \
            nothing. It also writes what an editor needs, as luafunc types does. With --mcp, the app is an MCP server: \
            functions/mcp/handler.lua gets all requests, and there is no function.json.

            Example: luafunc init myapp
            """,
        options: [server, force], operands: [folder],
        validate: { arguments in
            if arguments[folder] == "" { throw UsageError(.other("the name of the folder is empty")) }
        }
    ) { arguments in
        let root = arguments[folder] ?? "."
        do {
            let files = try NewApp.write(
                to: root, isServer: arguments[server], overwrites: arguments[force])
            let editor = EditorFiles.write(forNew: root)
            let added = editor?.entries.filter(\.isChanged).map(\.path) ?? []
            Console.print(report(files + added, in: root, isServer: arguments[server]))
            for problem in editor?.problems ?? [] { Console.printError("warn  \(problem)") }
        } catch let error as TemplateError {
            // The other errors have the whole path.
            let place = if case .inTheWay = error { "\(Path.standardized(root)): " } else { "" }
            Console.printError("luafunc: \(place)\(error)")
            throw ExitCode.failure
        }
    }

    private static let folder = Operand(
        "dir", ValueOf.folder(), "The app folder, which may not exist yet.", isOptional: true,
        default: "the working folder")
    private static let server = Flag("mcp", "Make an MCP server, whose tools assistants and editors call.")
    private static let force = Flag("force", "Overwrite files that exist, except .gitignore and .funcignore.")

    private static func report(_ files: [String], in root: String, isServer: Bool) -> String {
        let word = (root.hasPrefix("-") ? "./\(root)" : root).shellWord
        var steps =
            isServer
            ? [
                ("luafunc start", "serves http://localhost:7071/mcp; every save takes effect"),
                ("luafunc test", "runs the tests"),
            ]
            : [
                ("luafunc start", "runs the app; every save takes effect"),
                (
                    "curl \"localhost:7071/api/\(NewApp.function)?name=Ada\"",
                    "calls the function; start prints the address"
                ),
                ("luafunc test", "runs the tests"),
                ("luafunc new NAME --template queue", "adds a function; luafunc new --list shows the templates"),
            ]
        if Path.standardized(root) != Path.standardized(".") { steps.insert(("cd \(word)", ""), at: 0) }
        let width = steps.map(\.0.count).max() ?? 0
        let lines = steps.map { command, what in
            what.isEmpty
                ? "  \(command)" : "  \(command)\(String(repeating: " ", count: width - command.count))  \(what)"
        }
        return "Made in \(Path.standardized(root)):\n" + files.map { "  \($0)\n" }.joined()
            + "\nNext:\n" + lines.joined(separator: "\n")
    }
}
