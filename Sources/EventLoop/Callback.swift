/// A function that belongs to a loop, and that any thread may ask the loop to call. It runs at most once.
public struct Callback: Sendable {
    fileprivate let loop: EventLoop
    fileprivate let id: UInt64

    /// Asks the loop to call the function. Any thread may do so.
    public func call() { loop.submit { [self] in loop.callbacks.removeValue(forKey: id)?() } }

    /// Drops the function without calling it. Must run on the loop's thread.
    public func drop() { loop.callbacks[id] = nil }
}

extension EventLoop {
    /// Keeps a function until it is called or dropped.
    public func callback(_ body: @escaping () -> Void) -> Callback {
        lastCallback &+= 1
        callbacks[lastCallback] = body
        return Callback(loop: self, id: lastCallback)
    }

    /// Calls `cancel` on the loop if the task is cancelled while the operation runs. The caller must be a task of this
    /// loop, or code isolated to it.
    public func withCancellation<Value>(
        isolation: isolated (any Actor)? = #isolation, _ cancel: @escaping () -> Void,
        _ operation: () async throws -> Value
    ) async rethrows -> Value {
        let callback = callback(cancel)
        defer { callback.drop() }
        return try await withTaskCancellationHandler(operation: operation, onCancel: { callback.call() })
    }
}
