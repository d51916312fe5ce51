import CustomHandler
import FoundationEssentials
import Lua

/// Runs a function on its schedule.
struct TimerTrigger: Sendable {
    private let function: Function
    private let schedule: TimerSchedule
    private let zone: LocalTime
    private let storage: LocalStorage
    private let runOnStartup: Bool
    private let useMonitor: Bool

    init(_ function: Function, _ trigger: Binding, zone: LocalTime, storage: LocalStorage) throws {
        guard let text = trigger.tree.member(anyCase: "schedule")?.string, !text.isEmpty else {
            throw BindingError.missing("schedule", binding: trigger.name)
        }
        self.function = function
        schedule = try TimerSchedule(text)
        self.zone = zone
        self.storage = storage
        runOnStartup = trigger.tree.member(anyCase: "runOnStartup")?.boolean ?? false
        useMonitor = trigger.tree.member(anyCase: "useMonitor")?.boolean ?? true
    }

    var warning: String? { schedule.warning }

    private func listener(at now: Date) -> TimerListener {
        TimerListener(
            schedule, in: zone, runOnStartup: runOnStartup, useMonitor: useMonitor,
            stored: storage.timers[function.name], at: now)
    }

    /// The value of a run by hand, which leaves the schedule alone.
    func valueByHand(at now: Date) -> JSONTree { listener(at: now).infoByHand.value(in: zone) }

    /// A clock that is set anew is noticed within this time.
    private static let longestSleep: TimeInterval = 3600

    func run(_ invoker: Invoker, in app: FunctionApp) async {
        var listener = listener(at: Date())
        keep(listener, invoker)
        while let due = listener.due {
            let wait = min(due.timeIntervalSinceNow, Self.longestSleep)
            if wait > 0 {
                do { try await Task.sleep(for: .seconds(wait), tolerance: .zero) } catch { return }
            }
            guard let info = listener.fire(at: Date()) else { continue }
            let payload = function.triggerBinding.payload(timer: info.value(in: zone))
            // Not a child of this task: what was begun is finished when a save ends the listener.
            let cause = info.isPastDue ? "timer, past due" : "timer"
            _ = await Task { await invoker.invoke(function, payload, cause: cause, in: app) }.value
            listener.finish(at: Date())
            guard !Task.isCancelled else { return }
            keep(listener, invoker)
        }
    }

    private func keep(_ listener: TimerListener, _ invoker: Invoker) {
        guard listener.isMonitored else { return }
        do {
            try storage.timers.set(listener.status, of: function.name)
        } catch {
            invoker.tell(.warning("\(error)"))
        }
    }
}
