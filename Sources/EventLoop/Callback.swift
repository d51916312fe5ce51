/// A function that lives on a loop, and that any thread may request. It runs at most once, on the loop.
public struct Callback: Sendable {
    fileprivate let loop: EventLoop
    fileprivate let id: UInt64

    /// From any thread.
    public func call() { loop.submit { [self] in loop.callbacks.removeValue(forKey: id)?() } }

    /// Drops the function, which is not called any more. Only on the loop.
    public func drop() { loop.callbacks[id] = nil }
}

extension EventLoop {
    /// Keeps a function until it is requested or dropped.
    public func callback(_ body: @escaping () -> Void) -> Callback {
        lastCallback &+= 1
        callbacks[lastCallback] = body
        return Callback(loop: self, id: lastCallback)
    }

    /// Calls `cancel` on the loop if the task is cancelled while the operation runs. Only from a task of this loop, or
    /// from code isolated to it.
    public func withCancellation<Value>(
        isolation: isolated (any Actor)? = #isolation, _ cancel: @escaping () -> Void,
        _ operation: () async throws -> Value
    ) async rethrows -> Value {
        let callback = callback(cancel)
        defer { callback.drop() }
        return try await withTaskCancellationHandler(operation: operation, onCancel: { callback.call() })
    }
}
