import Files
import FunctionsModel
import Toolbox

extension Command {
    static let new = Command(
        name: "new", summary: "Add a function to an app, from a template.",
        discussion: """
            Writes function.json, handler.lua and a test. Without --template, it asks on a terminal.

            Example: luafunc new order --template queue
            """,
        options: [template, AppChoice.option, force, list], operands: [name],
        validate: { arguments in
            guard !arguments[list] else { return }
            guard arguments[name] != nil else { throw UsageError(.missingOperand(name.parameter)) }
            if arguments[template] == nil, !TemplateQuestion.canAsk {
                let names = FunctionTemplate.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError(.other("say which template with --template; there are \(names)"))
            }
        }
    ) { arguments in
        if arguments[list] { return Console.print(FunctionTemplate.list.joined(separator: "\n")) }
        guard let name = arguments[name] else { return }
        let root = AppChoice(arguments).folder(Settings.current)
        let force = arguments[force]
        do {
            let function = try NewFunction(name, in: root, overwrites: force, settings: Settings.current.values)
            let template = try arguments[template] ?? TemplateQuestion.ask()
            let files = try function.write(template, overwrites: force)
            EditorFiles.refresh(root)
            Console.print(report(function, template, files, app: arguments[AppChoice.option]))
            for note in notes(function, template) { Console.printError(note) }
        } catch let refusal as NewFunction.Refusal {
            Console.printError("luafunc: \(refusal)")
            if case .taken = refusal { throw ExitCode.failure }
            throw ExitCode.badApp
        } catch let error as TemplateError {
            Console.printError("luafunc: \(error)")
            throw ExitCode.failure
        }
    }

    private static let name = Operand("name", .functionName, "The function's name.", isOptional: true)
    private static let template = Option("template", ValueOf<FunctionTemplate>.choice, "What the function does.")
    private static let force = Flag("force", "Overwrite the files of a function that exists.")
    private static let list = Flag("list", "Show the templates, and do nothing else.")

    private static func report(
        _ function: NewFunction, _ template: FunctionTemplate, _ files: [String], app: String?
    ) -> String {
        let option = app.map { " --app \($0.shellWord)" } ?? ""
        // An MCP server takes messages of a protocol, and no sample event.
        let first = template == .mcp ? "start" : "invoke \(function.name)"
        return files.joined(separator: "\n") + """
            \n
            Next:
              luafunc \(first)\(option)
              luafunc test\(option)
            """
    }

    /// What the author must add to host.json, which is never changed.
    private static func notes(_ function: NewFunction, _ template: FunctionTemplate) -> [String] {
        var notes: [String] = []
        if function.lacksBundle(template) {
            notes.append(
                """
                warn  host.json has no extension bundle, which the host needs for this function. Add to host.json:
                  "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" }
                """)
        }
        if function.isUnlisted {
            notes.append(
                "warn  \"functions\" in host.json names the functions that the host loads; add \"\(function.name)\"")
        }
        if template == .mcp { notes += function.serverNotes.map { "warn  \($0)" } }
        return notes
    }
}

extension ValueOf<String> {
    /// The name of a function that can be deployed.
    fileprivate static let functionName = ValueOf { text throws(ValueProblem) in
        guard Function.isName(text) else {
            throw .unreadable(
                "it must begin with a letter and contain only letters, digits, '_' and '-', at most 128 in all")
        }
        guard !Function.isReserved(text), !AppWalk.takenNames.contains(text.lowercased()) else {
            throw .unreadable("a deployed app has something else of this name")
        }
        return text
    }
}
