import EventLoop
import FunctionsModel

/// An Event Grid trigger (host-contract §6.11). Its events come through the webhook and from outputs of functions.
struct EventGridTrigger: Trigger {
    static let type = BindingType.eventGridTrigger

    private let isMany: Bool

    init(_ binding: Binding) { isMany = binding.isMany }

    var source: String? { "Event Grid outputs, or POST /runtime/webhooks/eventgrid" }

    func listener(for target: TriggerTarget) -> (any TriggerListener)? { EventGridListener(target, isMany: isMany) }

    static func payload(byHand run: RunByHand, for trigger: TriggerBinding) throws -> InvocationPayload {
        guard !trigger.isMany else { throw EventGridEventError.manyByHand(function: trigger.function) }
        guard let event = try? NewtonsoftValue(json: run.input, as: .parser) else {
            throw EventGridEventError.notAnObject(kind: "no JSON")
        }
        return try trigger.payload(event: event)
    }

    static func payload(of sample: SampleEvent, for trigger: TriggerBinding) throws -> InvocationPayload {
        let given = try sample.json("an event") {
            let data = try? NewtonsoftValue(
                json: String(decoding: SampleEvent.object(sample.names), as: UTF8.self), as: .parser, zone: nil)
            return .record([
                ("id", .string(sample.newID())), ("topic", .string("/subscriptions/sample/topics/sample")),
                ("subject", .string("sample")), ("eventType", .string("Sample.Event")),
                ("eventTime", .string(DotNetDateTime(sample.now, .utc).isoText)), ("data", data ?? .null),
                ("dataVersion", .string("1.0")), ("metadataVersion", .string("1")),
            ])
        }
        guard trigger.isMany else { return try trigger.payload(event: given) }
        let events = given.elements ?? [given]
        for event in events where event.members == nil { throw EventGridEventError.notAnObject(kind: event.kind) }
        return trigger.payload(events: events)
    }
}

extension TriggerBinding {
    /// - Parameter event: an event in Event Grid's schema or CloudEvents'.
    func payload(event: NewtonsoftValue) throws(EventGridEventError) -> InvocationPayload {
        guard event.members != nil else { throw .notAnObject(kind: event.kind) }
        return InvocationPayload(self, .json(event), ["data": .json(event.data)])
    }

    /// Events that come as one list, if the trigger accepts many.
    func payload(events: [NewtonsoftValue]) -> InvocationPayload {
        InvocationPayload(self, .json(.array(events)), ["data": .json(.array(events.map(\.data)))])
    }
}

/// The reason why an event cannot be an Event Grid trigger's value.
enum EventGridEventError: Error, CustomStringConvertible {
    case notAnObject(kind: String)
    case manyByHand(function: String)

    var description: String {
        switch self {
        case .notAnObject(let kind): "an Event Grid event must be an object, not \(kind)"
        case .manyByHand(let function):
            "the host cannot run a trigger with \"cardinality\": \"many\" by hand; "
                + "send the events to /runtime/webhooks/eventgrid?functionName=\(function)"
        }
    }
}

extension NewtonsoftValue {
    /// The member `data` of an event.
    fileprivate var data: NewtonsoftValue { members?.first { $0.name == "data" }?.value ?? .null }
}

/// Runs a function for the events that `EventGridTopics` gives it.
@MainLoop
final class EventGridListener: TriggerListener {
    private let target: TriggerTarget
    private let isMany: Bool

    init(_ target: TriggerTarget, isMany: Bool) {
        self.target = target
        self.isMany = isMany
    }

    private var function: String { target.function.name }

    func start() { target.storage.eventGrid.add(self, of: function) }

    func stop() { target.storage.eventGrid.remove(self, of: function) }

    /// Runs the function for events that arrived together: once, or once for each event. Returns whether every
    /// invocation succeeded.
    func receive(_ events: [NewtonsoftValue]) async -> Bool {
        guard !isMany else {
            return await invoke(target.function.triggerBinding.payload(events: events))
        }
        let runs = events.map { event in EventLoop.main.task { await self.receive(event) } }
        var succeeded = true
        for run in runs where (try? await run.value) != true { succeeded = false }
        return succeeded
    }

    private func receive(_ event: NewtonsoftValue) async -> Bool {
        do throws(EventGridEventError) {
            return await invoke(try target.function.triggerBinding.payload(event: event))
        } catch {
            target.invoker.tell(.error("\(function): the handler is not called: \(error)"))
            return false
        }
    }

    private func invoke(_ payload: InvocationPayload) async -> Bool {
        await target.invoke(payload, cause: "Event Grid")
    }

    /// Receives one event of a topic, which nobody waits for.
    func receive(_ event: NewtonsoftValue, from topic: String) {
        let depth = EventGridTopics.depth + 1
        EventLoop.main.task {
            let succeeded = await EventGridTopics.$depth.withValue(depth) { await self.receive([event]) }
            guard !succeeded else { return }
            self.target.invoker.tell(
                .warning(
                    "\(self.function) failed for an event of \(topic): Event Grid would send it again for up to 24 hours, "
                        + "but luafunc sends it only once"))
        }
    }
}
