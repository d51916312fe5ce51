import FunctionsModel
import JSON

/// A Cosmos DB trigger. By hand, a list is many changed documents, any other text is one.
struct CosmosDBTrigger: Trigger {
    static let type = BindingType.cosmosDBTrigger

    init(_ binding: Binding) {}

    func payload(byHand run: RunByHand, for trigger: TriggerBinding) -> InvocationPayload {
        guard let tree = JSONTree.read(run.input) else { return trigger.payload(documents: [.string(run.input)]) }
        return trigger.payload(documents: tree.elements?.map(\.value) ?? [tree.value])
    }
}

extension TriggerBinding {
    /// The value is a string that holds a JSON string that holds the list (host-contract §6.8).
    func payload(documents: [JSONTree.Value]) -> InvocationPayload {
        InvocationPayload(self, .text(NewtonsoftJSON.text(.list(documents))))
    }
}
