/// The actor of the first loop, for the stand-in host and the commands: one thread, no locks.
@globalActor
public actor MainLoop {
    public static let shared = MainLoop()

    public nonisolated var unownedExecutor: UnownedSerialExecutor { EventLoop.main.asUnownedSerialExecutor() }

    /// Starts a task of the first loop, which may use everything isolated to it.
    ///
    /// Not `EventLoop.main.task { @MainLoop in … }`: the compiler cannot check that pattern yet.
    @discardableResult
    public static func task<Success: Sendable>(
        _ operation: @escaping @MainLoop () async throws -> Success
    ) -> Task<Success, any Error> {
        EventLoop.main.task { try await operation() }
    }
}
