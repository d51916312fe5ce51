import EventLoop
import FoundationEssentials

/// Receives messages from one queue and runs its function for them, with the host's concurrency.
@MainLoop
final class QueueListener: TriggerListener {
    /// The differences between storage queues, Service Bus and Event Hubs.
    struct Rules: Sendable {
        /// The number of messages per invocation.
        var batch = 1
        /// The number of concurrent invocations.
        var concurrency = 1
        /// The number of tries before a message is poison; nil if a message counts as done whether its function
        /// succeeds or fails.
        var maxDequeueCount: Int?
        /// Whether a message that is not base64 is poison at once.
        var needsBase64 = false
        /// The time for which a failed message stays invisible.
        var retryDelay: TimeInterval = 0
    }

    private let queue: String
    private let store: QueueStore
    private let rules: Rules
    private let target: TriggerTarget
    /// The cause as text for people, such as `queue orders`.
    private let cause: String
    private let payload: ([QueueMessage]) throws -> InvocationPayload?
    private var running = 0
    private var failure = RepeatedError()
    private var state = State.idle

    private enum State {
        case idle
        case listening(key: Int, alarm: Timer)
        case stopped
    }

    /// - Parameter payload: makes one event from the messages, of which there is at least one. The invocation fails if
    ///   it throws.
    init(
        _ queue: String, in store: QueueStore, _ rules: Rules, of target: TriggerTarget, cause: String,
        payload: @escaping ([QueueMessage]) throws -> InvocationPayload?
    ) {
        self.queue = queue
        self.store = store
        self.rules = rules
        self.target = target
        self.cause = cause
        self.payload = payload
    }

    /// The storage, whose signal wakes the listeners of all queues, because a poison queue may have a listener too.
    private var storage: LocalStorage { target.storage }

    private func tell(_ event: HostEvent) { target.invoker.tell(event) }

    /// The time in seconds for which a message is held without being renewed. Without a poison queue, a failed message
    /// is received again after it.
    private static let timeout: TimeInterval = 600

    /// A changed clock is noticed within this time, in seconds.
    private static let longestWait: TimeInterval = 3600

    func start() {
        guard case .idle = state else { return }
        let key = storage.listen { [weak self] in self?.look() }
        state = .listening(key: key, alarm: Timer(EventLoop.main) { [weak self] in self?.look() })
    }

    func stop() {
        if case .listening(let key, let alarm) = state {
            storage.leave(key)
            alarm.close()
        }
        state = .stopped
    }

    private func look() {
        guard case .listening(_, let alarm) = state else { return }
        do throws(StorageError) {
            try take(alarm)
            failure.end()
        } catch {
            // Each change of any queue is an occasion to look.
            if let text = failure.news(error) { tell(.error("queue \(queue): \(text)")) }
        }
    }

    private func take(_ alarm: Timer) throws(StorageError) {
        while running < rules.concurrency {
            let messages = try store.receive(from: queue, upTo: rules.batch, visibilityTimeout: Self.timeout)
            guard !messages.isEmpty else { break }
            running += 1
            EventLoop.main.task { await self.run(messages) }
        }
        alarm.stop()
        guard running < rules.concurrency, let next = try store.nextVisible(in: queue) else { return }
        alarm.start(after: .seconds(min(max(0.01, next.timeIntervalSinceNow), Self.longestWait)))
    }

    /// Runs the function for messages. It continues to its end even if a save ends the listener.
    private func run(_ messages: [QueueMessage]) async {
        let renewal = EventLoop.main.task { await self.renew(messages) }
        let succeeded = await invoke(messages)
        renewal.cancel()
        finish(messages, succeeded)
    }

    private func isReadable(_ message: QueueMessage) -> Bool { message.isBase64 || !rules.needsBase64 }

    private func invoke(_ messages: [QueueMessage]) async -> Bool {
        do {
            guard messages.allSatisfy(isReadable), let payload = try payload(messages) else { return false }
            return await target.invoke(payload, cause: cause)
        } catch {
            target.fail("\(error)", cause: cause)
            return false
        }
    }

    /// - Parameter limit: the number of tries after which the host gives up a message.
    private func warn(of message: QueueMessage, in poisonQueue: String, _ limit: Int) {
        tell(
            .warning(
                "Message has reached MaxDequeueCount of \(limit). Moving message to queue '\(poisonQueue)'. Its id is "
                    + message.id))
    }

    /// Renews messages, because an invocation with all its retries may take longer than they are held.
    private func renew(_ messages: [QueueMessage]) async {
        while (try? await EventLoop.main.sleep(for: .seconds(Self.timeout / 2))) != nil {
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
                    let tries = isReadable(message) ? limit : 0
                    let poison = try store.release(message, visibleAfter: rules.retryDelay, maxDequeueCount: tries)
                    if let poison { warn(of: message, in: poison, limit) }
                } else {
                    try store.delete(message)
                }
            } catch {
                tell(.error("queue \(queue): \(error)"))
            }
        }
        storage.wake()
    }
}
