internal import EventLoop

/// Runs `EventLoop.main` on a thread. In a program it runs on the main thread, but a test program does not leave it any
/// time there.
///
/// A suite whose tests are `@MainLoop` has `init() { MainLoopThread.start() }`.
public enum MainLoopThread {
    private static let started: Void = {
        do {
            try Thread.start(named: "main loop") { EventLoop.main.run() }
        } catch {
            preconditionFailure("no thread for the main loop: \(error)")
        }
    }()

    public static func start() { started }
}
