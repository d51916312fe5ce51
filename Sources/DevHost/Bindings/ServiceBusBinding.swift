import FunctionsModel
import JSON

/// A Service Bus output. Messages for a topic are not stored on this machine.
struct ServiceBusBinding: StoredBinding {
    static let type = BindingType.serviceBus

    private let name: BindingExpression
    private let isTopic: Bool

    init(_ binding: Binding) throws(PropertyError) {
        isTopic = binding.tree.member(anyCase: "topicName") != nil
        name = try binding.expression(isTopic ? "topicName" : "queueName") {
            _ = try QueueService.serviceBus.queue(named: $0)
        }
    }

    func write(_ values: [[UInt8]], _ trigger: TriggerValues, to storage: LocalStorage) throws -> String? {
        let name = try trigger.fill(name)
        guard !isTopic else { return nil }
        for message in values { try storage.serviceBus.send(message, to: name) }
        return "Service Bus queue \(name)"
    }
}
