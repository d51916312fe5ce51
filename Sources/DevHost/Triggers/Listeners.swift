import CustomHandler
import FoundationEssentials
import Lua
import NIOPosix

/// Fires the triggers of an app's functions, other than HTTP.
actor Listeners {
    private let invoker: Invoker
    private let storage: LocalStorage
    private let zone: LocalTime
    private let tell: @Sendable (HostEvent) -> Void
    private struct Listener {
        let task: Task<Void, Never>
        /// All that it depends on.
        let definition: Function.Definition
        let host: HostConfiguration
    }

    /// By function.
    private var listening: [String: Listener] = [:]

    init(_ invoker: Invoker, zone: LocalTime) {
        self.invoker = invoker
        storage = invoker.storage
        self.zone = zone
        tell = invoker.tell
    }

    /// Listens for these functions and for no others. One that has not changed goes on as it is.
    func adopt(_ app: FunctionApp, except disabled: Set<String>) {
        let functions = app.functions.filter { !disabled.contains($0.key) && !$0.value.isHTTP }
        for (name, listener) in listening
        where functions[name]?.definition != listener.definition || app.host != listener.host {
            listener.task.cancel()
            listening[name] = nil
        }
        for (name, function) in functions where listening[name] == nil {
            guard let task = listener(for: function, in: app) else { continue }
            listening[name] = Listener(task: task, definition: function.definition, host: app.host)
        }
    }

    func stop() {
        for listener in listening.values { listener.task.cancel() }
        listening = [:]
    }

    private func listener(for function: Function, in app: FunctionApp) -> Task<Void, Never>? {
        guard let trigger = function.trigger else { return nil }
        do {
            switch trigger.type.lowercased() {
            case "timertrigger":
                let timer = try TimerTrigger(function, trigger, zone: zone, storage: storage)
                if let warning = timer.warning { tell(.warning("\(function.name): \(warning)")) }
                return Task { await timer.run(self.invoker, in: app) }
            case "queuetrigger":
                return listen(try queue("queueName", trigger).lowercased(), storage.queues, function, app)
            case "servicebustrigger":
                guard trigger.tree.member(anyCase: "topicName") == nil else { return nil }
                return listen(try queue("queueName", trigger), storage.serviceBus, function, app)
            case "eventhubtrigger": return listen(try queue("eventHubName", trigger), storage.eventHubs, function, app)
            case "blobtrigger":
                let path = trigger.tree.member(anyCase: "path")?.string ?? ""
                let blobs = BlobTrigger(
                    function: function, pattern: try BlobPattern(path, binding: trigger.name), storage: storage,
                    invoker: invoker, app: app)
                return Task { await blobs.run() }
            default: return nil
            }
        } catch {
            tell(.error("\(function.directory)/function.json: binding '\(trigger.name)': \(error)"))
            return nil
        }
    }

    private func queue(_ property: String, _ trigger: Binding) throws -> String {
        guard let name = trigger.tree.member(anyCase: property)?.string, !name.isEmpty else {
            throw BindingError.missing(property, binding: trigger.name)
        }
        return name
    }

    private func listen(
        _ queue: String, _ store: QueueStore, _ function: Function, _ app: FunctionApp
    ) -> Task<Void, Never> {
        let invoker = invoker
        let event = QueueEvent(function: function, queue: queue)
        let listener = QueueListener(
            queue, in: store, event.rules(of: app.host), bell: storage.wakes(), tell: tell,
            wake: { [storage] in storage.wake() }
        ) { messages in
            await invoker.invoke(function, event.payload(of: messages), cause: event.cause, in: app).failure == nil
        }
        return Task { await listener.run() }
    }
}
