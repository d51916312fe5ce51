import FunctionsModel
import FoundationEssentials

extension TriggerBinding {
    /// The event that `POST /admin/functions/<name>` makes from its `input` (host-contract §13).
    ///
    /// Nil for triggers whose event needs more than a text: an HTTP function has no request and fails, a blob trigger's
    /// text is the path of a blob, and a timer's is ignored.
    func payload(adminInput text: String, now: Date, newID: () -> String) -> InvocationPayload? {
        switch type {
        case .httpTrigger, .blobTrigger, .timerTrigger: nil
        case .queueTrigger: queueMessage(text, now, newID).payload(for: self)
        case .serviceBusTrigger:
            payload(ofMessagesIn: text) { body, number in
                ServiceBusMessage(
                    body: body, lockToken: newID(), messageId: newID(), sequenceNumber: number, enqueuedTime: now,
                    expiresAt: now.addingTimeInterval(14 * 86_400))
            }
        case .eventHubTrigger:
            payload(ofMessagesIn: text) { body, number in
                EventHubEvent(body: body, offset: String(number), sequenceNumber: number, enqueuedTime: now)
            }
        case .cosmosDBTrigger: payload(documents: documents(in: text))
        case .eventGridTrigger: payload(eventGridEvent: text)
        case .warmupTrigger: payloadOfWarmup
        default: payload(body: Array(text.utf8))
        }
    }

    private func queueMessage(_ text: String, _ now: Date, _ newID: () -> String) -> QueueTriggerMessage {
        QueueTriggerMessage(
            id: newID(), popReceipt: newID(), dequeueCount: 1, insertionTime: now,
            expirationTime: now.addingTimeInterval(7 * 86_400), nextVisibleTime: now.addingTimeInterval(600),
            body: Array(text.utf8))
    }

    /// A list becomes many messages if the trigger takes many; any other text is one.
    private func payload<Message: BrokerMessage>(
        ofMessagesIn text: String, _ message: (_ body: [UInt8], _ number: Int64) -> Message
    ) -> InvocationPayload {
        guard isMany else { return payload(of: message(Array(text.utf8), 1)) }
        let read = try? NewtonsoftValue(json: text, as: .verbatim)
        let bodies = read?.elements?.map { $0.string ?? $0.json() } ?? [text]
        return payload(ofMany: zip(bodies, 1...).map { message(Array($0.utf8), $1) })
    }

    private func documents(in text: String) -> [NewtonsoftValue] {
        guard let read = try? NewtonsoftValue(json: text, as: .verbatim) else { return [.string(text)] }
        return read.elements ?? [read]
    }
}
