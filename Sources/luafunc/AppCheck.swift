import CustomHandler
import DevHost
import EventLoop
import FunctionsModel
import Log
import Synchronization

/// Finds all problems of an app without serving it.
struct AppCheck {
    let app: FunctionApp
    /// The problems of functions that cannot run, or whose events the host cannot receive, sorted by function name. The
    /// problems of links that lead out of the app follow.
    private(set) var problems: [String] = []

    /// Loads every script once. Throws if no function can run.
    init(_ source: AppSource, settings: Settings) throws {
        let loader = AppLoader(source, settings: settings.values)
        app = try loader.loadOrTell()
        let failures = Self.failures(of: app, settings)
        problems = app.names.flatMap { [app] name -> [String] in
            let problem = app.broken[name] ?? failures[name].map { app.problem($0, loading: name) }
            let ofBindings = app.functions[name].map { BindingCheck($0).problems } ?? []
            return ((problem.map { [$0] } ?? []) + ofBindings).map(\.description)
        }
        // The list already contains the links that a function needs.
        problems += app.linksOutside.map(\.description).filter { !problems.contains($0) }
    }

    /// Runs the first loop until every script is loaded.
    private static func failures(of app: FunctionApp, _ settings: Settings) -> [String: InvocationFailure] {
        let loop = EventLoop.main
        loop.bind()
        let workers = WorkerGroup(loop: loop, settings: settings.values, version: version)
        workers.install(app, options: InvocationOptions(logger: .silent))
        let found = Found()
        loop.task {
            let failures = await workers.check(app)
            found.failures.withLock { $0 = failures }
            await workers.shutdown()
            loop.stop()
        }
        loop.run()
        return found.failures.withLock { $0 }
    }

    private final class Found: Sendable {
        let failures = Mutex<[String: InvocationFailure]>([:])
    }

    /// Problems, warnings and what else the author should know, one line each.
    func print() {
        for warning in app.warnings + app.encodingWarnings { Console.printError("warn  \(warning)") }
        if let note = app.takenModuleNames { Console.printError("note  \(note)") }
        for problem in problems { Console.printError(problem) }
    }
}
