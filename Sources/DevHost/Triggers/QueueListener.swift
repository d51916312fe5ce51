import CustomHandler
import FoundationEssentials

/// Takes messages from one queue and has its function run for them, as many at a time as the host does.
actor QueueListener {
    /// What differs between storage queues, Service Bus and Event Hubs.
    struct Rules: Sendable {
        /// Messages of one invocation.
        var batch = 1
        /// Invocations at a time.
        var concurrency = 1
        /// nil where a message counts as done however its function ends.
        var maxDequeueCount: Int?
        /// How long a failed message stays invisible.
        var retryDelay: TimeInterval = 0
    }

    let queue: String
    private let store: QueueStore
    private let rules: Rules
    private let bell: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)
    /// Runs the function; answers whether it succeeded.
    private let invoke: @Sendable ([QueueMessage]) async -> Bool
    private let tell: @Sendable (HostEvent) -> Void
    /// Wakes the listeners of all queues: a poison queue may have one, too.
    private let wake: @Sendable () -> Void
    private var running = 0
    private var alarm: Task<Void, Never>?

    init(
        _ queue: String, in store: QueueStore, _ rules: Rules,
        bell: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation),
        tell: @escaping @Sendable (HostEvent) -> Void, wake: @escaping @Sendable () -> Void,
        invoke: @escaping @Sendable ([QueueMessage]) async -> Bool
    ) {
        self.queue = queue
        self.store = store
        self.rules = rules
        self.bell = bell
        self.tell = tell
        self.wake = wake
        self.invoke = invoke
    }

    /// How long a message is held without being renewed: what a function with no poison queue failed on comes again then.
    private static let timeout: TimeInterval = 600

    /// Listens until its task is cancelled; invocations that run then go on.
    func run() async {
        for await _ in bell.stream {
            do throws(StorageError) {
                try take()
            } catch {
                tell(.error("queue \(queue): \(error)"))
            }
        }
        alarm?.cancel()
    }

    private func take() throws(StorageError) {
        while running < rules.concurrency {
            let messages = try store.receive(from: queue, upTo: rules.batch, visibilityTimeout: Self.timeout)
            guard !messages.isEmpty else { break }
            running += 1
            // Not a child of this task: what was begun is finished when a save ends the listener.
            Task {
                let renewal = Task { await renew(messages) }
                let succeeded = await invoke(messages)
                renewal.cancel()
                finish(messages, succeeded)
            }
        }
        alarm?.cancel()
        alarm = nil
        guard running < rules.concurrency, let next = try store.nextVisible(in: queue) else { return }
        let continuation = bell.continuation
        alarm = Task {
            do { try await Task.sleep(for: .seconds(max(0.01, next.timeIntervalSinceNow))) } catch { return }
            continuation.yield()
        }
    }

    /// An invocation, with all its retries, may take longer than messages are held.
    private func renew(_ messages: [QueueMessage]) async {
        while (try? await Task.sleep(for: .seconds(Self.timeout / 2))) != nil {
            do throws(StorageError) {
                for message in messages { try store.renew(message, visibilityTimeout: Self.timeout) }
            } catch {
                tell(.error("queue \(queue): \(error)"))
            }
        }
    }

    private func finish(_ messages: [QueueMessage], _ succeeded: Bool) {
        running -= 1
        for message in messages {
            do throws(StorageError) {
                if !succeeded, let limit = rules.maxDequeueCount {
                    let poison = try store.release(message, visibleAfter: rules.retryDelay, maxDequeueCount: limit)
                    if let poison {
                        tell(
                            .warning(
                                "message \(message.id) failed \(message.dequeueCount) times and is now in \(poison)"))
                    }
                } else {
                    try store.delete(message)
                }
            } catch {
                tell(.error("queue \(queue): \(error)"))
            }
        }
        wake()
    }
}
