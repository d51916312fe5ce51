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
                file, at: tree.place, "\"retry\" needs a \"strategy\" of fixedDelay or exponentialBackoff")
        }
        func piece(_ key: String) throws(Problem) -> JSONTree {
            // To .NET, an empty text is no time.
            guard let piece = tree.member(anyCase: key), piece.configured != "" else {
                throw Problem(file, at: tree.place, "\"retry\" with the strategy \(strategy) needs \"\(key)\"")
            }
            return piece
        }
        let count = try piece("maxRetryCount")
        guard let number = count.configured.flatMap({ Int64($0) }), number >= -1, number <= 1 << 31 else {
            throw Problem(file, at: count.place, "\"maxRetryCount\" must be a whole number, or -1 to retry forever")
        }
        maxRetryCount = number == -1 ? nil : Int(number)
        var intervals: [Duration] = []
        for key in needed {
            let interval = try piece(key)
            guard let span = try? TimeSpan.newtonsoft(interval.value), span.ticks >= 0 else {
                throw Problem(file, at: interval.place, "\"\(key)\" must be a time such as \"00:00:10\"")
            }
            intervals.append(span.duration)
        }
        minimum = intervals.first ?? .zero
        maximum = intervals.last ?? .zero
        guard minimum <= maximum else {
            throw Problem(
                file, at: tree.place, "The minimumInterval must not be greater than the maximumInterval; exchange them"
            )
        }
    }

    /// The delay before the given retry, from 1. With exponentialBackoff, the first delay is the minimum, and what comes
    /// on top of it doubles from retry to retry, as in the WebJobs SDK's `RandomizedExponentialBackoffStrategy`.
    ///
    /// - Parameter random: from 0.8 to 1.2.
    public func delay(before retry: Int, random: Double = .random(in: 0.8...1.2)) -> Duration {
        guard retry > 1 else { return min(minimum, maximum) }
        let least = minimum / .seconds(1)
        // The exponent stays below that of an infinite number.
        let seconds = least * (1 + random * Double(sign: .plus, exponent: min(retry - 2, 900), significand: 1))
        return seconds < maximum / .seconds(1) ? .seconds(seconds) : maximum
    }
}
