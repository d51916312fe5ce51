import FunctionsModel
import JSON

/// An Event Grid output. Its events fire functions of this app.
struct EventGridBinding: StoredBinding {
    static let type = BindingType.eventGrid

    private let name: String
    /// The name of the app setting with the topic's address. Nothing on this machine needs the address itself.
    private let topic: String

    init(_ binding: Binding) throws(PropertyError) {
        name = binding.name
        let hasConnection =
            binding.tree.member(anyCase: "topicEndpointUri") == nil
            && binding.tree.member(anyCase: "connection") != nil
        topic = try binding.property(hasConnection ? "connection" : "topicEndpointUri") { $0 }
    }

    func write(_ values: [[UInt8]], _ trigger: TriggerValues, to storage: LocalStorage) throws -> String? {
        var schema: EventGridSchema?
        var events: [NewtonsoftValue] = []
        for (number, value) in values.enumerated() {
            let text = String(decoding: value, as: UTF8.self)
            guard let event = try? NewtonsoftValue(json: text, as: .parser, zone: nil), event.members != nil else {
                throw EventGridOutputError(binding: name, number: number, reason: "is not a JSON object")
            }
            // The first event decides for the whole topic.
            let common = schema ?? EventGridSchema(of: event)
            schema = common
            if let missing = common.missing(in: event) {
                throw EventGridOutputError(
                    binding: name, number: number, reason: "has no \"\(missing)\": \(common.requirement)")
            }
            events.append(common.delivered(event, topic: topic))
        }
        let receivers = storage.eventGrid.publish(events, to: topic, from: trigger.function)
        let isEndless = EventGridTopics.depth == EventGridTopics.deepest
        let names =
            isEndless
            ? "not sent, as functions have fired one another \(EventGridTopics.deepest) times; in Azure they would go on"
            : receivers.isEmpty ? "no function" : receivers.joined(separator: ", ")
        return "Event Grid \(topic) (\(names))"
    }
}

/// An event that the host cannot send. The invocation fails.
struct EventGridOutputError: Error, CustomStringConvertible {
    let binding: String
    let number: Int
    let reason: String

    var description: String { "output '\(binding)': event \(number + 1) \(reason)" }
}

/// The two forms of events.
enum EventGridSchema {
    case eventGrid
    case cloudEvent

    init(of event: NewtonsoftValue) {
        self = event.members?.contains { $0.name == "specversion" } == true ? .cloudEvent : .eventGrid
    }

    /// The first member that an event needs and lacks. Each must be a text that is not empty.
    func missing(in event: NewtonsoftValue) -> String? {
        required.first { name in (event.members?.last { $0.name == name }?.value.string ?? "").isEmpty }
    }

    private var required: [String] {
        switch self {
        case .eventGrid: ["id", "subject", "eventType", "eventTime", "dataVersion"]
        case .cloudEvent: ["specversion", "id", "source", "type"]
        }
    }

    /// The required members as a sentence.
    var requirement: String {
        switch self {
        case .eventGrid:
            "an event needs id, subject, eventType, eventTime and dataVersion as strings, a CloudEvent \"specversion\": "
                + "\"1.0\", id, source and type"
        case .cloudEvent: "a CloudEvent needs specversion, id, source and type as strings"
        }
    }

    /// The event as the service delivers it, which adds the topic and the version of its own members.
    func delivered(_ event: NewtonsoftValue, topic: String) -> NewtonsoftValue {
        guard case .eventGrid = self, let members = event.members else { return event }
        let added: [(name: String, value: NewtonsoftValue)] = [
            ("topic", .string("/subscriptions/local/providers/Microsoft.EventGrid/topics/\(topic)")),
            ("metadataVersion", .string("1")),
        ]
        let missing = added.filter { added in !members.contains { $0.name == added.name } }
        return .record(members.map { ($0.name, $0.value) } + missing)
    }
}
