/// What runs on the first loop: the stand-in host and the commands, on one thread, without a lock.
@globalActor
public actor MainLoop {
    public static let shared = MainLoop()

    public nonisolated var unownedExecutor: UnownedSerialExecutor { EventLoop.main.asUnownedSerialExecutor() }

    /// Begins a task of the first loop, which may use what is isolated to it.
    ///
    /// Not `EventLoop.main.task { @MainLoop in … }`: the compiler cannot check that pattern yet.
    @discardableResult
    public static func task<Success: Sendable>(
        _ operation: @escaping @MainLoop () async throws -> Success
    ) -> Task<Success, any Error> {
        EventLoop.main.task { try await operation() }
    }
}
