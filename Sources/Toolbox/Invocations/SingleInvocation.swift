import CustomHandler
package import DevHost
package import EventLoop
package import FunctionsModel
package import Log

/// One run of one function of an app, for `luafunc invoke`.
package struct SingleInvocation: Sendable {
    package let function: Function
    package let app: FunctionApp
    package let event: FunctionEvent
    /// The folder `.luafunc`, from which input bindings are read.
    package var storage: String?
    package var memoryLimit: Int?
    package var timeLimit: Duration?

    /// Throws `Refusal` if there is no such function, and `EventError` if the event does not fit it.
    ///
    /// - Parameters:
    ///   - wire: nil for the one that host.json chooses, or that a recording has.
    ///   - recording: a file's content, in place of a sample.
    package init(
        _ name: String, in app: FunctionApp, _ parts: FunctionEvent.Parts, recording: [UInt8]?, wire: HTTPWire?
    ) throws {
        guard let function = app.functions[name] else { throw Refusal(name, app) }
        if let wire, wire != .payload, !function.isHTTPOnly {
            throw EventError.unfit(
                "the host forwards only requests of functions with one HTTP trigger, one http output and no other binding; "
                    + "'\(name)' gets payloads")
        }
        let recorded = try recording.map { bytes throws(EventError) in try FunctionEvent.recorded(bytes) }
        if let other = recorded?.recordedFunction, other != name {
            throw EventError.unfit("was recorded for the function '\(other)', not for '\(name)'")
        }
        self.function = function
        self.app = (wire ?? recorded?.recordedWire).map { app.serving($0) } ?? app
        event = try recorded ?? .sample(of: function, in: self.app, parts)
    }

    /// Why a function cannot be invoked.
    package struct Refusal: Error, CustomStringConvertible {
        package let description: String

        init(_ name: String, _ app: FunctionApp) {
            if let problem = app.broken[name] {
                description = "\(problem)"
            } else if app.names.isEmpty {
                description =
                    "\(app.root): has no functions; a function is a folder, here or in functions/, with a function.json"
            } else {
                description =
                    "there is no function '\(name)'\(NearestName.question(name, among: app.names)); "
                    + app.names.listedAsFunctions
            }
        }
    }

    /// Runs the function.
    ///
    /// - Parameter log: gets every entry as it comes.
    package func run(on loop: EventLoop, settings: [String: String], version: String, log: Logger) async -> RunReport {
        var options = InvocationOptions(timeLimit: timeLimit, logger: log, showsErrors: true)
        options.memoryLimit = memoryLimit ?? options.memoryLimit
        let inProcess = InProcessApp(app, on: loop, settings: settings, version: version, options: options)
        var run = FunctionRun(of: function, in: app)
        run.storage = storage
        let result = await run.run(event, through: inProcess)
        let logs = inProcess.takeLogs(of: result.id)
        await inProcess.workers.shutdown()
        let places = result.failure.map { [$0.message] + $0.traceback } ?? []
        let excerpt = SourceExcerpt(places, files: app.files(of: function.name))?.text
        return RunReport(function: function, result: result, logs: logs, excerpt: excerpt)
    }
}
