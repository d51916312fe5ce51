import Glibc
import Log

/// The exit code of a command (sysexits.h). Thrown after its reason was printed.
struct ExitCode: Error, Equatable {
    let number: Int32

    static let success = ExitCode(number: 0)
    static let failure = ExitCode(number: 1)
    /// The command line is invalid.
    static let usage = ExitCode(number: 64)
    /// The app folder or its host.json is unusable.
    static let badApp = ExitCode(number: 65)
    /// The address cannot be bound.
    static let cannotBind = ExitCode(number: 69)
    /// Stopped by a signal while hosted: an exit code of 0 would leave the host without a handler (host-contract §4.1).
    static let stoppedByHost = ExitCode(number: 143)
}

extension ExitCode {
    /// Ends the process at once. `exit` would wait for libuv's thread pool and clean up objects that running loops use.
    func end() -> Never {
        // A stalled reader must not keep a stopped program alive.
        LogSink.standard.flush(limit: .seconds(1))
        _exit(number)
    }

    /// Prints why a command failed, and exits with that failure's code.
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
