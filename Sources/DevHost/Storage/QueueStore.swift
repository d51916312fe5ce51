import FoundationEssentials
import Synchronization

/// Many queues in one folder, one file per message, so that messages outlive the process.
///
/// All of it is in memory as well, and what is done to the files by hand while the store is there it does not see. Who
/// held a message when the last process ended is gone, so such a message is visible at once; its dequeue count stays.
final class QueueStore: Sendable {
    /// What was damaged and set aside, for people.
    let warnings: [String]
    private let folder: StorageFolder
    private let service: QueueService
    private let messageLimit: Int
    private let now: @Sendable () -> Date
    private let state: Mutex<State>

    private struct State {
        var queues: [String: MessageQueue] = [:]
        var lastSequenceNumber: Int64 = 0

        mutating func nextSequenceNumber() -> Int64 {
            lastSequenceNumber += 1
            return lastSequenceNumber
        }
    }

    /// How long a message is kept.
    private static let lifetime: TimeInterval = 7 * 24 * 3600

    /// - Parameter messageLimit: the bytes a message may have (host-contract §16).
    init(
        folder path: String, service: QueueService, messageLimit: Int, now: @escaping @Sendable () -> Date
    ) throws(StorageError) {
        self.service = service
        self.messageLimit = messageLimit
        self.now = now
        folder = try StorageFolder(path)
        var state = State()
        var warnings: [String] = []
        for name in try folder.entries() where !name.hasPrefix(".") {
            let queue = service.queue(of: name)
            state.queues[queue] = MessageQueue()
            for entry in try folder.entries(of: name) where entry.hasSuffix(".json") {
                let file = "\(name)/\(entry)"
                guard let bytes = try folder.read(file) else { continue }
                do throws(QueueMessage.Damage) {
                    var message = try QueueMessage(file: bytes, id: String(entry.dropLast(5)), queue: queue)
                    if message.popReceipt != nil {
                        message.popReceipt = nil
                        message.nextVisibleTime = min(message.nextVisibleTime, now())
                    }
                    state.queues[queue]?.put(message)
                    state.lastSequenceNumber = max(state.lastSequenceNumber, message.sequenceNumber)
                } catch {
                    let place = try folder.setAside(bytes, of: file)
                    try folder.remove(file)
                    warnings.append(
                        "\(folder.absolute(file)) is no queue message (\(error.reason)) and is now \(place); put it "
                            + "right and move it back, or delete it")
                }
            }
        }
        self.warnings = warnings
        self.state = Mutex(state)
    }

    // MARK: Sending and receiving

    @discardableResult
    func send(
        _ body: [UInt8], to name: String, visibleAfter delay: TimeInterval = 0
    ) throws(StorageError) -> QueueMessage {
        let queue = try service.queue(named: name)
        guard body.count <= messageLimit else {
            throw .messageTooLarge(bytes: body.count, limit: messageLimit, queue: queue)
        }
        return try state.withLock { state throws(StorageError) in
            let now = now()
            let message = QueueMessage(
                id: UUID().uuidString.lowercased(), queue: queue, sequenceNumber: state.nextSequenceNumber(),
                body: body, insertionTime: now, expirationTime: now + Self.lifetime, nextVisibleTime: now + delay)
            try put(message, &state)
            return message
        }
    }

    /// What is received is not visible until the timeout is over, and counts as tried once more.
    func receive(
        from name: String, upTo limit: Int, visibilityTimeout: TimeInterval
    ) throws(StorageError) -> [QueueMessage] {
        let queue = try service.queue(named: name)
        return try state.withLock { state throws(StorageError) in
            let now = now()
            try removeExpired(from: queue, &state, now)
            var received: [QueueMessage] = []
            for var message in state.queues[queue]?.visible(at: now, upTo: limit) ?? [] {
                message.dequeueCount += 1
                message.popReceipt = UUID().uuidString.lowercased()
                message.nextVisibleTime = now + visibilityTimeout
                do throws(StorageError) {
                    try put(message, &state)
                } catch {
                    // Those before it are held by the caller alone; this one fails again when it is asked for first.
                    guard !received.isEmpty else { throw error }
                    break
                }
                received.append(message)
            }
            return received
        }
    }

    /// Keeps a message that is still worked on from being visible meanwhile.
    func renew(_ message: QueueMessage, visibilityTimeout: TimeInterval) throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            var held = try held(message, state)
            held.nextVisibleTime = now() + visibilityTimeout
            try put(held, &state)
        }
    }

    func delete(_ message: QueueMessage) throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            try remove(try held(message, state), &state)
        }
    }

    /// Gives back a message whose function failed. After its last try it goes to the poison queue instead, under its id.
    /// A queue that has no poison queue keeps it until the visibility timeout is over, or it would fail in a fast circle
    /// for ever.
    ///
    /// - Returns: the poison queue, if it went there.
    @discardableResult
    func release(
        _ message: QueueMessage, visibleAfter delay: TimeInterval = 0, maxDequeueCount: Int
    ) throws(StorageError) -> String? {
        try state.withLock { state throws(StorageError) in
            var held = try held(message, state)
            guard let poisonQueue = service.poisonQueue(of: held.queue) else { return nil }
            let now = now()
            guard held.dequeueCount >= maxDequeueCount else {
                held.popReceipt = nil
                held.nextVisibleTime = now + delay
                try put(held, &state)
                return nil
            }
            let poison = QueueMessage(
                id: held.id, queue: poisonQueue, sequenceNumber: state.nextSequenceNumber(), body: held.body,
                insertionTime: now, expirationTime: now + Self.lifetime, nextVisibleTime: now)
            // The move alone says in which queue it is: killed before or after it, the message is there once.
            try folder.move(file(of: held), to: file(of: poison))
            state.queues[held.queue]?.remove(held.id)
            try put(poison, &state)
            return poisonQueue
        }
    }

    // MARK: Looking

    /// When there is something to receive; in the past if that is now, nil if there is nothing at all.
    func nextVisible(in name: String) throws(StorageError) -> Date? {
        let queue = try service.queue(named: name)
        return try state.withLock { state throws(StorageError) in
            try removeExpired(from: queue, &state, now())
            return state.queues[queue]?.first?.nextVisibleTime
        }
    }

    /// What `receive` would give, left as it is.
    func peek(_ name: String, upTo limit: Int) throws(StorageError) -> [QueueMessage] {
        let queue = try service.queue(named: name)
        return state.withLock { $0.queues[queue]?.visible(at: now(), upTo: limit) ?? [] }
    }

    /// The messages of each queue, visible or not.
    var counts: [String: Int] {
        state.withLock { state in
            let now = now()
            return state.queues.mapValues { queue in queue.messages.values.count { $0.expirationTime > now } }
        }
    }

    func clear(_ name: String) throws(StorageError) {
        let queue = try service.queue(named: name)
        try state.withLock { state throws(StorageError) in
            for message in state.queues[queue]?.messages.values ?? [:].values { try remove(message, &state) }
        }
    }

    // MARK: Files first, then memory

    private func put(_ message: QueueMessage, _ state: inout State) throws(StorageError) {
        try folder.write(message.file, to: file(of: message))
        state.queues[message.queue, default: MessageQueue()].put(message)
    }

    private func remove(_ message: QueueMessage, _ state: inout State) throws(StorageError) {
        try folder.remove(file(of: message))
        state.queues[message.queue]?.remove(message.id)
    }

    /// Those in front, which is where any message comes before somebody can receive it.
    private func removeExpired(from queue: String, _ state: inout State, _ now: Date) throws(StorageError) {
        while let message = state.queues[queue]?.first, message.expirationTime <= now { try remove(message, &state) }
    }

    private func held(_ message: QueueMessage, _ state: State) throws(StorageError) -> QueueMessage {
        guard let current = state.queues[message.queue]?.messages[message.id], let receipt = current.popReceipt,
            receipt == message.popReceipt
        else { throw .notHeld(id: message.id, queue: message.queue) }
        return current
    }

    private func file(of message: QueueMessage) -> String { "\(service.folder(of: message.queue))/\(message.id).json" }
}
