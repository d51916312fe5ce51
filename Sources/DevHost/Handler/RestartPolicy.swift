/// The host's reaction to the end of the handler's process (host-contract §4.1, §4.2).
struct RestartPolicy: Sendable {
    enum Decision: Equatable, Sendable {
        /// The host does nothing. Later invocations fail, because no handler listens.
        case leave
        case restart
        /// The host itself stops.
        case stop
    }

    /// The host stops at the third crash if each came within this time of the previous one.
    static let memory = Duration.seconds(30 * 60)
    static let strikes = 3

    private var crashes = 0
    private var last: ContinuousClock.Instant?

    /// - Parameters:
    ///   - code: the exit code; nil if a signal ended the process or it did not listen in time.
    ///   - wasReady: whether the process has listened. One that ends before is a crash, even with code 0.
    mutating func decide(exit code: Int32?, wasReady: Bool, at now: ContinuousClock.Instant) -> Decision {
        switch code {
        case 0 where wasReady: return .leave
        case 200: return .restart
        default:
            if let last, last.duration(to: now) > Self.memory { crashes = 0 }
            crashes += 1
            last = now
            return crashes == Self.strikes ? .stop : .restart
        }
    }
}
