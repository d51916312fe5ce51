import FunctionsModel

/// A message of Service Bus or Event Hubs. Messages arrive singly or in batches.
protocol BrokerMessage: Sendable {
    var body: [UInt8] { get }
    /// The data of this message; in a batch, each name ends in `Array`.
    var bindingData: BindingData { get }
    /// The data that occurs once, regardless of the number of messages.
    static func commonData(of trigger: TriggerBinding) -> BindingData
}

extension TriggerBinding {
    /// The event of messages that arrived together.
    func payload<Message: BrokerMessage>(of messages: [Message]) -> InvocationPayload? {
        isMany ? payload(ofMany: messages) : messages.first.map { payload(of: $0) }
    }

    /// The event of the messages in a text. If the trigger accepts many, a text that holds a list becomes many
    /// messages; any other text is one.
    func payload<Message: BrokerMessage>(
        ofMessagesIn text: [UInt8], _ message: (_ body: [UInt8], _ number: Int64) -> Message
    ) -> InvocationPayload {
        guard isMany else { return payload(of: message(text, 1)) }
        let read = String(validating: text, as: UTF8.self).flatMap {
            try? NewtonsoftValue(json: $0, as: .parser, zone: nil)
        }
        let bodies = read?.elements?.map { Array(($0.string ?? $0.json()).utf8) } ?? [text]
        return payload(ofMany: zip(bodies, 1...).map { message($0, $1) })
    }

    func payload<Message: BrokerMessage>(of message: Message) -> InvocationPayload {
        var data = Message.commonData(of: self)
        for (name, value) in message.bindingData.entries { data.set(name, value) }
        return InvocationPayload(self, value(message.body), data)
    }

    func payload<Message: BrokerMessage>(ofMany messages: [Message]) -> InvocationPayload {
        var lists: CaselessDictionary<[NewtonsoftValue]> = [:]
        for message in messages {
            for (name, value) in message.bindingData.entries {
                lists[name + "Array", default: []].append(value.element)
            }
        }
        var data = Message.commonData(of: self)
        for (name, list) in lists.entries { data.set(name, .json(.array(list))) }
        return InvocationPayload(self, .json(.array(messages.map { value($0.body).element })), data)
    }
}
