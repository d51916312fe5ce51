import FunctionsModel

/// A storage queue output.
struct QueueBinding: StoredBinding {
    static let type = BindingType.queue

    private let queue: BindingExpression

    init(_ binding: Binding) throws(PropertyError) {
        queue = try binding.expression("queueName") {
            _ = try QueueService.storageQueue(inBinding: $0)
        }
    }

    func write(_ values: [[UInt8]], _ trigger: TriggerValues, to storage: LocalStorage) throws -> String? {
        let name = try QueueService.storageQueue(inBinding: trigger.fill(queue))
        for message in values { try storage.queues.send(message, to: name) }
        return "queue \(name)"
    }
}
