import EventLoop
import FunctionsModel

/// Fires the triggers of an app's functions, other than HTTP.
@MainLoop
final class Listeners {
    private let invoker: Invoker
    private let zone: LocalTime

    private struct Listening {
        /// nil if nothing on this machine fires the function, or its listener failed; that was reported once.
        let listener: (any TriggerListener)?
        /// Everything that the listener depends on.
        let definition: Function.Definition
        let host: HostJSON
    }

    /// The listeners, by function name.
    private var listening: [String: Listening] = [:]

    init(_ invoker: Invoker, zone: LocalTime) {
        self.invoker = invoker
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
        guard let binding = function.trigger else { return nil }
        do throws(PropertyError) {
            let target = TriggerTarget(function: function, app: app, invoker: invoker, zone: zone)
            return try invoker.storage.bindings.trigger(binding).init(binding).listener(for: target)
        } catch {
            // luafunc itself tells which settings are not set.
            if error.kind != .unsetSetting || !invoker.isLuafunc {
                invoker.tell(.error("\(Problem(error, in: function))"))
            }
            return nil
        }
    }
}
