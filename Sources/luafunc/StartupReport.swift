import CustomHandler
import EventLoop
import FunctionsModel
import Log

/// Prints which app is served at which address, and which functions are broken.
struct StartupReport {
    let app: FunctionApp
    let workers: WorkerGroup
    let logger: Logger
    /// The server's address.
    let address: SocketAddress
    /// Links that lead out of the app.
    let linksOutside: [Problem]

    func start(on loop: EventLoop) {
        say("luafunc \(version): serving \(app.root) on http://\(address)")
        loop.task { [self] in tell(await workers.check(app)) }
    }

    private func tell(_ failures: [String: InvocationFailure]) {
        for name in app.names {
            if let function = app.functions[name], failures[name] == nil {
                say("  \(name): \(function.trigger?.writtenType ?? "")  \(app.address(of: function))")
            }
        }
        if app.names.isEmpty {
            logger.warning(
                "\(app.root) has no functions; a function is a folder, here or in functions/, with a function.json")
        }
        for warning in app.warnings { logger.warning("\(warning)") }
        if let note = app.takenModuleNames { logger.info("\(note)") }
        for name in app.names {
            guard let reason = app.broken[name]?.description ?? failures[name]?.text else { continue }
            logger.report(.error, reason, [.function(name)])
        }
        for link in linksOutside where !app.broken.values.contains(link) {
            logger.error("\(link)")
        }
    }

    /// Prints text for people. With JSON logs, it becomes a log line, because there must be no other output.
    private func say(_ text: String) {
        switch logger.format {
        case .text: Console.print(Escape.line(text))
        case .json: logger.info("\(text)", [.event(LogKey.listening)])
        }
    }
}
