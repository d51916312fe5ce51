import EventLoop
import Synchronization

/// The bytes that a server's connections hold for callers who have not read them yet, counted over all loops. Over the
/// limit, no request is handed to its responder until callers have read, or are gone.
public final class HeldOutput: Sendable {
    private let limit: Int
    private let count = Atomic(0)
    /// Where requests wait.
    private let loops = Mutex<[EventLoop]>([])

    public init(limit: Int) { self.limit = limit }

    public var bytes: Int { count.load(ordering: .relaxed) }

    var isOver: Bool { bytes > limit }

    func change(by more: Int) {
        let now = count.add(more, ordering: .relaxed).newValue
        if more < 0, now <= limit { wake() }
    }

    /// Hands the connection's request on later. Only on its loop's thread.
    func wait(_ connection: HTTPConnection, on loop: EventLoop) {
        let queue = loop[resident: self] as? WaitingRequests ?? WaitingRequests()
        loop[resident: self] = queue
        queue.connections.append(connection)
        loops.withLock { loops in if !loops.contains(where: { $0 === loop }) { loops.append(loop) } }
        // There may be room since it was asked for.
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
        while !isOver, let next = queue.connections.popFirst() { next.beginLate() }
        guard queue.connections.isEmpty else {
            loops.withLock { loops in if !loops.contains(where: { $0 === loop }) { loops.append(loop) } }
            if !isOver { wake() }
            return
        }
        loop[resident: self] = nil
    }
}

/// The connections of one loop whose requests wait, in the order in which they came.
private final class WaitingRequests {
    var connections = RingBuffer<HTTPConnection>()
}
