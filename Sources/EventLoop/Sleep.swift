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
    /// Suspends the task without blocking the loop. The caller must be a task of this loop, or code isolated to it.
    /// Throws `CancellationError` as soon as the task is cancelled.
    public func sleep(for duration: Duration, isolation: isolated (any Actor)? = #isolation) async throws {
        checkIsolated()
        try Task.checkCancellation()
        lastSleeper &+= 1
        let id = lastSleeper
        try await withTaskCancellationHandler {
            // A closure is isolated to an actor only if it mentions the actor. Without this line, a task that runs on
            // the loop only because it is `@MainLoop` would run the closure on another thread.
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
