import Patterns
import Synchronization

/// A regular expression of a route.
final class RoutePattern: Sendable {
    let text: String
    /// The pattern in PCRE2's dialect, or why .NET refuses it.
    private let pattern: Result<Pattern, RefusedPattern>
    private let hasGivenUp = Atomic(false)
    private let isTold = Atomic(false)

    /// Throws if .NET reads the pattern but PCRE2 cannot.
    init(_ text: String) throws(RouteConstraint.Reason) {
        self.text = text
        do throws(DotNetPattern.Failure) {
            pattern = .success(try DotNetPattern(text).compiled())
        } catch {
            guard case .refused(let reason) = error else { throw .pattern(text, reason: error.reason) }
            pattern = .failure(RefusedPattern(text: text, reason: reason))
        }
    }

    /// Why .NET refuses the pattern; nil if it does not.
    var refusal: RefusedPattern? { if case .failure(let refusal) = pattern { refusal } else { nil } }

    /// Whether the value matches. A value that takes too many steps does not; .NET would try for ten seconds and then
    /// fail the request.
    func accepts(_ value: Span<UInt8>) throws(RefusedPattern) -> Bool {
        switch try match(value) {
        case .found: return true
        case .none: return false
        case .tooHard:
            hasGivenUp.store(true, ordering: .relaxed)
            return false
        }
    }

    private func match(_ value: Span<UInt8>) throws(RefusedPattern) -> Pattern.Match {
        let pattern = try pattern.get()
        guard DotNetPattern.mustMap(value) else { return pattern.match(value) }
        return pattern.match(DotNetPattern.mapped(value).utf8Span.span)
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

/// A pattern that .NET cannot read. The host loads its route, but every request that reaches it fails (host-contract
/// §12).
struct RefusedPattern: Error, Equatable, CustomStringConvertible {
    let text: String
    let reason: String

    var description: String {
        ".NET cannot read the pattern '\(text)': \(reason). The host loads such a route, but answers 500 to every "
            + "request that reaches it"
    }
}
