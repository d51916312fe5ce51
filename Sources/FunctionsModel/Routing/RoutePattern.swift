import Patterns
import Synchronization

/// A regular expression of a route.
final class RoutePattern: Sendable {
    private let pattern: Pattern
    private let hasGivenUp = Atomic(false)
    private let isTold = Atomic(false)

    init(_ text: String) throws(RouteConstraint.Reason) {
        do throws(PatternError) {
            pattern = try Pattern(text)
        } catch {
            throw .pattern(text, error)
        }
    }

    var text: String { pattern.text }

    /// Refuses a value that takes too many steps: .NET would match for ten seconds and then fail the request.
    func accepts(_ value: Span<UInt8>) -> Bool {
        switch pattern.match(value) {
        case .found: return true
        case .none: return false
        case .tooHard:
            hasGivenUp.store(true, ordering: .relaxed)
            return false
        }
    }

    /// Whether a value took too many steps and that is not reported yet. True only once, so that a caller cannot fill
    /// the log.
    func hasNews() -> Bool {
        hasGivenUp.load(ordering: .relaxed) && !isTold.exchange(true, ordering: .relaxed)
    }
}

extension RoutePattern: Equatable {
    static func == (first: RoutePattern, second: RoutePattern) -> Bool { first.text == second.text }
}
