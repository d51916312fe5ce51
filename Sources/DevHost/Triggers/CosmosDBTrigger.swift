import FoundationEssentials
import FunctionsModel

/// A Cosmos DB trigger. In a run by hand, a list is many changed documents; any other text is one.
struct CosmosDBTrigger: Trigger {
    static let type = BindingType.cosmosDBTrigger

    init(_ binding: Binding) {}

    static func payload(byHand run: RunByHand, for trigger: TriggerBinding) -> InvocationPayload {
        guard let read = try? NewtonsoftValue(json: run.input, as: .parser, zone: nil) else {
            return trigger.payload(documents: [.string(run.input)])
        }
        return trigger.payload(documents: read.elements ?? [read])
    }

    static func payload(of sample: SampleEvent, for trigger: TriggerBinding) throws -> InvocationPayload {
        let changed = try sample.json("the changed documents") {
            .record([
                ("id", .string("sample")), ("_rid", .string("AAAAAAAAAAA=")), ("_self", .string("dbs/AA==/colls/AA==")),
                ("_etag", .string("\"\(sample.newID())\"")), ("_attachments", .string("attachments/")),
                ("_ts", .integer(Int64(sample.now.timeIntervalSince1970))), ("_lsn", .integer(1)),
            ])
        }
        return trigger.payload(documents: changed.elements ?? [changed])
    }
}

extension TriggerBinding {
    /// The value is a string that holds a JSON string that holds the list (host-contract §6.8).
    func payload(documents: [NewtonsoftValue]) -> InvocationPayload {
        InvocationPayload(self, .text(NewtonsoftValue.array(documents).json()))
    }
}
