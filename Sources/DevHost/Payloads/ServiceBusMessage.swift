import FoundationEssentials
import FunctionsModel

/// A message of a Service Bus queue or topic (host-contract §6.9).
struct ServiceBusMessage: BrokerMessage {
    var body: [UInt8]
    var deliveryCount = 1
    var lockToken: String
    var messageId: String
    var sequenceNumber: Int64
    var enqueuedTime: Date
    var expiresAt: Date
    var deadLetterSource: String?
    var contentType: String?
    var replyTo: String?
    var to: String?
    var subject: String?
    var correlationId: String?
    var applicationProperties: [(name: String, value: NewtonsoftValue)] = []

    var bindingData: BindingData {
        [
            "DeliveryCount": .json(.integer(Int64(deliveryCount))),
            "LockToken": .text(lockToken),
            "MessageId": .text(messageId),
            "SequenceNumber": .json(.integer(sequenceNumber)),
            "EnqueuedTimeUtc": .dateTime(enqueuedTime),
            "ExpiresAtUtc": .dateTime(expiresAt),
            "DeadLetterSource": .text(deadLetterSource),
            "ContentType": .text(contentType),
            "ReplyTo": .text(replyTo),
            "To": .text(to),
            "Label": .text(subject),
            "Subject": .text(subject),
            "CorrelationId": .text(correlationId),
            "UserProperties": .json(.record(applicationProperties)),
            "ApplicationProperties": .json(.record(applicationProperties)),
        ]
    }

    static func commonData(of trigger: TriggerBinding) -> BindingData { [:] }
}
