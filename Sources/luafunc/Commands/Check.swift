import EventLoop
import FunctionsModel
import Log
import Toolbox

extension Command {
    static let check = Command(
        name: "check", summary: "Report every problem of an app: in host.json, function.json and the scripts.",
        discussion: """
            Exits with 1 if a function cannot run, 65 if the app is invalid.
            docs/check.md explains each rule of the findings.

            Example, for a workflow of GitHub: luafunc check --strict --format github
            """,
        options: [AppChoice.option, format, strict, AppSettings.option], operands: [AppChoice.operand],
        validate: { arguments in try AppChoice.check(arguments) }
    ) { arguments in
        let choice = AppChoice(arguments)
        let settings = try AppSettings(arguments, choice)
        let check = try AppCheck.run(choice.source(.current), settings)
        let isEmpty = check.app.names.isEmpty
        let report = FindingsReport(check)
        switch arguments[format] ?? .text {
        case .text where isEmpty: FindingsPrinter(check).printErrors()
        case .text: FindingsPrinter(check).print()
        case .json: Console.printStyled(report.json)
        case .github:
            if !check.findings.isEmpty { Console.printStyled(report.github(in: choice.app ?? "")) }
            Console.print(report.summary)
        }
        guard !isEmpty else {
            Console.printError(
                "\(check.app.root): has no functions; a function is a folder, here or in functions/, with a function.json"
            )
            throw ExitCode.badApp
        }
        let worst = check.findings.map(\.severity).max() ?? .note
        if worst == .error || worst == .warning && arguments[strict] { throw ExitCode.failure }
    }

    private enum Format: String, CaseIterable { case text, json, github }

    private static let format = Option("format", ValueOf<Format>.choice, "How to report.", default: "text")
    private static let strict = Flag("strict", "Exit with 1 for warnings too.")
}

extension AppCheck {
    /// Checks the app on this thread. If there is no app, it prints the reason.
    static func run(_ source: AppSource, _ settings: AppSettings) throws -> AppCheck {
        // A host.json that the host refuses is one finding among others.
        let app = try AppLoader(source, settings: settings.values).loadOrTell(earlier: HostJSON())
        settings.export()
        let loop = EventLoop.main
        let check = loop.finish {
            await AppCheck(app, on: loop, settings: settings.values, version: version)
        }
        guard let check else { throw ExitCode.failure }
        return check
    }
}
