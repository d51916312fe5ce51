import EventLoop

/// The work that can go on on one loop, and when it may.
///
/// One poll may bring hundreds of callbacks. Once a slice was preempted in the current turn of the loop, everything that
/// would run Lua code is queued, so two preempted slices never run between two polls.
///
/// Code that runs calls back: a response delivers the connection's next request, a failure wakes other tasks. Nothing
/// runs inside something else; what comes meanwhile is queued and follows it.
final class RunQueue {
    private let loop: EventLoop
    private var ready = RingBuffer<Continuation>()
    /// Does the work of a continuation.
    var work: (Continuation) -> Void = { _ in }
    private lazy var runNext: () -> Void = { [weak self] in
        self?.isScheduled = false
        self?.runQueued()
    }
    /// Something runs.
    private(set) var isRunning = false
    /// The loop will run what is queued after it has polled.
    private var isScheduled = false
    /// The turn in which a slice was last preempted.
    private var lastPreemption: UInt64?
    /// Called after each piece of work that ends a turn: a preempted slice, a piece of a collection, last words.
    var preempted: (() -> Void)?

    /// How many continuations run in a row before the loop looks after its connections.
    static let stretch = 64

    init(_ loop: EventLoop) { self.loop = loop }

    /// Whether code may run now: no slice was preempted since the loop polled.
    var mayRun: Bool { lastPreemption != loop.turn }

    /// Ends the turn after a whole slice, or after work of ours that took as long: nothing more runs before the loop
    /// has polled.
    func endTurn() {
        guard mayRun else { return }
        lastPreemption = loop.turn
        preempted?()
    }

    /// Queues work for later: behind what runs now, or after the next poll. Timers must use this, as they fire before the
    /// loop polls.
    func enqueue(_ continuation: Continuation) {
        ready.append(continuation)
        if !isRunning { schedule() }
    }

    /// Does the work at once if nothing runs and code may run; otherwise queues it.
    func perform(_ continuation: Continuation) {
        if canRun { run { work(continuation) } } else { enqueue(continuation) }
    }

    /// Whether `run` may be called.
    var canRun: Bool { !isRunning && mayRun }

    /// Runs `body`, and then what it has made ready, unless older work is ahead of that.
    func run(_ body: () -> Void) {
        let isFirst = ready.isEmpty
        isRunning = true
        body()
        isRunning = false
        if !ready.isEmpty { if isFirst { runQueued() } else { schedule() } }
    }

    private func runQueued() {
        isRunning = true
        for _ in 0..<Self.stretch {
            guard mayRun, let next = ready.popFirst() else { break }
            work(next)
        }
        isRunning = false
        if !ready.isEmpty { schedule() }
    }

    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        loop.perform(runNext)
    }
}
