import FunctionsModel
import JSON

/// Payloads of triggers whose event is a single value.
extension TriggerBinding {
    /// - Parameter schedule: the whole object that the function gets (host-contract §6.7).
    func payload(timer schedule: NewtonsoftValue) -> InvocationPayload { InvocationPayload(self, .json(schedule)) }

    /// The value is a string that holds a JSON string that holds the list (host-contract §6.8).
    func payload(documents: [NewtonsoftValue]) -> InvocationPayload {
        InvocationPayload(self, .text(NewtonsoftValue.array(documents).json()))
    }

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

    /// An empty object, as a new instance has no data (host-contract §18).
    var payloadOfWarmup: InvocationPayload { InvocationPayload(self, .json(.record([]))) }

    /// For an unknown kind of trigger, whose events are text or bytes.
    func payload(body: [UInt8]) -> InvocationPayload { InvocationPayload(self, value(body)) }
}

extension BindingValue {
    /// The value of an input binding of this type that finds nothing.
    ///
    /// - Parameter entry: the binding in function.json.
    static func nothing(for type: BindingType, _ entry: JSONTree) -> BindingValue {
        switch type.missing {
        case .null: .null
        case .list: .json(.array([]))
        case .nullWith(let property): entry.member(anyCase: property) != nil ? .null : .json(.array([]))
        }
    }
}
