import CustomHandler
import EventLoop
import Glibc
import HTTP

/// Ends `serve` after SIGTERM or SIGINT, or at the end of standard input. Running invocations may finish. A second
/// signal ends the process without waiting for them.
@MainLoop
final class ServeShutdown {
    private let server: HTTPServer
    private let workers: WorkerGroup
    private let code = ExitCode.stopped
    private var isDraining = false

    /// The maximum time for which running invocations may continue.
    private static let limit = Duration.seconds(10)

    init(_ server: HTTPServer, _ workers: WorkerGroup) {
        self.server = server
        self.workers = workers
    }

    func watch(untilStdinEnds: Bool) {
        // The loop keeps the watches.
        for signal in [SIGTERM, SIGINT] { _ = SignalWatch(.main, signal: signal) { self.received() } }
        if untilStdinEnds { _ = PipeReader(.main, descriptor: 0, received: { _ in }, ended: { self.drain() }) }
    }

    private func received() {
        if isDraining { code.end() }
        drain()
    }

    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        EventLoop.main.task { await self.finish() }
        // This ends the process even if a loop is stuck in a native call and cannot close its connections.
        EventLoop.main.schedule(after: Self.limit + .seconds(1)) { [code] in code.end() }
    }

    private func finish() async {
        workers.endStreams()
        await server.drain(limit: Self.limit)
        code.end()
    }
}
