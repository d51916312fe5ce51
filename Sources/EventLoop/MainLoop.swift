/// The actor of the main thread's loop. The stand-in host and the commands run on it: one thread, no locks.
@globalActor
public actor MainLoop {
    public static let shared = MainLoop()

    public nonisolated var unownedExecutor: UnownedSerialExecutor { EventLoop.main.asUnownedSerialExecutor() }

    /// Starts a task of the main loop. It may use everything isolated to this actor.
    ///
    /// Use it instead of `EventLoop.main.task { @MainLoop in … }`, a pattern that the compiler cannot check yet.
    @discardableResult
    public static func task<Success: Sendable>(
        _ operation: @escaping @MainLoop () async throws -> Success
    ) -> Task<Success, any Error> {
        EventLoop.main.task { try await operation() }
    }
}
