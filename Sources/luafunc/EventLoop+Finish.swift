import EventLoop
import Synchronization

extension EventLoop {
    /// Runs the main loop on this thread until `body` has ended. Returns nil if something else has stopped the loop.
    func finish<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value? {
        let result = Result<Value>()
        bind()
        task {
            let value = await body()
            result.value.withLock { $0 = value }
            self.stop()
        }
        run()
        return result.value.withLock { $0 }
    }
}

private final class Result<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
}
