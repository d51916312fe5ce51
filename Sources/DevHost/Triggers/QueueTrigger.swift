import FunctionsModel
import JSON

/// Turns messages of a queue, Service Bus or an event hub into invocations of the function that they trigger.
struct QueueTrigger: Sendable {
    let function: Function
    let queue: String

    private enum Kind { case queue, serviceBus, eventHub }

    private var kind: Kind {
        switch function.trigger?.type {
        case .serviceBusTrigger: .serviceBus
        case .eventHubTrigger: .eventHub
        default: .queue
        }
    }

    /// The cause for people: `queue orders`.
    var cause: String {
        switch kind {
        case .queue: "queue \(queue)"
        case .serviceBus: "Service Bus \(queue)"
        case .eventHub: "event hub \(queue)"
        }
    }

    /// The rules, by the extensions' defaults, which `extensions.queues` of host.json may change (host-contract §10).
    func rules(of host: HostJSON) -> QueueListener.Rules {
        let isMany = function.trigger?.isMany == true
        switch kind {
        case .queue:
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
                retryDelay: max(0, delay?.seconds ?? 0))
        case .serviceBus: return .init(batch: isMany ? 1000 : 1, concurrency: 16, maxDequeueCount: 10)
        // One partition keeps its order, and a failed event is lost.
        case .eventHub: return .init(batch: isMany ? 10 : 1, concurrency: 1, maxDequeueCount: nil)
        }
    }

    func payload(of messages: [QueueMessage]) -> InvocationPayload {
        let binding = function.triggerBinding
        switch kind {
        case .queue:
            guard let message = messages.first else { return binding.payload(body: []) }
            return QueueTriggerMessage(message).payload(for: binding)
        case .serviceBus:
            let all = messages.map { ServiceBusMessage($0) }
            return binding.isMany
                ? binding.payload(ofMany: all) : all.first.map { binding.payload(of: $0) } ?? binding.payload(body: [])
        case .eventHub:
            let all = messages.map { EventHubEvent($0) }
            return binding.isMany
                ? binding.payload(ofMany: all) : all.first.map { binding.payload(of: $0) } ?? binding.payload(body: [])
        }
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

extension ServiceBusMessage {
    init(_ message: QueueMessage) {
        self.init(
            body: message.body, deliveryCount: message.dequeueCount, lockToken: message.popReceipt ?? "",
            messageId: message.id, sequenceNumber: message.sequenceNumber, enqueuedTime: message.insertionTime,
            expiresAt: message.expirationTime)
    }
}

extension EventHubEvent {
    init(_ message: QueueMessage) {
        self.init(
            body: message.body, offset: "\(message.sequenceNumber)", sequenceNumber: message.sequenceNumber,
            enqueuedTime: message.insertionTime)
    }
}
