package import FunctionsModel
import JSON

/// Finds errors in a function's bindings that the host would find only when it listens or writes, without running the
/// function.
package struct BindingCheck {
    /// Why the host could not use a binding.
    package private(set) var problems: [Problem] = []
    /// The same for `luafunc check`, and what it says about schedules. A property or an app setting that is missing is
    /// among the app's own findings.
    package private(set) var findings: [Finding] = []
    private let function: Function

    package init(_ function: Function) { self.init(function, .known) }

    init(_ function: Function, _ known: LocalBindings) {
        self.function = function
        for binding in function.bindings {
            do throws(PropertyError) {
                if binding.isTrigger {
                    let trigger = try known.trigger(binding).init(binding)
                    if let timer = trigger as? TimerTrigger { check(timer.schedule, of: binding) }
                } else {
                    _ = try known.stored(binding)
                }
            } catch {
                problems.append(Problem(error, in: function))
                guard error.kind == .value || error.kind == .missing && !binding.type.declaresNeeds else { continue }
                let rule: Rule = binding.type == .timerTrigger ? .schedule : .wrongValue
                findings.append(Finding(.error, Problem(error, in: function), rule, function: function.name))
            }
        }
    }

    private mutating func check(_ schedule: TimerSchedule, of binding: Binding) {
        func add(_ severity: Finding.Severity, _ message: String, _ remedy: String? = nil) {
            findings.append(
                Finding(
                    severity, .schedule, function.file,
                    at: binding.tree.member(anyCase: "schedule")?.place, "binding '\(binding.name)': \(message)",
                    remedy: remedy, function: function.name))
        }
        if schedule.isNever {
            add(.error, "the schedule never comes, as no month has such a day", "correct the day or the month")
        }
        for warning in schedule.warnings { add(.warning, warning.text, warning.remedy) }
        if !schedule.adjustsForDST {
            add(
                .note, "Azure accepts a time span as schedule only in a plan whose machines always run",
                "write an expression such as \"0 */5 * * * *\" for other plans")
        }
    }
}

extension Problem {
    init(_ error: PropertyError, in function: Function) {
        self.init(function.file, at: error.place, "\(error)")
    }
}
