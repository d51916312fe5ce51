import Files
import FoundationEssentials

/// Many queues in one folder, with one file per message, so that messages outlive the process.
///
/// Everything is also in memory, so the store does not notice files that are changed by hand while it runs. If a
/// receiver held a message when the last process ended, the message is visible immediately; its dequeue count stays.
final class QueueStore {
    /// Warnings about damaged files that were set aside, for people.
    private(set) var warnings: [String] = []
    private let folder: StorageFolder
    private let service: QueueService
    private let messageLimit: Int
    private let now: () -> Date
    private var queues: [String: MessageQueue] = [:]
    private var lastSequenceNumber: Int64 = 0

    /// How long a message is kept.
    private static let lifetime: TimeInterval = 7 * 24 * 3600

    /// - Parameter messageLimit: the greatest size of a message in bytes (host-contract §16).
    init(
        folder path: String, service: QueueService, messageLimit: Int, now: @escaping () -> Date
    ) throws(StorageError) {
        self.service = service
        self.messageLimit = messageLimit
        self.now = now
        folder = try StorageFolder(path)
        for name in try folder.entries() where !name.hasPrefix(".") {
            do throws(StorageError) {
                try readQueue(name)
            } catch {
                // The other queues remain usable.
                warnings.append("\(error); its messages are left out until the next start")
            }
        }
    }

    private func readQueue(_ name: String) throws(StorageError) {
        guard try folder.status(of: name)?.kind == .folder else {
            warnings.append(
                "\(folder.absolute(name)) is not a folder, so it is not a queue and is ignored; messages are files in "
                    + "\(folder.absolute("QUEUE"))")
            return
        }
        guard try folder.status(of: name, followsLinks: false)?.kind == .folder else {
            warnings.append("\(folder.absolute(name)) is a link, so it is not a queue and is ignored; remove it")
            return
        }
        let queue = service.queue(of: name)
        queues[queue] = MessageQueue()
        for entry in try folder.entries(of: name) where entry.hasSuffix(".json") {
            do throws(StorageError) {
                try readMessage(entry, of: queue)
            } catch {
                warnings.append("\(error); this message is left out until the next start")
            }
        }
    }

    private func readMessage(_ entry: String, of queue: String) throws(StorageError) {
        let file = "\(service.folder(of: queue))/\(entry)"
        guard let bytes = try folder.read(file, limit: 16 << 20) else { return }
        do throws(QueueMessage.DamagedError) {
            var message = try QueueMessage(file: bytes, id: String(entry.dropLast(5)), queue: queue)
            if message.popReceipt != nil {
                message.popReceipt = nil
                message.nextVisibleTime = min(message.nextVisibleTime, now())
            }
            message.count(from: now())
            queues[queue]?.put(message)
            lastSequenceNumber = max(lastSequenceNumber, message.sequenceNumber)
        } catch {
            let place = try folder.setAside(bytes, of: file)
            try folder.remove(file)
            warnings.append(
                "\(folder.absolute(file)) is not a queue message (\(error.reason)) and is now \(place); fix it and "
                    + "move it back, or delete it")
        }
    }

    private func nextSequenceNumber() -> Int64 {
        // It begins with at most half of the range.
        lastSequenceNumber += 1
        return lastSequenceNumber
    }

    // MARK: Sending and receiving

    @discardableResult
    func send(
        _ body: [UInt8], to name: String, isBase64: Bool = true, visibleAfter delay: TimeInterval = 0
    ) throws(StorageError) -> QueueMessage {
        let queue = try service.queue(named: name)
        guard body.count <= messageLimit else {
            throw .messageTooLarge(bytes: body.count, limit: messageLimit, queue: queue)
        }
        let now = now()
        let message = QueueMessage(
            id: UUID().uuidString.lowercased(), queue: queue, sequenceNumber: nextSequenceNumber(), body: body,
            isBase64: isBase64, insertionTime: now, expirationTime: now + Self.lifetime, nextVisibleTime: now + delay)
        try put(message)
        return message
    }

    /// Receives messages, which stay invisible until the timeout; each counts one more try.
    func receive(
        from name: String, upTo limit: Int, visibilityTimeout: TimeInterval
    ) throws(StorageError) -> [QueueMessage] {
        let queue = try service.queue(named: name)
        let now = now()
        try removeExpired(from: queue, now)
        var received: [QueueMessage] = []
        for var message in queues[queue]?.visible(at: now, upTo: limit) ?? [] {
            message.dequeueCount = min(message.dequeueCount, .max - 1) + 1
            message.popReceipt = UUID().uuidString.lowercased()
            message.nextVisibleTime = now + visibilityTimeout
            do throws(StorageError) {
                try put(message)
            } catch {
                // The caller alone holds the messages before this one. This message fails again when it is the first.
                guard !received.isEmpty else { throw error }
                break
            }
            received.append(message)
        }
        return received
    }

    /// Keeps a message invisible while it is still being processed.
    func renew(_ message: QueueMessage, visibilityTimeout: TimeInterval) throws(StorageError) {
        var held = try held(message)
        held.nextVisibleTime = now() + visibilityTimeout
        try put(held)
    }

    func delete(_ message: QueueMessage) throws(StorageError) { try remove(try held(message)) }

    /// Releases a message whose function failed. After its last try it goes to the poison queue instead, with the same
    /// id. Without a poison queue, the queue keeps it until the visibility timeout; otherwise it would fail in a fast
    /// endless loop.
    ///
    /// - Returns: the poison queue, if it went there.
    @discardableResult
    func release(
        _ message: QueueMessage, visibleAfter delay: TimeInterval = 0, maxDequeueCount: Int
    ) throws(StorageError) -> String? {
        var held = try held(message)
        guard let poisonQueue = service.poisonQueue(of: held.queue) else { return nil }
        let now = now()
        guard held.dequeueCount >= maxDequeueCount else {
            held.popReceipt = nil
            held.nextVisibleTime = now + delay
            try put(held)
            return nil
        }
        let poison = QueueMessage(
            id: held.id, queue: poisonQueue, sequenceNumber: nextSequenceNumber(), body: held.body,
            isBase64: held.isBase64, insertionTime: now, expirationTime: now + Self.lifetime, nextVisibleTime: now)
        // The move alone decides which queue has the message: a kill before or after it leaves exactly one message.
        try folder.move(file(of: held), to: file(of: poison))
        queues[held.queue]?.remove(held.id)
        try put(poison)
        return poisonQueue
    }

    // MARK: Looking

    /// The time of the next message to receive; in the past if there is one now, nil if there is none at all.
    func nextVisible(in name: String) throws(StorageError) -> Date? {
        let queue = try service.queue(named: name)
        try removeExpired(from: queue, now())
        return queues[queue]?.first?.nextVisibleTime
    }

    /// The messages that `receive` would return, unchanged.
    func peek(_ name: String, upTo limit: Int) throws(StorageError) -> [QueueMessage] {
        let queue = try service.queue(named: name)
        return queues[queue]?.visible(at: now(), upTo: limit) ?? []
    }

    /// The messages of each queue, visible or not.
    var counts: [String: Int] {
        let now = now()
        return queues.mapValues { queue in queue.messages.values.count { $0.expirationTime > now } }
    }

    func clear(_ name: String) throws(StorageError) {
        let queue = try service.queue(named: name)
        for message in queues[queue]?.messages.values ?? [:].values { try remove(message) }
    }

    // MARK: Files first, then memory

    private func put(_ message: QueueMessage) throws(StorageError) {
        try folder.write(message.file, to: file(of: message))
        queues[message.queue, default: MessageQueue()].put(message)
    }

    private func remove(_ message: QueueMessage) throws(StorageError) {
        try folder.remove(file(of: message))
        queues[message.queue]?.remove(message.id)
    }

    /// Removes expired messages at the front, which every message must pass before it is received.
    private func removeExpired(from queue: String, _ now: Date) throws(StorageError) {
        while let message = queues[queue]?.first, message.expirationTime <= now { try remove(message) }
    }

    private func held(_ message: QueueMessage) throws(StorageError) -> QueueMessage {
        guard let current = queues[message.queue]?.messages[message.id], let receipt = current.popReceipt,
            receipt == message.popReceipt
        else { throw .notHeld(id: message.id, queue: message.queue) }
        return current
    }

    private func file(of message: QueueMessage) -> String { "\(service.folder(of: message.queue))/\(message.id).json" }
}
