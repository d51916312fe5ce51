internal import CUV
internal import Glibc
internal import Synchronization

/// One thread's event loop, which is also a Swift executor.
///
/// The loop polls its sockets between any two pieces of queued work, so no work starves them. Objects on a loop are not
/// `Sendable` and never leave its thread; `submit` is the only way in from another thread.
///
/// `@unchecked Sendable`: any thread may use `mailbox`, `wake` and `thread` (`uv_async_send` is libuv's one function
/// that allows this); only the loop's own thread touches everything else, which `checkIsolated` verifies.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
    /// The loop behind `MainLoop`. In a program it runs on the main thread.
    public static let main = EventLoop()

    static let readBufferSize = 64 << 10

    /// libuv's loop, for the handles of this target. Its `data` is the read buffer of all streams on the loop.
    let loop: UnsafeMutablePointer<uv_loop_t> = .allocate(capacity: 1)
    private let wake: UnsafeMutablePointer<uv_async_t> = .allocate(capacity: 1)
    private let mailbox = Mutex(Mailbox())
    private let hasMail = Atomic(false)
    private let thread = Atomic<UInt>(0)
    /// Set once, by `init`.
    private var isolation: Isolation?
    private var ready = RingBuffer<Work>()
    private var isPolling = false
    /// Whether the last poll accepted new connections.
    private var hasNewcomers = false
    private var isStopping = false
    private var residents: [ObjectIdentifier: AnyObject] = [:]
    var sleepers: [UInt64: Sleeper] = [:]
    var lastSleeper: UInt64 = 0
    /// Shared by all TLS streams of the loop.
    lazy var decrypted = DecryptedBytes()
    /// The functions that other threads may ask the loop to call.
    var callbacks: [UInt64: () -> Void] = [:]
    var lastCallback: UInt64 = 0
    /// The pending address lookups.
    var lookups: [UInt64: (Result<[IPAddress], ResolverError>) -> Void] = [:]

    /// The number of polls so far. Two calls that see the same number run in the same turn.
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
        /// A thread may submit work to a loop that is closed, such as the answer of an abandoned name lookup.
        var isClosed = false
    }

    /// Ignores the signals that would end the process when it writes to a connection that the peer has closed, or to a
    /// file that has reached the process's size limit. Such a write then fails with an error.
    private static let ignoresFailedWrites: Void = {
        _ = signal(SIGPIPE, SIG_IGN)
        _ = signal(SIGXFSZ, SIG_IGN)
    }()

    public init() {
        Self.ignoresFailedWrites
        let code = uv_loop_init(loop)
        // This fails only if no descriptor is left for epoll. Nothing else could run then either.
        precondition(code == 0, "no event loop: \(String(cString: uv_strerror(code)))")
        uv_async_init(loop, wake) { _ in }
        loop.pointee.data = .allocate(byteCount: Self.readBufferSize, alignment: 16)
        isolation = Isolation(self)
    }

    // MARK: Work

    /// Queues work to run after the next poll. Must be called on the loop's own thread.
    public func perform(_ work: @escaping () -> Void) { queue(.call(work)) }

    /// Queues work from any thread.
    public func submit(_ work: @escaping @Sendable () -> Void) { post(.call(work)) }

    /// Starts a task that stays on this loop. Do not use a bare `Task`: it would run on one of Dispatch's threads.
    ///
    /// As with `Task`, a closure in `@MainLoop` code is `@MainLoop` too, so only the main loop may run it as a task.
    @discardableResult
    public func task<Success: Sendable>(
        @_inheritActorContext _ operation: sending @escaping @isolated(any) () async throws -> Success
    ) -> Task<Success, any Error> {
        Task(executorPreference: self, operation: operation)
    }

    /// Queues a job of one of the tasks on this loop.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent { queue(.job(job)) } else { post(.job(job)) }
    }

    /// Queues a job of an actor on this loop.
    fileprivate func enqueueIsolated(_ job: UnownedJob) {
        if isCurrent { queue(.isolatedJob(job)) } else { post(.isolatedJob(job)) }
    }

    private func queue(_ work: Work) {
        ready.append(work)
        // A timer queued this work. Without `uv_stop`, UV_RUN_ONCE would fire the due timers and still block
        // afterwards.
        if isPolling { uv_stop(loop) }
    }

    private func post(_ mail: Mail) {
        mailbox.withLock { mailbox in
            guard !mailbox.isClosed else { return }
            mailbox.mail.append(mail)
            guard mailbox.mail.count == 1 else { return }
            // The lock is still held, so `close` cannot free `wake` in the meantime.
            hasMail.store(true, ordering: .releasing)
            uv_async_send(wake)
        }
    }

    // MARK: Running

    /// Runs the loop on the calling thread until `stop` is called.
    public func run() {
        bind()
        isStopping = false
        while step() {}
    }

    /// Runs one piece of work, then polls once. Returns false once the loop must stop.
    ///
    /// - Parameter waits: whether to block until there is an event. Tests that step the loop by hand may pass false.
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
        // A client that just connected has usually sent its request already. The second poll reads that request, so
        // that it does not wait for another piece of work.
        if hasNewcomers, !ready.isEmpty { poll(waits: false) }
        hasNewcomers = false
        return true
    }

    /// Requests another poll for the new sockets before the next piece of work.
    func newcomersArrived() { hasNewcomers = true }

    /// Polls the sockets and timers once.
    private func poll(waits: Bool) {
        turn &+= 1
        isPolling = true
        uv_run(loop, waits ? UV_RUN_ONCE : UV_RUN_NOWAIT)
        isPolling = false
    }

    /// Makes `run` return after the current piece of work. Any thread may call it.
    public func stop() { post(.stop) }

    /// Makes the calling thread the loop's own. `run` does so too; call this to set up the loop before `run`.
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

    /// Frees a loop that no longer runs, and checks that every handle was closed. Work submitted afterwards is dropped.
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

    /// The kinds of the handles that are still open, for tests.
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

    /// The object on this loop that belongs to `owner`. Work submitted from another thread finds the object here.
    /// `owner` must remove the object before `owner` is freed. Must be called on the loop's own thread.
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

    /// The executor for an actor on this loop.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        guard let isolation else { preconditionFailure("an event loop is used before it is made") }
        return isolation.asUnownedSerialExecutor()
    }
}

/// The loop as the serial executor of actors.
///
/// This is a class of its own because a task that runs isolated on a serial executor has to leave that executor to call
/// nonisolated code. If the loop were that executor, each such call (`withCheckedContinuation` is one) would wait for
/// another turn of the loop.
private final class Isolation: SerialExecutor {
    unowned let loop: EventLoop

    init(_ loop: EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) { loop.enqueueIsolated(UnownedJob(job)) }
    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    func checkIsolated() { loop.checkIsolated() }
    func isIsolatingCurrentContext() -> Bool? { loop.isCurrent }
}
