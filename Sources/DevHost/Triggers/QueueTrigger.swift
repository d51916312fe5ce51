import FoundationEssentials
import FunctionsModel
import JSON

/// A storage queue trigger (host-contract §6.5).
struct QueueTrigger: Trigger {
    static let type = BindingType.queueTrigger

    private let queue: String

    init(_ binding: Binding) throws(PropertyError) {
        queue = try binding.property("queueName") { try QueueService.storageQueue(inBinding: $0) }
    }

    var source: String? { queue }

    func listener(for target: TriggerTarget) -> (any TriggerListener)? {
        QueueListener(
            queue, in: target.storage.queues, Self.rules(of: target.app.host), of: target, cause: "queue \(queue)"
        ) { messages in
            try messages.first.map { try QueueTriggerMessage($0).payload(for: target.function.triggerBinding) }
        }
    }

    /// The defaults of the extension, which `extensions.queues` of host.json may change (host-contract §10).
    private static func rules(of host: HostJSON) -> QueueListener.Rules {
        let settings = host.tree.member(anyCase: "extensions")?.member(anyCase: "queues")
        func number(_ name: String, _ standard: Int, _ range: ClosedRange<Int>) -> Int {
            let written = settings?.member(anyCase: name)?.integer.flatMap { Int(exactly: $0) }
            return written.map { min(max($0, range.lowerBound), range.upperBound) } ?? standard
        }
        let batch = number("batchSize", 16, 1...32)
        let threshold = number("newBatchThreshold", batch / 2, 0...1000)
        let delay = settings?.member(anyCase: "visibilityTimeout")?.string.flatMap { TimeSpan($0[...]) }
        return .init(
            concurrency: batch + threshold, maxDequeueCount: number("maxDequeueCount", 5, 1...1000),
            needsBase64: settings?.member(anyCase: "messageEncoding")?.string?.lowercased() != "none",
            retryDelay: max(0, delay?.seconds ?? 0))
    }

    static func payload(byHand run: RunByHand, for trigger: TriggerBinding) throws -> InvocationPayload {
        // The last second of .NET's time, 9999-12-31T23:59:59.
        let end = Date(timeIntervalSince1970: 253_402_300_799)
        return try QueueTriggerMessage(
            id: nil, popReceipt: nil, dequeueCount: 0, insertionTime: run.now, expirationTime: end,
            nextVisibleTime: end, body: Array(run.input.utf8)
        ).payload(for: trigger)
    }

    static func payload(of sample: SampleEvent, for trigger: TriggerBinding) throws -> InvocationPayload {
        // The service keeps a message for seven days, and hides it for ten minutes while it is worked on.
        try QueueTriggerMessage(
            id: sample.newID(), popReceipt: "AgAAAAMAAAAAAAAA", dequeueCount: 1, insertionTime: sample.now,
            expirationTime: sample.now.addingTimeInterval(7 * 86_400),
            nextVisibleTime: sample.now.addingTimeInterval(600), body: sample.message
        ).payload(for: trigger)
    }
}

extension QueueTriggerMessage {
    init(_ message: QueueMessage) {
        self.init(
            id: message.id, popReceipt: message.popReceipt ?? "", dequeueCount: message.dequeueCount,
            insertionTime: message.insertionTime, expirationTime: message.expirationTime,
            nextVisibleTime: message.nextVisibleTime, body: message.body)
    }
}
