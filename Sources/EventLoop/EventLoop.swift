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
public final class EventLoop: TaskExecutor, @unchecked Sendable {
    /// The loop that `MainLoop` stands for. In a program it runs on the main thread.
    public static let main = EventLoop()

    static let readBufferSize = 64 << 10

    /// libuv's loop, for the handles of this target. Its `data` is the buffer that all streams of the loop read into.
    let loop: UnsafeMutablePointer<uv_loop_t> = .allocate(capacity: 1)
    private let wake: UnsafeMutablePointer<uv_async_t> = .allocate(capacity: 1)
    private let mailbox = Mutex(Mailbox())
    private let hasMail = Atomic(false)
    private let thread = Atomic<UInt>(0)
    /// Set once, by `init`.
    private var isolation: Isolation?
    private var ready = RingBuffer<Work>()
    private var isPolling = false
    /// The last poll has brought new connections.
    private var hasNewcomers = false
    private var isStopping = false
    private var residents: [ObjectIdentifier: AnyObject] = [:]
    var sleepers: [UInt64: Sleeper] = [:]
    var lastSleeper: UInt64 = 0
    /// All TLS streams of the loop share it.
    lazy var decrypted = DecryptedBytes()
    /// What other threads may call for.
    var callbacks: [UInt64: () -> Void] = [:]
    var lastCallback: UInt64 = 0
    /// Who waits for the address of a name.
    var lookups: [UInt64: (Result<[IPAddress], ResolverError>) -> Void] = [:]

    /// How many times the loop has polled. Two calls that see the same number run in the same turn.
    public private(set) var turn: UInt64 = 0

    private enum Work {
        case job(UnownedJob)
        case isolatedJob(UnownedJob)
        case call(() -> Void)
    }

    private enum Mail: Sendable {
        case job(UnownedJob)
        case isolatedJob(UnownedJob)
        case call(@Sendable () -> Void)
        case stop
    }

    private struct Mailbox: Sendable {
        var mail: [Mail] = []
        /// A thread may still have something to tell, such as the answer of a name lookup that was given up.
        var isClosed = false
    }

    /// A write to a connection that the peer has closed is an error to handle, not the end of the process; so is one to a
    /// file that has as many bytes as the process may write.
    private static let ignoresFailedWrites: Void = {
        _ = signal(SIGPIPE, SIG_IGN)
        _ = signal(SIGXFSZ, SIG_IGN)
    }()

    public init() {
        Self.ignoresFailedWrites
        let code = uv_loop_init(loop)
        // Fails only where no descriptor is left for epoll, when nothing could run anyway.
        precondition(code == 0, "no event loop: \(String(cString: uv_strerror(code)))")
        uv_async_init(loop, wake) { _ in }
        loop.pointee.data = .allocate(byteCount: Self.readBufferSize, alignment: 16)
        isolation = Isolation(self)
    }

    // MARK: Work

    /// Queues work, which runs after the next poll. Only on the loop's own thread.
    public func perform(_ work: @escaping () -> Void) { queue(.call(work)) }

    /// Queues work from any thread.
    public func submit(_ work: @escaping @Sendable () -> Void) { post(.call(work)) }

    /// Begins a task that stays on this loop. There is no other way to begin one: a bare `Task` runs on a thread of
    /// Dispatch.
    ///
    /// As with `Task`, a closure written in `@MainLoop` code is `@MainLoop` too; it must then be the main loop's task.
    @discardableResult
    public func task<Success: Sendable>(
        @_inheritActorContext _ operation: sending @escaping @isolated(any) () async throws -> Success
    ) -> Task<Success, any Error> {
        Task(executorPreference: self, operation: operation)
    }

    /// For tasks of this loop.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent { queue(.job(job)) } else { post(.job(job)) }
    }

    /// For what is isolated to the loop by an actor.
    fileprivate func enqueueIsolated(_ job: UnownedJob) {
        if isCurrent { queue(.isolatedJob(job)) } else { post(.isolatedJob(job)) }
    }

    private func queue(_ work: Work) {
        ready.append(work)
        // Else UV_RUN_ONCE fires the timers that are due and then still blocks.
        if isPolling { uv_stop(loop) }
    }

    private func post(_ mail: Mail) {
        mailbox.withLock { mailbox in
            guard !mailbox.isClosed else { return }
            mailbox.mail.append(mail)
            guard mailbox.mail.count == 1 else { return }
            // Under the lock, so that `close` does not free `wake` meanwhile.
            hasMail.store(true, ordering: .releasing)
            uv_async_send(wake)
        }
    }

    // MARK: Running

    /// Runs on the calling thread until `stop`.
    public func run() {
        bind()
        isStopping = false
        while step() {}
    }

    /// One piece of work, then one poll. False once the loop is to stop.
    ///
    /// - Parameter waits: tests that turn the loop by hand do not always want to wait for an event.
    package func step(waits: Bool = true) -> Bool {
        if hasMail.load(ordering: .acquiring) { takeMail() }
        if isStopping { return false }
        switch ready.popFirst() {
        case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
        case .isolatedJob(let job):
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        case .call(let work): work()
        case nil: break
        }
        poll(waits: waits && ready.isEmpty)
        // Whoever has just connected has mostly sent a request, too, which does not wait for another piece of work.
        if hasNewcomers, !ready.isEmpty { poll(waits: false) }
        hasNewcomers = false
        return true
    }

    /// The sockets that this poll has brought are looked at before the next piece of work.
    func newcomersArrived() { hasNewcomers = true }

    /// One look at the sockets and timers.
    private func poll(waits: Bool) {
        turn &+= 1
        isPolling = true
        uv_run(loop, waits ? UV_RUN_ONCE : UV_RUN_NOWAIT)
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
            case .isolatedJob(let job): ready.append(.isolatedJob(job))
            case .call(let work): ready.append(.call(work))
            case .stop: isStopping = true
            }
        }
    }

    /// Ends a loop that does not run any more. Every handle must be closed before, which is checked. What is submitted
    /// afterwards is dropped.
    public func close() {
        mailbox.withLock { $0.isClosed = true }
        uv_close(UnsafeMutableRawPointer(wake).assumingMemoryBound(to: uv_handle_t.self)) { _ in }
        // The last callback of one handle may close another.
        for _ in 0..<8 where uv_run(loop, UV_RUN_NOWAIT) == 0 { break }
        let open = openHandles
        precondition(uv_loop_close(loop) == 0, "an event loop is closed while handles are open: \(open)")
        loop.pointee.data?.deallocate()
        loop.deallocate()
        wake.deallocate()
    }

    /// The kinds of the handles that somebody has yet to close, for tests.
    package var openHandles: [String] {
        var handles = Handles(besides: UnsafeMutableRawPointer(wake))
        withUnsafeMutablePointer(to: &handles) { handles in
            uv_walk(
                loop,
                { handle, handles in
                    guard let handle, let handles = handles?.assumingMemoryBound(to: Handles.self),
                        UnsafeMutableRawPointer(handle) != handles.pointee.besides, uv_is_closing(handle) == 0
                    else { return }
                    handles.pointee.kinds.append(String(cString: uv_handle_type_name(uv_handle_get_type(handle))))
                }, handles)
        }
        return handles.kinds
    }

    private struct Handles {
        let besides: UnsafeMutableRawPointer
        var kinds: [String] = []
    }

    // MARK: Residents

    /// What lives on this loop for `owner`, so that work that `submit` brings finds it. `owner` takes it away before it
    /// ends itself. Only on the loop's own thread.
    public subscript(resident owner: AnyObject) -> AnyObject? {
        get {
            checkIsolated()
            return residents[ObjectIdentifier(owner)]
        }
        set {
            checkIsolated()
            residents[ObjectIdentifier(owner)] = newValue
        }
    }

    // MARK: Isolation

    public var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    public func checkIsolated() { precondition(isCurrent, "not on the event loop's thread") }

    /// For an actor that lives on this loop.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        guard let isolation else { preconditionFailure("an event loop is used before it is made") }
        return isolation.asUnownedSerialExecutor()
    }
}

/// The loop as the executor of actors.
///
/// Not the loop itself: to Swift, a task of a loop that runs isolated is in the wrong place for everything that is not, and
/// each such call (`withCheckedContinuation` is one) would wait for a turn of its own.
private final class Isolation: SerialExecutor {
    unowned let loop: EventLoop

    init(_ loop: EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) { loop.enqueueIsolated(UnownedJob(job)) }
    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    func checkIsolated() { loop.checkIsolated() }
    func isIsolatingCurrentContext() -> Bool? { loop.isCurrent }
}
