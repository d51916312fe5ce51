import EventLoop

/// Wakes all listeners.
@MainLoop
final class ChangeSignal {
    private var listeners: [Int: @MainLoop () -> Void] = [:]
    private var last = 0
    private var isSent = false

    /// Wakes the listeners in the next turn, because the caller may be in the middle of other work. Several signals
    /// before that count as one.
    func send() {
        guard !isSent else { return }
        isSent = true
        EventLoop.main.perform { [self] in
            isSent = false
            for key in listeners.keys.sorted() { listeners[key]?() }
        }
    }

    /// - Returns: the argument for `leave`.
    func listen(_ woken: @escaping @MainLoop () -> Void) -> Int {
        last += 1
        listeners[last] = woken
        return last
    }

    func leave(_ key: Int) { listeners[key] = nil }
}
