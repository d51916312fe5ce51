/// The reason why an invocation got no answer.
enum InvocationError: Error, CustomStringConvertible {
    case noHandler(String)
    case broken(String)
    case timedOut(Duration)
    case status(Int)

    var description: String {
        switch self {
        case .noHandler(let reason): "there is no handler: \(reason)"
        case .broken(let reason): "the connection to the handler was lost: \(reason)"
        case .status(let status):
            "status \(status) cannot be sent to a caller: it must be a number from 200 to 999"
        case .timedOut(let limit):
            "Timeout value of \(limit) was exceeded; the host kills the handler, and with it every other invocation. "
                + "functionTimeout in host.json is the limit"
        }
    }
}
