import FunctionsModel

/// A warm-up trigger, which the host fires when it adds an instance.
struct WarmupTrigger: Trigger {
    static let type = BindingType.warmupTrigger
    static let needsInput = false

    init(_ binding: Binding) {}

    static func payload(byHand run: RunByHand, for trigger: TriggerBinding) -> InvocationPayload {
        trigger.payloadOfWarmup
    }

    static func payload(of sample: SampleEvent, for trigger: TriggerBinding) -> InvocationPayload {
        trigger.payloadOfWarmup
    }
}

extension TriggerBinding {
    /// An empty object, as a new instance has no data (host-contract §18).
    var payloadOfWarmup: InvocationPayload {
        let nothing = BindingValue.json(.record([]))
        return InvocationPayload(self, nothing, [name: nothing])
    }
}
