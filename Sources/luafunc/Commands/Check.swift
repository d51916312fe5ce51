import FunctionsModel

extension Command {
    static let check = Command(
        name: "check", summary: "Report every problem of an app: in host.json, function.json and the scripts.",
        discussion: "Exits with 1 if a function cannot run, 65 if the app is invalid.",
        options: [AppChoice.option]
    ) { arguments in
        let settings = Settings.current
        let check = try AppCheck(AppChoice(arguments).source(settings), settings: settings)
        check.print()
        guard check.problems.isEmpty else { throw ExitCode.failure }
        let count = check.app.functions.count
        guard count > 0 else {
            Console.printError(
                "\(check.app.root): has no functions; a function is a folder, here or in functions/, with a function.json"
            )
            throw ExitCode.badApp
        }
        Console.print(count == 1 ? "1 function, no problems found" : "\(count) functions, no problems found")
    }
}
