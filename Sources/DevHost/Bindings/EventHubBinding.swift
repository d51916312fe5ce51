import FunctionsModel

/// An event hub output.
struct EventHubBinding: StoredBinding {
    static let type = BindingType.eventHub

    private let hub: BindingExpression

    init(_ binding: Binding) throws(PropertyError) {
        hub = try binding.expression("eventHubName") { _ = try QueueService.eventHubs.queue(named: $0) }
    }

    func write(_ values: [[UInt8]], _ trigger: TriggerValues, to storage: LocalStorage) throws -> String? {
        let name = try trigger.fill(hub)
        for event in values { try storage.eventHubs.send(event, to: name) }
        return "event hub \(name)"
    }
}
