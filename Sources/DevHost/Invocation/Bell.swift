import EventLoop

/// Wakes everybody who listens.
@MainLoop
final class Bell {
    private var listeners: [Int: @MainLoop () -> Void] = [:]
    private var last = 0
    private var isRung = false

    /// Not at once, since whoever rings may be in the middle of something. Rings of which nobody has heard yet count as
    /// one.
    func ring() {
        guard !isRung else { return }
        isRung = true
        EventLoop.main.perform { [self] in
            isRung = false
            for key in listeners.keys.sorted() { listeners[key]?() }
        }
    }

    /// - Returns: what `leave` takes.
    func listen(_ woken: @escaping @MainLoop () -> Void) -> Int {
        last += 1
        listeners[last] = woken
        return last
    }

    func leave(_ key: Int) { listeners[key] = nil }
}
