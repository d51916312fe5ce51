import EventLoop

/// Decides when the work of one event loop may run, and queues it until then.
///
/// One poll may bring hundreds of callbacks. Once a slice was preempted in the current turn of the loop, all work that
/// would run Lua code is queued. Therefore two preempted slices never run between two polls.
///
/// Work is re-entrant: a response can deliver the connection's next request, and a failure can wake other tasks. Such
/// work does not run inside the work that caused it, but is queued and runs afterwards.
final class RunQueue {
    private let loop: EventLoop
    private var ready = RingBuffer<Continuation>()
    /// Runs a continuation.
    var work: (Continuation) -> Void = { _ in }
    private lazy var runNext: () -> Void = { [weak self] in
        self?.isScheduled = false
        self?.runQueued()
    }
    /// Whether work is running.
    private(set) var isRunning = false
    /// Whether the loop will run the queued work after it has polled.
    private var isScheduled = false
    /// The turn in which a slice was last preempted.
    private var lastPreemption: UInt64?
    /// Called after each piece of work that ends a turn: a preempted slice, a piece of a collection, last words.
    var preempted: (() -> Void)?

    /// The number of continuations that run in a row before the loop polls its sockets.
    static let stretch = 64

    init(_ loop: EventLoop) { self.loop = loop }

    /// Whether code may run now: no slice was preempted since the loop polled.
    var mayRun: Bool { lastPreemption != loop.turn }

    /// Ends the turn after a whole slice, or after work of luafunc that took as long. Nothing more runs before the loop
    /// has polled.
    func endTurn() {
        guard mayRun else { return }
        lastPreemption = loop.turn
        preempted?()
    }

    /// Queues work. It runs after the work that runs now, or after the next poll. Timers must use this, because they
    /// fire before the loop polls.
    func enqueue(_ continuation: Continuation) {
        ready.append(continuation)
        if !isRunning { schedule() }
    }

    /// Runs the work immediately if no other work runs and code may run. Otherwise queues it.
    func perform(_ continuation: Continuation) {
        if canRun { run { work(continuation) } } else { enqueue(continuation) }
    }

    /// Whether `run` may be called.
    var canRun: Bool { !isRunning && mayRun }

    /// Runs `body`, and then the work that `body` has queued, unless older work is queued before it.
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
