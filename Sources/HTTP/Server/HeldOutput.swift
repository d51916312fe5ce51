import EventLoop
import Synchronization

/// Counts the bytes that the connections of a server hold for callers who have not read them yet, on all loops. While
/// the count is over the limit, no request is handed to its responder.
public final class HeldOutput: Sendable {
    private let limit: Int
    private let count = Atomic(0)
    /// The loops on which requests wait.
    private let loops = Mutex<[EventLoop]>([])

    public init(limit: Int) { self.limit = limit }

    public var bytes: Int { count.load(ordering: .relaxed) }

    var isOver: Bool { bytes > limit }

    func change(by more: Int) {
        let now = count.add(more, ordering: .relaxed).newValue
        if more < 0, now <= limit { wake() }
    }

    /// Calls `body` when there is room, after the requests that waited earlier. Must be called on the loop's thread.
    func wait(on loop: EventLoop, _ body: @escaping () -> Void) {
        let queue = loop[resident: self] as? WaitingRequests ?? WaitingRequests()
        loop[resident: self] = queue
        queue.bodies.append(body)
        loops.withLock { loops in if !loops.contains(where: { $0 === loop }) { loops.append(loop) } }
        // The count may have fallen since the caller checked it, and nobody may call `wake` later.
        if !isOver { wake() }
    }

    private func wake() {
        let waiting = loops.withLock { loops in
            let all = loops
            loops = []
            return all
        }
        for loop in waiting {
            if loop.isCurrent { loop.perform { [self] in goOn(loop) } } else { loop.submit { [self] in goOn(loop) } }
        }
    }

    private func goOn(_ loop: EventLoop) {
        guard let queue = loop[resident: self] as? WaitingRequests else { return }
        while !isOver, let next = queue.bodies.popFirst() { next() }
        guard queue.bodies.isEmpty else {
            loops.withLock { loops in if !loops.contains(where: { $0 === loop }) { loops.append(loop) } }
            if !isOver { wake() }
            return
        }
        loop[resident: self] = nil
    }
}

/// The requests that wait on one loop, in order of arrival.
private final class WaitingRequests {
    var bodies = RingBuffer<() -> Void>()
}
