/// What the host does when the handler's process has ended (host-contract §4.1, §4.2).
struct RestartPolicy: Sendable {
    enum Decision: Equatable, Sendable {
        /// Nothing: later invocations find nobody who listens.
        case leave
        case restart
        /// The host itself stops.
        case stop
    }

    /// Three strikes, each within this time of the one before.
    static let memory = Duration.seconds(30 * 60)
    static let strikes = 3

    private var crashes = 0
    private var last: ContinuousClock.Instant?

    /// - Parameter code: the exit code; nil where a signal ended the process, or nothing listened in time.
    mutating func decide(exit code: Int32?, at now: ContinuousClock.Instant) -> Decision {
        switch code {
        case 0: return .leave
        case 200: return .restart
        default:
            if let last, last.duration(to: now) > Self.memory { crashes = 0 }
            crashes += 1
            last = now
            return crashes == Self.strikes ? .stop : .restart
        }
    }
}
