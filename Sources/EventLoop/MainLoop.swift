/// What runs on the first loop: the stand-in host and the commands, on one thread, without a lock.
@globalActor
public actor MainLoop {
    public static let shared = MainLoop()

    public nonisolated var unownedExecutor: UnownedSerialExecutor { EventLoop.main.asUnownedSerialExecutor() }
}
