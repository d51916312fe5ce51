import Glibc
import Log

/// The exit code of a command (sysexits.h). It is thrown after the reason was printed.
struct ExitCode: Error, Equatable {
    let number: Int32

    static let success = ExitCode(number: 0)
    static let failure = ExitCode(number: 1)
    /// The command line is invalid.
    static let usage = ExitCode(number: 64)
    /// The app folder or its host.json is unusable.
    static let badApp = ExitCode(number: 65)
    /// The port is in use, or the address is invalid.
    static let cannotBind = ExitCode(number: 69)
    /// Stopped by a signal, or because standard input has ended. Under the host, code 0 would leave the host without a
    /// handler (host-contract §4.1).
    static var stopped: ExitCode { Settings.current.isHosted ? ExitCode(number: 143) : success }
}

extension ExitCode {
    /// Ends the process immediately. `exit` would wait for libuv's thread pool and destroy objects that running loops
    /// use.
    func end() -> Never {
        // A reader of the output that stalls must not keep a stopped program alive.
        LogSink.standard.flush(limit: .seconds(1))
        _exit(number)
    }

    /// Prints the reason why a command failed, and exits with the code of that failure.
    static func end(_ error: any Error) -> Never {
        switch error {
        case let code as ExitCode: code.end()
        case is UsageError:
            Console.printError("\(error)")
            usage.end()
        case is CancellationError:
            stopped.end()
        default:
            Console.printError("luafunc: \(error)")
            failure.end()
        }
    }
}
