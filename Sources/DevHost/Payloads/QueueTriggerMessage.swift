import FoundationEssentials
import FunctionsModel

/// A message of a storage queue, with its base64 decoded (host-contract §6.5).
struct QueueTriggerMessage: Sendable {
    var id: String
    var popReceipt: String
    var dequeueCount: Int
    var insertionTime: Date
    var expirationTime: Date
    var nextVisibleTime: Date
    var body: [UInt8]

    func payload(for trigger: TriggerBinding) -> InvocationPayload {
        InvocationPayload(
            trigger, trigger.value(body),
            [
                "QueueTrigger": .text(String(validating: body, as: UTF8.self)),
                "DequeueCount": .json(.integer(Int64(dequeueCount))),
                "ExpirationTime": .dateTimeOffset(expirationTime),
                "Id": .text(id),
                "InsertionTime": .dateTimeOffset(insertionTime),
                "NextVisibleTime": .dateTimeOffset(nextVisibleTime),
                "PopReceipt": .text(popReceipt),
            ])
    }
}
