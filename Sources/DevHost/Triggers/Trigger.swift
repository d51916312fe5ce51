import EventLoop
import FoundationEssentials
import FunctionsModel

/// What this machine does instead of the service behind a trigger.
///
/// Each type of trigger is one such type, which `LocalBindings.known` lists.
protocol Trigger: Sendable {
    static var type: BindingType { get }

    /// Throws for properties with which the host could not listen.
    init(_ binding: Binding) throws(PropertyError)

    /// The source of the trigger's events, as text for people; nil if it is fired only by hand.
    var source: String? { get }

    /// The listener for the trigger's events; nil if nothing on this machine fires the function.
    @MainLoop func listener(for target: TriggerTarget) -> (any TriggerListener)?

    /// Whether the host can run the function by hand only with an input.
    static var needsInput: Bool { get }

    /// The event of a run by hand (host-contract §13), which need not have the properties for listening.
    @MainLoop static func payload(byHand run: RunByHand, for trigger: TriggerBinding) throws -> InvocationPayload

    /// An event with everything that the service behind the trigger sends.
    static func payload(of sample: SampleEvent, for trigger: TriggerBinding) throws -> InvocationPayload
}

extension Trigger {
    var source: String? { nil }
    static var needsInput: Bool { true }

    @MainLoop func listener(for target: TriggerTarget) -> (any TriggerListener)? { nil }

    static func payload(of sample: SampleEvent, for trigger: TriggerBinding) throws -> InvocationPayload {
        trigger.payload(body: sample.message)
    }
}

/// The function that a trigger fires.
@MainLoop
struct TriggerTarget {
    let function: Function
    let app: FunctionApp
    let invoker: Invoker
    /// The time zone of the schedules.
    let zone: LocalTime

    var storage: LocalStorage { invoker.storage }

    /// Runs the function. Returns whether it succeeded.
    ///
    /// - Parameter cause: the cause as text for people.
    func invoke(_ payload: InvocationPayload, cause: String) async -> Bool {
        await invoker.invoke(function, payload, cause: cause, in: app).failure == nil
    }

    /// Reports a run that failed before the handler could be called.
    func fail(_ reason: String, cause: String) {
        InvocationWatch(function, cause: cause, tell: invoker.tell).end { $0.failure = reason }
    }
}

/// Waits for the events that fire a function. After `stop`, invocations that have begun still finish.
@MainLoop
protocol TriggerListener: AnyObject {
    func start()
    func stop()
}

/// A call of `POST /admin/functions/<name>`, which runs a function as if its trigger's service had an event for it.
struct RunByHand {
    let binding: Binding
    /// The text that the caller sends.
    let input: String
    let now: Date
    let zone: LocalTime
    let storage: LocalStorage
    /// A new GUID.
    let newID: () -> String

    struct NoInput: Error, CustomStringConvertible {
        let description = "\"input\" is missing, so the host cannot bind the trigger; send {\"input\":\"text\"}"
    }
}

/// A trigger of a type for which this machine does nothing; its events are text or bytes.
struct OtherTrigger: Trigger {
    static let type = BindingType("")

    init(_ binding: Binding) {}

    static func payload(byHand run: RunByHand, for trigger: TriggerBinding) -> InvocationPayload {
        trigger.payload(body: Array(run.input.utf8))
    }

    static func payload(of sample: SampleEvent, for trigger: TriggerBinding) throws -> InvocationPayload {
        guard sample.binding.type == .sqlTrigger else { return trigger.payload(body: sample.message) }
        let changes = try sample.json("the changes of the table") {
            .array([.record([("Operation", .integer(0)), ("Item", .record([("Id", .integer(1))]))])])
        }
        return trigger.payload(documents: changes.elements ?? [changes])
    }
}
