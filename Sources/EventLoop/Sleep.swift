/// A sleeping task.
final class Sleeper {
    let timer: Timer
    let continuation: CheckedContinuation<Void, any Error>

    init(timer: Timer, continuation: CheckedContinuation<Void, any Error>) {
        self.timer = timer
        self.continuation = continuation
    }
}

extension EventLoop {
    /// Waits without blocking the loop. Only from a task of this loop, or from code isolated to it. Throws
    /// `CancellationError` as soon as the task is cancelled.
    public func sleep(for duration: Duration, isolation: isolated (any Actor)? = #isolation) async throws {
        checkIsolated()
        try Task.checkCancellation()
        lastSleeper &+= 1
        let id = lastSleeper
        try await withTaskCancellationHandler {
            // A closure keeps the isolation that it mentions. Otherwise a task that is on the loop only through
            // `@MainLoop` would run this on another thread.
            _ = isolation
            try await withCheckedThrowingContinuation { continuation in
                let timer = Timer(self) { [unowned self] in endSleep(id, nil) }
                sleepers[id] = Sleeper(timer: timer, continuation: continuation)
                timer.start(after: duration)
            }
        } onCancel: {
            submit { self.endSleep(id, CancellationError()) }
        }
    }

    private func endSleep(_ id: UInt64, _ error: (any Error)?) {
        guard let sleeper = sleepers.removeValue(forKey: id) else { return }
        sleeper.timer.close()
        if let error { sleeper.continuation.resume(throwing: error) } else { sleeper.continuation.resume() }
    }
}
