import EventLoop
import FunctionsModel
import JSON

/// Fires the triggers of an app's functions, other than HTTP.
@MainLoop
final class Listeners {
    private let invoker: Invoker
    private let storage: LocalStorage
    private let zone: LocalTime

    private struct Listening {
        /// nil if nothing on this machine fires the function, or its listener failed; that was reported once.
        let listener: (any TriggerListener)?
        /// Everything that the listener depends on.
        let definition: Function.Definition
        let host: HostJSON
    }

    /// By function.
    private var listening: [String: Listening] = [:]

    init(_ invoker: Invoker, zone: LocalTime) {
        self.invoker = invoker
        storage = invoker.storage
        self.zone = zone
    }

    /// Listens for exactly these functions. The listener of an unchanged function continues.
    func install(_ app: FunctionApp, except disabled: Set<String>) {
        let functions = app.functions.filter { !disabled.contains($0.key) && !$0.value.isHTTP }
        for (name, old) in listening
        where functions[name]?.definition != old.definition || app.host != old.host {
            old.listener?.stop()
            listening[name] = nil
        }
        for (name, function) in functions where listening[name] == nil {
            let listener = listener(for: function, in: app)
            listener?.start()
            listening[name] = Listening(listener: listener, definition: function.definition, host: app.host)
        }
    }

    func stop() {
        for old in listening.values { old.listener?.stop() }
        listening = [:]
    }

    private func listener(for function: Function, in app: FunctionApp) -> (any TriggerListener)? {
        guard let trigger = function.trigger else { return nil }
        do {
            switch trigger.type {
            case .timerTrigger:
                let timer = try TimerTrigger(function, trigger, zone: zone, in: app, invoker)
                if let warning = timer.warning { invoker.tell(.warning("\(function.name): \(warning)")) }
                return timer
            case .queueTrigger:
                return listener(of: try queue("queueName", trigger).lowercased(), storage.queues, function, app)
            case .serviceBusTrigger:
                guard trigger.tree.member(anyCase: "topicName") == nil else { return nil }
                return listener(of: try queue("queueName", trigger), storage.serviceBus, function, app)
            case .eventHubTrigger:
                return listener(of: try queue("eventHubName", trigger), storage.eventHubs, function, app)
            case .blobTrigger:
                let path = trigger.tree.member(anyCase: "path")?.string ?? ""
                return BlobTrigger(function, try BlobPattern(path, binding: trigger.name), in: app, invoker)
            default: return nil
            }
        } catch {
            let reason = BindingCheck.reason(of: error)
            invoker.tell(.error("\(function.directory)/function.json: binding '\(trigger.name)': \(reason)"))
            return nil
        }
    }

    private func queue(_ property: String, _ trigger: Binding) throws -> String {
        guard let name = trigger.tree.member(anyCase: property)?.string, !name.isEmpty else {
            throw BindingError.missing(property, binding: trigger.name)
        }
        return name
    }

    private func listener(
        of queue: String, _ store: QueueStore, _ function: Function, _ app: FunctionApp
    ) -> QueueListener {
        let event = QueueTrigger(function: function, queue: queue)
        return QueueListener(queue, in: store, of: storage, event.rules(of: app.host), tell: invoker.tell) {
            [invoker] messages in
            await invoker.invoke(function, event.payload(of: messages), cause: event.cause, in: app).failure == nil
        }
    }
}
