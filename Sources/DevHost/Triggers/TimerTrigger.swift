import EventLoop
import FoundationEssentials
import FunctionsModel
import JSON

/// A timer trigger (host-contract §6.7).
struct TimerTrigger: Trigger {
    static let type = BindingType.timerTrigger
    static let needsInput = false

    fileprivate let text: String
    let schedule: TimerSchedule
    private let runOnStartup: Bool
    private let useMonitor: Bool

    init(_ binding: Binding) throws(PropertyError) {
        (text, schedule) = try binding.property("schedule") { ($0, try TimerSchedule($0)) }
        runOnStartup = binding.tree.member(anyCase: "runOnStartup")?.boolean ?? false
        useMonitor = binding.tree.member(anyCase: "useMonitor")?.boolean ?? true
    }

    var source: String? { text }

    func listener(for target: TriggerTarget) -> (any TriggerListener)? { TimerListener(self, target) }

    fileprivate func state(stored: TimerStatus?, in zone: LocalTime, at now: Date) -> TimerState {
        TimerState(schedule, in: zone, runOnStartup: runOnStartup, useMonitor: useMonitor, stored: stored, at: now)
    }

    /// A run by hand does not change the schedule.
    static func payload(byHand run: RunByHand, for trigger: TriggerBinding) throws -> InvocationPayload {
        let state = try Self(run.binding).state(stored: run.storage.timers[trigger.function], in: run.zone, at: run.now)
        return trigger.payload(timer: state.infoByHand.value(in: run.zone))
    }

    static func payload(of sample: SampleEvent, for trigger: TriggerBinding) throws -> InvocationPayload {
        let state = try Self(sample.binding).state(stored: nil, in: .utc, at: sample.now)
        var info = state.infoByHand
        info.isPastDue = sample.isPastDue
        return trigger.payload(timer: info.value(in: .utc))
    }
}

extension TriggerBinding {
    /// - Parameter schedule: the whole object that the function gets.
    func payload(timer schedule: NewtonsoftValue) -> InvocationPayload { InvocationPayload(self, .json(schedule)) }
}

/// Runs a function on its schedule.
@MainLoop
private final class TimerListener: TriggerListener {
    private let trigger: TimerTrigger
    private let target: TriggerTarget
    private var running: Task<Void, any Error>?
    private var hadNoPause = false
    private var failure = RepeatedError()

    init(_ trigger: TimerTrigger, _ target: TriggerTarget) {
        self.trigger = trigger
        self.target = target
    }

    func start() {
        guard running == nil else { return }
        for (text, remedy) in trigger.schedule.warnings {
            let text = [text, remedy].compactMap(\.self).joined(separator: "; ")
            target.invoker.tell(.warning("\(target.function.name): \(text)"))
        }
        if trigger.schedule.isNever {
            target.invoker.tell(.error("\(target.function.name): the schedule '\(trigger.text)' never comes"))
        }
        running = EventLoop.main.task { await self.run() }
    }

    func stop() { running?.cancel() }

    /// A changed clock is noticed within this time, in seconds.
    private static let longestSleep: TimeInterval = 3600

    private func run() async {
        var state = trigger.state(stored: target.storage.timers[target.function.name], in: target.zone, at: Date())
        if state.storedIsAhead {
            target.invoker.tell(
                .warning(
                    "\(target.function.name): .luafunc/timers.json has a time in the future, so the clock was ahead when "
                        + "it was written; the timer counts from now"))
        }
        keep(state)
        while let due = state.due {
            let wait = min(due.timeIntervalSinceNow, Self.longestSleep)
            if wait > 0 {
                do { try await EventLoop.main.sleep(for: .seconds(wait)) } catch { return }
            }
            guard let info = state.fire(at: Date()) else { continue }
            // The invocation is a separate task, which continues if a save ends this one.
            _ = try? await EventLoop.main.task { await self.invoke(info) }.value
            state.finish(at: Date())
            guard !Task.isCancelled else { return }
            warnOfMissingPause(state)
            keep(state)
        }
    }

    /// Warns once each time that the pauses end.
    private func warnOfMissingPause(_ state: TimerState) {
        defer { hadNoPause = state.hasNoPause }
        guard state.hasNoPause, !hadNoPause else { return }
        target.invoker.tell(
            .warning(
                "\(target.function.name): the next time of '\(trigger.text)' is not after now, so the function runs again "
                    + "and again without pause, as in Azure"))
    }

    private func invoke(_ info: TimerInfo) async {
        let payload = target.function.triggerBinding.payload(timer: info.value(in: target.zone))
        _ = await target.invoke(payload, cause: info.isPastDue ? "timer, past due" : "timer")
    }

    private func keep(_ state: TimerState) {
        guard state.isMonitored else { return }
        do {
            try target.storage.timers.set(state.status, of: target.function.name)
            failure.end()
        } catch {
            // This may happen every second.
            if let text = failure.news(error) { target.invoker.tell(.warning(text)) }
        }
    }
}
