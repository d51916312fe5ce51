import ArgumentParser
import CustomHandler
import DevHost
import Logging

/// Everything that is wrong with an app, found without serving it.
struct AppCheck {
    let app: FunctionApp
    /// Of functions that cannot run, or that the host cannot listen for, in the order of their names.
    private(set) var problems: [String] = []

    /// Loads every script once. Throws where nothing at all can run.
    init(_ source: AppSource, settings: Settings) throws {
        do throws(Problem) {
            app = try AppLoader(source, settings: settings.values).load()
        } catch {
            Console.printError("luafunc: \(error)")
            throw ExitCode.badApp
        }
        let workers = WorkerGroup(settings: settings.values)
        let failures = try workers.runAndWait { [app] in
            let silent = Logger(label: "luafunc") { _ in SwiftLogNoOpLogHandler() }
            workers.adopt(app, options: InvocationOptions(logger: silent))
            let failures = await workers.check(app)
            await workers.shutdown()
            return failures
        }
        problems = app.names.flatMap { name -> [String] in
            let problem = app.broken[name] ?? failures[name].map { app.problem($0, loading: name) }
            let ofBindings = app.functions[name].map { BindingCheck($0).problems } ?? []
            return ((problem.map { [$0] } ?? []) + ofBindings).map(\.description)
        }
    }

    /// Problems and warnings, one line each.
    func print() {
        for warning in app.warnings { Console.printError("warn  \(warning)") }
        for problem in problems { Console.printError(problem) }
    }
}
