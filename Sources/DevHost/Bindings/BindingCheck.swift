public import FunctionsModel
import JSON

/// Finds errors in a function's bindings that the host would find only when it listens or writes, without running the
/// function.
public struct BindingCheck {
    public private(set) var problems: [Problem] = []

    public init(_ function: Function, _ known: LocalBindings = .known) {
        for binding in function.bindings {
            do throws(PropertyError) {
                if binding.isTrigger {
                    _ = try known.trigger(binding).init(binding)
                } else {
                    _ = try known.stored(binding)
                }
            } catch {
                problems.append(Problem(error, in: function))
            }
        }
    }
}

extension Problem {
    init(_ error: PropertyError, in function: Function) {
        self.init("\(function.directory)/function.json", line: error.line, "\(error)")
    }
}
