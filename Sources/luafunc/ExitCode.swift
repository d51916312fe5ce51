import Glibc
import Log

/// How a command ends (sysexits.h). Thrown once its reason was printed.
struct ExitCode: Error, Equatable {
    let number: Int32

    static let success = ExitCode(number: 0)
    static let failure = ExitCode(number: 1)
    /// The command line cannot be followed.
    static let usage = ExitCode(number: 64)
    /// The app folder or its host.json cannot be used.
    static let badApp = ExitCode(number: 65)
    /// The address cannot be bound.
    static let cannotBind = ExitCode(number: 69)
    /// Stopped by a signal while hosted: an exit code of 0 would leave the host without a handler (host-contract §4.1).
    static let stoppedByHost = ExitCode(number: 143)
}

extension ExitCode {
    /// Ends the process at once. `exit` would wait for the thread pool of libuv and clean up what running loops use.
    func end() -> Never {
        // A reader that stalls does not keep a stopped program alive.
        LogSink.standard.flush(limit: .seconds(1))
        _exit(number)
    }

    /// Says why a command failed, and ends as that failure does.
    static func end(_ error: any Error) -> Never {
        switch error {
        case let code as ExitCode: code.end()
        case is UsageError:
            Console.printError("\(error)")
            usage.end()
        default:
            Console.printError("luafunc: \(error)")
            failure.end()
        }
    }
}
