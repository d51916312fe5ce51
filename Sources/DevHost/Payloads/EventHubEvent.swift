import FoundationEssentials
import FunctionsModel

/// An event of an event hub (host-contract §6.10).
struct EventHubEvent: BrokerMessage {
    var body: [UInt8]
    var partitionKey: String?
    var offset: String
    var sequenceNumber: Int64
    var enqueuedTime: Date
    var properties: [(name: String, value: NewtonsoftValue)] = []

    var bindingData: BindingData {
        let system: [(name: String, value: BindingValue)] = [
            ("PartitionKey", .text(partitionKey)),
            ("Offset", .text(offset)),
            ("SequenceNumber", .json(.integer(sequenceNumber))),
            ("EnqueuedTimeUtc", .dateTime(enqueuedTime)),
        ]
        var data: BindingData = [:]
        for (name, value) in system { data.set(name, value) }
        data.set("Properties", .json(.record(properties)))
        data.set("SystemProperties", .json(.record(system.map { ($0.name, $0.value.element) })))
        return data
    }

    static func commonData(of trigger: TriggerBinding) -> BindingData {
        let context: NewtonsoftValue = .record([
            ("EventHubName", .string(trigger.eventHubName)),
            ("ConsumerGroup", .string("$Default")),
            ("PartitionId", .string("0")),
        ])
        return ["PartitionContext": .json(context)]
    }
}
