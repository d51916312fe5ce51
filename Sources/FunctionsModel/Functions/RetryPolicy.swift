import JSON

/// How often and how soon the host retries a failed invocation (host-contract §10).
public struct RetryPolicy: Sendable, Equatable {
    /// nil if the host retries forever.
    public let maxRetryCount: Int?
    private let minimum: Duration
    private let maximum: Duration

    /// Throws for an incomplete policy, for which the host refuses the function.
    init?(_ tree: JSONTree?, file: String) throws(Problem) {
        guard let tree else { return nil }
        let strategy = tree.member(anyCase: "strategy")?.string ?? ""
        let needed: [String]
        switch strategy.lowercased() {
        case "fixeddelay": needed = ["delayInterval"]
        case "exponentialbackoff": needed = ["minimumInterval", "maximumInterval"]
        default:
            throw Problem(
                file, line: tree.line, "\"retry\" needs a \"strategy\" of fixedDelay or exponentialBackoff")
        }
        func piece(_ key: String) throws(Problem) -> JSONTree {
            guard let piece = tree.member(anyCase: key) else {
                throw Problem(file, line: tree.line, "\"retry\" with the strategy \(strategy) needs \"\(key)\"")
            }
            return piece
        }
        let count = try piece("maxRetryCount")
        guard let number = count.integer ?? count.string.flatMap({ Int64($0) }), number >= -1, number <= 1 << 31 else {
            throw Problem(file, line: count.line, "\"maxRetryCount\" must be a whole number, or -1 to retry forever")
        }
        maxRetryCount = number == -1 ? nil : Int(number)
        var intervals: [Duration] = []
        for key in needed {
            let interval = try piece(key)
            guard let span = TimeSpan((interval.string ?? "")[...]), span.seconds >= 0 else {
                throw Problem(file, line: interval.line, "\"\(key)\" must be a time such as \"00:00:10\"")
            }
            intervals.append(span.duration)
        }
        minimum = intervals.first ?? .zero
        maximum = intervals.last ?? .zero
    }

    /// The delay before the given retry, from 1: the same each time, or doubled each time.
    public func delay(before retry: Int) -> Duration {
        var delay = minimum
        var doublings = retry - 1
        // The loop ends after at most 63 steps, because .NET counts a time span in 64 bits.
        while doublings > 0, delay > .zero, delay < maximum {
            delay += delay
            doublings -= 1
        }
        return min(delay, maximum)
    }
}
