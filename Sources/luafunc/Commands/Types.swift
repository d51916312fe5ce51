import Files
import FunctionsModel
import Toolbox

extension Command {
    static let types = Command(
        name: "types", summary: "Write definitions for editors: modules, functions, function.json and host.json.",
        discussion: """
            Writes .luafunc/types, and adds to .luarc.json and .vscode/settings.json what an editor needs to find it. \
            What you have written there stays. docs/editor.md explains what an editor shows then.

            Example: luafunc types myapp
            """,
        options: [AppChoice.option, vscode], operands: [AppChoice.operand],
        validate: { arguments in try AppChoice.check(arguments) }
    ) { arguments in
        let root = AppChoice(arguments).folder(Settings.current)
        let app = try AppLoader(.folder(root), settings: Settings.current.values, requiresScripts: false)
            .loadOrTell(earlier: HostJSON())
        guard app.names.isEmpty == false || File.exists(Path.join(root, "host.json")) else {
            Console.printError("luafunc: \(NewFunction.Refusal.noApp(root))")
            throw ExitCode.badApp
        }
        let files = EditorFiles.write(for: app, isForVSCode: arguments[vscode] != false)
        for entry in files.entries { Console.print("\(entry.isChanged ? "written   " : "unchanged ") \(entry.path)") }
        if let name = app.functions.keys.min() {
            Console.print("\nIn handler.lua, above the function:\n  \(FunctionTypes.line(for: name))")
        }
        let broken = app.names.compactMap { app.broken[$0] }
        for problem in broken { Console.printError("\(problem)") }
        for problem in files.problems { Console.printError("luafunc: \(problem)") }
        guard broken.isEmpty, files.problems.isEmpty else { throw ExitCode.failure }
    }

    private static let vscode = Switch(
        "vscode", "Whether .vscode/settings.json names the schemas of function.json and host.json.", default: "yes")
}
