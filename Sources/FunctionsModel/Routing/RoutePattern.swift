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

    /// Whether the value matches. A value that takes too many steps does not; .NET would try for ten seconds and then
    /// fail the request.
    func accepts(_ value: Span<UInt8>) -> Bool {
        switch pattern.match(value) {
        case .found: return true
        case .none: return false
        case .tooHard:
            hasGivenUp.store(true, ordering: .relaxed)
            return false
        }
    }

    /// Whether a value took too many steps and this was not reported yet. It returns true only once, so that a caller
    /// cannot fill the log.
    func hasNews() -> Bool {
        hasGivenUp.load(ordering: .relaxed) && !isTold.exchange(true, ordering: .relaxed)
    }
}

extension RoutePattern: Equatable {
    static func == (first: RoutePattern, second: RoutePattern) -> Bool { first.text == second.text }
}
