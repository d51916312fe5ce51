import FoundationEssentials
import FunctionsModel
import JSON

/// A Service Bus trigger (host-contract §6.9). Nothing on this machine fires one with a topic.
struct ServiceBusTrigger: Trigger {
    static let type = BindingType.serviceBusTrigger

    private let name: String
    private let isTopic: Bool
    private let isMany: Bool

    init(_ binding: Binding) throws(PropertyError) {
        isTopic = binding.tree.member(anyCase: "topicName") != nil
        isMany = binding.isMany
        name = try binding.property(isTopic ? "topicName" : "queueName") { name in
            _ = try QueueService.serviceBus.queue(named: name)
            return name
        }
    }

    var source: String? { name }

    func listener(for target: TriggerTarget) -> (any TriggerListener)? {
        guard !isTopic else { return nil }
        let rules = QueueListener.Rules(batch: isMany ? 1000 : 1, concurrency: 16, maxDequeueCount: 10)
        return QueueListener(
            name, in: target.storage.serviceBus, rules, of: target, cause: "Service Bus \(name)"
        ) { messages in
            target.function.triggerBinding.payload(of: messages.map { ServiceBusMessage($0) })
        }
    }

    static func payload(byHand run: RunByHand, for trigger: TriggerBinding) -> InvocationPayload {
        trigger.payload(ofMessagesIn: Array(run.input.utf8)) { body, number in
            ServiceBusMessage(
                body: body, lockToken: run.newID(), messageId: run.newID(), sequenceNumber: number,
                enqueuedTime: run.now, expiresAt: run.now.addingTimeInterval(14 * 86_400))
        }
    }

    static func payload(of sample: SampleEvent, for trigger: TriggerBinding) -> InvocationPayload {
        trigger.payload(ofMessagesIn: sample.message) { body, number in
            ServiceBusMessage(
                body: body, lockToken: sample.newID(), messageId: sample.newID(), sequenceNumber: number,
                enqueuedTime: sample.now, expiresAt: sample.now.addingTimeInterval(14 * 86_400))
        }
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
