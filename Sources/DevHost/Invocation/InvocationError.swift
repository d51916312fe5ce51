/// The reason why an invocation got no answer.
enum InvocationError: Error, CustomStringConvertible {
    case noHandler(String)
    case broken(String)
    /// The host was stopped.
    case stopped
    case timedOut(Duration)
    /// The answer came after the limit, but before the host kills the handler.
    case late(Duration)

    var description: String {
        switch self {
        case .noHandler(let reason): "there is no handler: \(reason)"
        case .broken(let reason): "the connection to the handler was lost: \(reason)"
        case .stopped: "the host was stopped before the handler answered"
        case .timedOut(let limit):
            "Timeout value of \(limit) was exceeded; the host kills the handler, and with it every other invocation. "
                + "functionTimeout in host.json is the limit"
        case .late(let limit):
            "Timeout value of \(limit) was exceeded; the answer came just before the host would have killed the handler. "
                + "functionTimeout in host.json is the limit"
        }
    }
}
