import FunctionsModel

/// The types of binding for which this machine does something: it fires their triggers, or stores their data.
public struct LocalBindings: Sendable {
    private var triggers: [any Trigger.Type]
    private var stored: [any StoredBinding.Type]

    public static let known = LocalBindings(
        triggers: [
            HTTPTrigger.self, TimerTrigger.self, QueueTrigger.self, ServiceBusTrigger.self, EventHubTrigger.self,
            BlobTrigger.self, CosmosDBTrigger.self, EventGridTrigger.self, WarmupTrigger.self,
        ],
        stored: [
            QueueBinding.self, ServiceBusBinding.self, EventHubBinding.self, EventGridBinding.self, BlobBinding.self,
        ])

    init(triggers: [any Trigger.Type], stored: [any StoredBinding.Type]) {
        self.triggers = triggers
        self.stored = stored
    }

    /// Returns these bindings with more triggers.
    func with(_ more: any Trigger.Type...) -> LocalBindings {
        LocalBindings(triggers: triggers + more, stored: stored)
    }

    /// Every type of binding that an app may use here.
    var types: BindingTypes {
        (triggers.map { $0.type } + stored.map { $0.type })
            .reduce(.known) { known, type in known.knows(type) ? known : known.with(type) }
    }

    /// The trigger of a binding. A trigger of an unknown type can be fired only by hand.
    func trigger(_ binding: Binding) -> any Trigger.Type {
        triggers.first { $0.type == binding.type } ?? OtherTrigger.self
    }

    /// The storage of a binding; nil for an unknown type.
    func stored(_ binding: Binding) throws(PropertyError) -> (any StoredBinding)? {
        try stored.first { $0.type == binding.type }?.init(binding)
    }
}
