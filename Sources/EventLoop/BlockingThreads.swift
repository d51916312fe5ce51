internal import Glibc
internal import Synchronization

/// Threads for calls that may block for long, such as those to name servers and to folders of a network.
///
/// libuv's pool is not used because it has four threads for all: four names whose servers did not answer delayed the
/// lookup of `localhost` by 20 s. A thread ends when no call waits.
public final class BlockingThreads: Sendable {
    private let name: String
    private let stackSize: Int
    private let queue: Mutex<ThreadQueue>
    private let lastID = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - name: the name of the threads, for `ps -T`.
    ///   - groupLimit: the most threads of one group, so that calls that hang do not delay those of other groups.
    public convenience init(named name: String, stackSize: Int, threadLimit: Int, groupLimit: Int) {
        self.init(
            named: name, stackSize: stackSize, ThreadQueue(threadLimit: threadLimit, groupLimit: groupLimit))
    }

    init(named name: String, stackSize: Int, _ queue: ThreadQueue) {
        self.name = name
        self.stackSize = stackSize
        self.queue = Mutex(queue)
    }

    /// A number for the next call.
    public func newID() -> UInt64 { lastID.add(1, ordering: .relaxed).newValue }

    /// Runs `work` on one of the threads, as soon as one is free.
    ///
    /// - Parameter failed: called instead, on any thread, if no thread can be started.
    public func run(
        _ id: UInt64, group: String, _ work: @escaping @Sendable () -> Void,
        failed: @escaping @Sendable (StreamError) -> Void
    ) {
        let request = ThreadRequest(id: id, group: group, work: work, failed: failed)
        guard queue.withLock({ $0.begin(request) }) else { return }
        do throws(StreamError) {
            try Thread.start(named: name, stackSize: stackSize) { [self] in serve(request) }
        } catch {
            for request in queue.withLock({ $0.failedToBegin(request) }) { request.failed(error) }
        }
    }

    /// Drops a call that has not begun. A call that has begun cannot be interrupted.
    public func forget(_ id: UInt64) { queue.withLock { $0.remove(id) } }

    private func serve(_ request: ThreadRequest) {
        // This thread blocks all signals, so that the system delivers them to a thread that handles them.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        var next: ThreadRequest? = request
        while let current = next {
            current.work()
            next = queue.withLock { $0.next(after: current) }
        }
    }
}
