import EventLoop
import FunctionsModel

/// When code of a function must have ended.
struct Deadline {
    /// How long code of a function may take, and where that limit was set.
    struct Limit {
        enum Source {
            /// `lua.timeLimit` in the function's function.json.
            case function
            /// `--time-limit`.
            case option
            /// `functionTimeout` in host.json.
            case host
            /// A saved change waits for the script to load.
            case reload
        }

        /// nil for no limit.
        let duration: Duration?
        let source: Source
        /// The duration in nanoseconds, for each invocation.
        private let nanoseconds: Int64

        init(_ duration: Duration?, _ source: Source) {
            self.duration = duration
            self.source = source
            nanoseconds = duration?.saturatingNanoseconds ?? .max
        }

        /// The first of these that is set; without any, host.json's.
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

        /// What a failure says when the time is over.
        func message(for function: Function) -> String {
            let text = "\(duration ?? .zero)"
            let own = "\"lua\": { \"timeLimit\" } in \(function.directory)/function.json"
            return switch source {
            case .reload: "the script is not loaded within \(text); leave what takes long to the handler"
            case .function: "the time limit is over (\(text)); raise \(own)"
            case .option: "the time limit is over (\(text)); raise --time-limit, or \(own)"
            case .host: "the time limit is over (\(text)); raise \"functionTimeout\" in host.json"
            }
        }
    }

    let limit: Limit
    /// `distantFuture` for no limit.
    private(set) var time: MonotonicTime

    /// Begins now.
    init(_ limit: Limit) {
        self.limit = limit
        time = limit.end
    }

    var isNever: Bool { time == .distantFuture }
    var hasPassed: Bool { !isNever && time <= .now }
    /// In nanoseconds of the monotonic clock.
    var nanoseconds: Int64 { time.nanoseconds }
    /// In seconds; infinite for no limit.
    var left: Double { isNever ? .infinity : (time - .now) / .seconds(1) }

    /// Gives the whole time again: a streamed response may go on as long as it never stops for that long.
    mutating func extend() { time = limit.end }
}
