internal import EventLoop

/// `EventLoop.main` runs on the main thread of a program. Test programs have no time there, so it gets a thread.
///
/// A suite whose tests are `@MainLoop` says `init() { MainLoopThread.start() }`.
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
