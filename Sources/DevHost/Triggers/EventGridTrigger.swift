import FunctionsModel

/// An Event Grid trigger.
struct EventGridTrigger: Trigger {
    static let type = BindingType.eventGridTrigger

    init(_ binding: Binding) {}

    static func payload(byHand run: RunByHand, for trigger: TriggerBinding) -> InvocationPayload {
        trigger.payload(eventGridEvent: run.input)
    }
}

extension TriggerBinding {
    /// - Parameter text: the JSON of an event, in Event Grid's schema or CloudEvents' (host-contract §6.11).
    func payload(eventGridEvent text: String) -> InvocationPayload {
        var data: BindingData = [:]
        if text.hasJSONBrackets, let event = try? NewtonsoftValue(json: text.trimmed, as: .parser),
            let member = event.members?.first(where: { $0.name == "data" })
        {
            data.set("data", .json(member.value))
        }
        return InvocationPayload(self, .text(text), data)
    }
}
