import CustomHandler
import DevHost
package import EventLoop
package import FunctionsModel
import Log

/// Everything that is wrong with an app, found without serving it.
package struct AppCheck: Sendable {
    package let app: FunctionApp
    /// Sorted by file, line and column.
    package let findings: [Finding]

    /// Loads every script once.
    ///
    /// - Parameters:
    ///   - loop: the loop that loads the scripts.
    ///   - settings: the app settings that are known.
    ///   - loadLimit: the time that a script may take to load.
    package init(
        _ app: FunctionApp, on loop: EventLoop, settings: [String: String], version: String,
        loadLimit: Duration = .seconds(5)
    ) async {
        self.app = app
        let inProcess = InProcessApp(
            app, on: loop, settings: settings, version: version, options: InvocationOptions(logger: .silent))
        let failures = await inProcess.workers.check(app, limit: loadLimit)
        let scripts = await ScriptChecks.findings(in: app, failures: failures, settings: settings)
        await inProcess.workers.shutdown()
        var found = Set(scripts + app.findings.all + app.list.flatMap { BindingCheck($0).findings })
        for problem in app.encodingWarnings { found.insert(Finding(.warning, problem, .encoding)) }
        // The problem of a link that a function needs is already in the list.
        let links = app.linksOutside.filter { link in !app.broken.values.contains(link) }
        for problem in links { found.insert(Finding(.error, problem, .linkOutside)) }
        for (name, file) in app.takenModules {
            found.insert(
                Finding(
                    .note, .takenModuleName, file, "require finds the app's own '\(name)'",
                    remedy: "luafunc's module is 'luafunc.\(name)'"))
        }
        findings = found.sorted()
    }

    package func count(of severity: Finding.Severity) -> Int { findings.count { $0.severity == severity } }
}
