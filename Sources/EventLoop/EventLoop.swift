internal import CUV
internal import Glibc
internal import Synchronization

/// One thread's event loop, which is a Swift executor too.
///
/// Between any two pieces of queued work the loop polls its sockets, so no piece of work starves them. What lives on a
/// loop is not `Sendable` and never leaves its thread; `submit` is the only way in from another thread.
///
/// `@unchecked Sendable`: `mailbox`, `wake` and `thread` may be used from any thread (`uv_async_send` is the one function
/// of libuv that may); all else is touched by the loop's own thread alone, which `checkIsolated` verifies.
public final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    /// The loop that `MainLoop` stands for. In a program it runs on the main thread.
    public static let main = EventLoop()

    /// libuv's loop, for the handles of this target.
    let loop: UnsafeMutablePointer<uv_loop_t> = .allocate(capacity: 1)
    private let wake: UnsafeMutablePointer<uv_async_t> = .allocate(capacity: 1)
    private let mailbox = Mutex(Mailbox())
    private let hasMail = Atomic(false)
    private let thread = Atomic<UInt>(0)
    private var ready = RingBuffer<Work>()
    private var isPolling = false
    private var isStopping = false
    var sleepers: [UInt64: Sleeper] = [:]
    var lastSleeper: UInt64 = 0

    /// How many times the loop has polled. Two calls that see the same number run in the same turn.
    public private(set) var turn: UInt64 = 0

    private enum Work {
        case job(UnownedJob)
        case call(() -> Void)
    }

    private enum Mail: Sendable {
        case job(UnownedJob)
        case call(@Sendable () -> Void)
        case stop
    }

    private struct Mailbox: Sendable {
        var mail: [Mail] = []
    }

    public init() {
        let code = uv_loop_init(loop)
        // Fails only where no descriptor is left for epoll, when nothing could run anyway.
        precondition(code == 0, "no event loop: \(String(cString: uv_strerror(code)))")
        uv_async_init(loop, wake) { _ in }
    }

    // MARK: Work

    /// Queues work, which runs after the next poll. Only on the loop's own thread.
    public func perform(_ work: @escaping () -> Void) { queue(.call(work)) }

    /// Queues work from any thread.
    public func submit(_ work: @escaping @Sendable () -> Void) { post(.call(work)) }

    /// Begins a task that stays on this loop. There is no other way to begin one: a bare `Task` runs on a thread of
    /// Dispatch.
    @discardableResult
    public func task<Success: Sendable>(
        _ operation: sending @escaping @isolated(any) () async throws -> Success
    ) -> Task<Success, any Error> {
        Task(executorPreference: self, operation: operation)
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent { queue(.job(job)) } else { post(.job(job)) }
    }

    private func queue(_ work: Work) {
        ready.append(work)
        // Else UV_RUN_ONCE fires the timers that are due and then still blocks.
        if isPolling { uv_stop(loop) }
    }

    private func post(_ mail: Mail) {
        mailbox.withLock { $0.mail.append(mail) }
        hasMail.store(true, ordering: .releasing)
        uv_async_send(wake)
    }

    // MARK: Running

    /// Runs on the calling thread until `stop`.
    public func run() {
        bind()
        isStopping = false
        while true {
            if hasMail.load(ordering: .acquiring) { takeMail() }
            if isStopping { return }
            switch ready.popFirst() {
            case .job(let job):
                job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            case .call(let work): work()
            case nil: break
            }
            poll()
        }
    }

    /// One look at the sockets and timers; waits for them only where no work is queued.
    private func poll() {
        turn &+= 1
        isPolling = true
        uv_run(loop, ready.isEmpty ? UV_RUN_ONCE : UV_RUN_NOWAIT)
        isPolling = false
    }

    /// Lets `run` return after the work at hand. From any thread.
    public func stop() { post(.stop) }

    /// Makes the calling thread the loop's own. `run` does it too; this is for what is set up before.
    public func bind() { thread.store(UInt(pthread_self()), ordering: .relaxed) }

    private func takeMail() {
        hasMail.store(false, ordering: .relaxed)
        let mail = mailbox.withLock { mailbox in
            defer { mailbox.mail = [] }
            return mailbox.mail
        }
        for mail in mail {
            switch mail {
            case .job(let job): ready.append(.job(job))
            case .call(let work): ready.append(.call(work))
            case .stop: isStopping = true
            }
        }
    }

    /// Ends a loop that does not run any more. Every handle must be closed before, which is checked.
    public func close() {
        uv_close(UnsafeMutableRawPointer(wake).assumingMemoryBound(to: uv_handle_t.self)) { _ in }
        // Once for the handles that are closing, once more for what their last callbacks closed.
        for _ in 0..<2 { uv_run(loop, UV_RUN_NOWAIT) }
        let code = uv_loop_close(loop)
        precondition(code == 0, "an event loop is closed while handles are open")
        loop.deallocate()
        wake.deallocate()
    }

    // MARK: Isolation

    public var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    public func checkIsolated() { precondition(isCurrent, "not on the event loop's thread") }
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }
}
