import FunctionsModel

/// An event hub trigger (host-contract §6.10).
struct EventHubTrigger: Trigger {
    static let type = BindingType.eventHubTrigger

    private let hub: String
    private let isMany: Bool

    init(_ binding: Binding) throws(PropertyError) {
        isMany = binding.isMany
        hub = try binding.property("eventHubName") { name in
            _ = try QueueService.eventHubs.queue(named: name)
            return name
        }
    }

    var source: String? { hub }

    func listener(for target: TriggerTarget) -> (any TriggerListener)? {
        // One partition keeps its order, and a failed event is lost.
        let rules = QueueListener.Rules(batch: isMany ? 10 : 1, concurrency: 1, maxDequeueCount: nil)
        return QueueListener(
            hub, in: target.storage.eventHubs, rules, of: target, cause: "event hub \(hub)"
        ) { messages in
            target.function.triggerBinding.payload(of: messages.map { EventHubEvent($0) })
        }
    }

    static func payload(byHand run: RunByHand, for trigger: TriggerBinding) -> InvocationPayload {
        trigger.payload(ofMessagesIn: Array(run.input.utf8)) { body, number in
            EventHubEvent(body: body, offset: String(number), sequenceNumber: number, enqueuedTime: run.now)
        }
    }

    static func payload(of sample: SampleEvent, for trigger: TriggerBinding) -> InvocationPayload {
        trigger.payload(ofMessagesIn: sample.message) { body, number in
            EventHubEvent(body: body, offset: String(number), sequenceNumber: number, enqueuedTime: sample.now)
        }
    }
}

extension EventHubEvent {
    init(_ message: QueueMessage) {
        self.init(
            body: message.body, offset: "\(message.sequenceNumber)", sequenceNumber: message.sequenceNumber,
            enqueuedTime: message.insertionTime)
    }
}
