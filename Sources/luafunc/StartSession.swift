import DevHost
import EventLoop
import Files
import FunctionsModel
import Glibc

/// The work of `start`: runs the stand-in host until a signal stops it, and shows its events.
@MainLoop
final class StartSession {
    private let options: DevHost.Options
    private let console: StartConsole
    private var running: Task<Void, any Error>?

    init(_ options: DevHost.Options, _ choice: HandlerChoice, verbose: Bool) {
        self.options = options
        console = StartConsole(
            isLuafunc: choice.isLuafunc, reloads: choice.isLuafunc && options.source.changes, verbose: verbose,
            isFirstStart: !File.exists(Path.join(options.folder, ".luafunc/lock")))
    }

    /// Runs the host, and ends the process.
    func run() async -> Never {
        for signal in [SIGTERM, SIGINT, SIGHUP] { _ = SignalWatch(.main, signal: signal) { [self] in stop() } }
        do {
            let host = try await DevHost(options) { [console] event in console.show(event) }
            let running = EventLoop.main.task { @MainLoop in try await host.run() }
            self.running = running
            try await running.value
        } catch is CancellationError {
            // Stopped by a signal.
        } catch let problem as Problem {
            Console.printError("luafunc: \(problem)")
            ExitCode.badApp.end()
        } catch let failure as DevHost.Failure {
            Console.printError("luafunc: \(failure)")
            (failure.isAddressTaken ? ExitCode.cannotBind : .failure).end()
        } catch {
            ExitCode.end(error)
        }
        end()
    }

    private func end() -> Never {
        console.finish()
        Console.print("stopped")
        ExitCode.stopped.end()
    }

    /// Stops the host and all running invocations, like the real host (host-contract §4.4). A second signal ends the
    /// process without waiting for the handler, which ends when its standard input does.
    private func stop() {
        guard let running, !running.isCancelled else { end() }
        running.cancel()
    }
}
