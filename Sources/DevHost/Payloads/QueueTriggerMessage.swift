import FoundationEssentials
import FunctionsModel

/// A message of a storage queue, with its base64 decoded (host-contract §6.5).
struct QueueTriggerMessage: Sendable {
    /// The service's id and receipt; nil in a run by hand.
    var id: String?
    var popReceipt: String?
    var dequeueCount: Int
    var insertionTime: Date
    var expirationTime: Date
    var nextVisibleTime: Date
    var body: [UInt8]

    /// Throws for a message that is not text, of which only a binding with `dataType` `binary` can make a value.
    func payload(for trigger: TriggerBinding) throws(NotTextError) -> InvocationPayload {
        let text = String(validating: body, as: UTF8.self)
        guard text != nil || trigger.isBinary else { throw NotTextError(binding: trigger.name) }
        return InvocationPayload(
            trigger, trigger.value(body),
            [
                "QueueTrigger": .text(text),
                "DequeueCount": .json(.integer(Int64(dequeueCount))),
                "ExpirationTime": .dateTimeOffset(expirationTime),
                "Id": .text(id),
                "InsertionTime": .dateTimeOffset(insertionTime),
                "NextVisibleTime": .dateTimeOffset(nextVisibleTime),
                "PopReceipt": .text(popReceipt),
            ])
    }

    struct NotTextError: Error, CustomStringConvertible {
        let binding: String

        var description: String {
            "Exception binding parameter '\(binding)': the message is not text in UTF-8; write \"dataType\": \"binary\" in "
                + "the trigger to get its bytes"
        }
    }
}
