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
            /// The limit for loading a script while a saved change or `check` waits for it.
            case reload
            /// The limit of a test, in real time.
            case test
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

        func end(from now: @autoclosure () -> MonotonicTime) -> MonotonicTime {
            guard duration != nil else { return .distantFuture }
            let (sum, overflows) = now().nanoseconds.addingReportingOverflow(nanoseconds)
            return overflows ? .distantFuture : MonotonicTime(nanoseconds: sum)
        }

        /// The message of a failure when the time is over.
        func message(for function: Function) -> String {
            let text = "\(duration ?? .zero)"
            return switch source {
            case .reload: "the script did not load within \(text); move slow work into the handler"
            case .test:
                "the test did not end within \(text) of real time; look for a loop without an end, or a wait for "
                    + "something that never comes"
            case .function:
                "the time limit of \(text) was exceeded; raise \"lua\": { \"timeLimit\" } in \(function.file)"
            case .option:
                "the time limit of \(text) was exceeded; raise "
                    + function.places(ofLimit: "timeLimit", option: "--time-limit")
            case .host: "the time limit of \(text) was exceeded; raise \"functionTimeout\" in host.json"
            }
        }
    }

    let limit: Limit
    /// `distantFuture` for no limit.
    private(set) var time: MonotonicTime

    /// Creates a deadline whose time begins now.
    init(_ limit: Limit, at now: @autoclosure () -> MonotonicTime = .now) {
        self.limit = limit
        time = limit.end(from: now())
    }

    var isNever: Bool { time == .distantFuture }
    func hasPassed(at now: MonotonicTime = .now) -> Bool { !isNever && time <= now }
    /// In nanoseconds of the monotonic clock.
    var nanoseconds: Int64 { time.nanoseconds }
    /// In seconds; infinite for no limit.
    func left(at now: MonotonicTime) -> Double { isNever ? .infinity : (time - now) / .seconds(1) }

    /// Restarts the time. A streamed response may continue without end, as long as it never pauses for the whole time.
    ///
    /// - Parameter latest: the time beyond which it does not go on; nil for no limit.
    mutating func extend(at now: MonotonicTime, until latest: MonotonicTime? = nil) {
        let end = limit.end(from: now)
        time = latest.map { min(end, max($0, time)) } ?? end
    }
}
