import EventLoop
import FoundationEssentials
import FunctionsModel
import JSON

/// Runs a function on its schedule.
@MainLoop
final class TimerTrigger: TriggerListener {
    private let function: Function
    private let schedule: TimerSchedule
    private let zone: LocalTime
    private let app: FunctionApp
    private let invoker: Invoker
    private let storage: LocalStorage
    private let runOnStartup: Bool
    private let useMonitor: Bool
    private var running: Task<Void, any Error>?

    init(_ function: Function, _ trigger: Binding, zone: LocalTime, in app: FunctionApp, _ invoker: Invoker) throws {
        guard let text = trigger.tree.member(anyCase: "schedule")?.string, !text.isEmpty else {
            throw BindingError.missing("schedule", binding: trigger.name)
        }
        self.function = function
        schedule = try TimerSchedule(text)
        self.zone = zone
        self.app = app
        self.invoker = invoker
        storage = invoker.storage
        runOnStartup = trigger.tree.member(anyCase: "runOnStartup")?.boolean ?? false
        useMonitor = trigger.tree.member(anyCase: "useMonitor")?.boolean ?? true
    }

    var warning: String? { schedule.warning }

    private func listener(at now: Date) -> TimerState {
        TimerState(
            schedule, in: zone, runOnStartup: runOnStartup, useMonitor: useMonitor,
            stored: storage.timers[function.name], at: now)
    }

    /// The value for a run by hand, which does not change the schedule.
    func valueByHand(at now: Date) -> NewtonsoftValue { listener(at: now).infoByHand.value(in: zone) }

    func start() {
        guard running == nil else { return }
        running = EventLoop.main.task { await self.run() }
    }

    func stop() { running?.cancel() }

    /// A changed clock is noticed within this time, in seconds.
    private static let longestSleep: TimeInterval = 3600

    private func run() async {
        var listener = listener(at: Date())
        if listener.storedIsAhead {
            invoker.tell(
                .warning(
                    "\(function.name): .luafunc/timers.json has a time that has not come yet, so the clock was ahead when "
                        + "it was written; the timer counts from now"))
        }
        keep(listener)
        while let due = listener.due {
            let wait = min(due.timeIntervalSinceNow, Self.longestSleep)
            if wait > 0 {
                do { try await EventLoop.main.sleep(for: .seconds(wait)) } catch { return }
            }
            guard let info = listener.fire(at: Date()) else { continue }
            // A separate task, which continues if a save ends this one.
            _ = try? await EventLoop.main.task { await self.invoke(info) }.value
            listener.finish(at: Date())
            guard !Task.isCancelled else { return }
            keep(listener)
        }
    }

    private func invoke(_ info: TimerInfo) async {
        let payload = function.triggerBinding.payload(timer: info.value(in: zone))
        _ = await invoker.invoke(function, payload, cause: info.isPastDue ? "timer, past due" : "timer", in: app)
    }

    private func keep(_ listener: TimerState) {
        guard listener.isMonitored else { return }
        do {
            try storage.timers.set(listener.status, of: function.name)
        } catch {
            invoker.tell(.warning("\(error)"))
        }
    }
}
