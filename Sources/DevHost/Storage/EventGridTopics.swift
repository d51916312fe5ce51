import EventLoop
import FunctionsModel

/// Gives the events of all Event Grid topics to the functions with an Event Grid trigger.
///
/// A trigger names no topic: in Azure, subscriptions connect topics and functions. Here, `EventGrid` in
/// local.settings.json may do so.
@MainLoop
final class EventGridTopics {
    private let subscriptions: [String: [String]]
    private var listeners: [String: EventGridListener] = [:]

    /// - Parameter subscriptions: the functions for a topic, by the name of the topic's app setting.
    init(subscriptions: [String: [String]]) { self.subscriptions = subscriptions }

    func add(_ listener: EventGridListener, of function: String) { listeners[function] = listener }

    /// A newer listener of the function stays.
    func remove(_ listener: EventGridListener, of function: String) {
        if listeners[function] === listener { listeners[function] = nil }
    }

    /// The functions that events may fire.
    var functions: [String] { listeners.keys.sorted() }

    func listener(of function: String) -> EventGridListener? { listeners[function] }

    /// How many functions have fired one another, up to the one that runs.
    @TaskLocal static var depth = 0
    static let deepest = 32

    /// Fires the functions for a topic; without a subscription these are all except the one that sends the events, which
    /// would otherwise fire itself for ever. Returns their names; none if functions fire one another without end.
    func publish(_ events: [NewtonsoftValue], to topic: String, from sender: String) -> [String] {
        let receivers =
            subscriptions[topic].map { names in names.filter { listeners[$0] != nil } }
            ?? functions.filter { $0 != sender }
        guard Self.depth < Self.deepest else { return [] }
        for event in events {
            for function in receivers { listeners[function]?.receive(event, from: topic) }
        }
        return receivers
    }
}
