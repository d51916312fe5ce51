import EventLoop
import FunctionsModel

/// The time by which the code of an invocation must have ended.
struct Deadline {
    /// The time that a function's code may take, and where that limit was set.
    struct Limit {
        enum Source {
            /// `lua.timeLimit` in the function's function.json.
            case function
            /// `--time-limit`.
            case option
            /// `functionTimeout` in host.json.
            case host
            /// The limit for loading a script while a saved change waits for it.
            case reload
        }

        /// nil for no limit.
        let duration: Duration?
        let source: Source
        /// The duration in nanoseconds, converted once so that no invocation has to convert it.
        private let nanoseconds: Int64

        init(_ duration: Duration?, _ source: Source) {
            self.duration = duration
            self.source = source
            nanoseconds = duration?.saturatingNanoseconds ?? .max
        }

        /// The limit of the function, else of the options, else of host.json.
        init(_ function: Function, _ options: InvocationOptions, _ host: HostJSON) {
            if let limit = function.limits.time {
                self.init(limit, .function)
            } else if let limit = options.timeLimit {
                self.init(limit, .option)
            } else {
                self.init(host.invocationTimeLimit, .host)
            }
        }

        fileprivate var end: MonotonicTime {
            guard duration != nil else { return .distantFuture }
            let (sum, overflows) = MonotonicTime.now.nanoseconds.addingReportingOverflow(nanoseconds)
            return overflows ? .distantFuture : MonotonicTime(nanoseconds: sum)
        }

        /// The message of a failure when the time is over.
        func message(for function: Function) -> String {
            let text = "\(duration ?? .zero)"
            let own = "\"lua\": { \"timeLimit\" } in \(function.directory)/function.json"
            return switch source {
            case .reload: "the script did not load within \(text); move slow work into the handler"
            case .function: "the time limit of \(text) was exceeded; raise \(own)"
            case .option: "the time limit of \(text) was exceeded; raise --time-limit, or \(own)"
            case .host: "the time limit of \(text) was exceeded; raise \"functionTimeout\" in host.json"
            }
        }
    }

    let limit: Limit
    /// `distantFuture` for no limit.
    private(set) var time: MonotonicTime

    /// Creates a deadline whose time begins now.
    init(_ limit: Limit) {
        self.limit = limit
        time = limit.end
    }

    var isNever: Bool { time == .distantFuture }
    func hasPassed(at now: MonotonicTime = .now) -> Bool { !isNever && time <= now }
    /// In nanoseconds of the monotonic clock.
    var nanoseconds: Int64 { time.nanoseconds }
    /// In seconds; infinite for no limit.
    var left: Double { isNever ? .infinity : (time - .now) / .seconds(1) }

    /// Restarts the time. A streamed response may continue without end, as long as it never pauses for the whole time.
    mutating func extend() { time = limit.end }
}
