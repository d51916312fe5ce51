package import CustomHandler
package import EventLoop
package import FunctionsModel

/// An app whose functions run in this process, without a server.
package final class InProcessApp: Sendable {
    package let app: FunctionApp
    package let workers: WorkerGroup

    /// - Parameter loop: the loop that runs the functions.
    package init(
        _ app: FunctionApp, on loop: EventLoop, settings: [String: String], version: String,
        options: InvocationOptions
    ) {
        self.app = app
        workers = WorkerGroup(loop: loop, settings: settings, version: version)
        workers.install(app, options: options)
    }
}
