import ArgumentParser
import CustomHandler
import FoundationEssentials
import Logging

/// Which app a command works on.
struct AppOptions: ParsableArguments {
    @Option(
        name: .customLong("app"),
        help: "The app folder, with host.json. (default: FUNCTIONS_APP_ROOT_PATH, else the working folder)")
    var folder: String?

    func root(_ settings: Settings) -> String {
        folder ?? settings.appRoot ?? FileManager.default.currentDirectoryPath
    }
}

struct LogOptions: ParsableArguments {
    @Option(help: "Least level that is written.")
    var logLevel = LogLevel.info
    @Option(help: "How log lines look.")
    var logFormat = LogFormat.text

    var logger: Logger {
        Logger(label: "luafunc") { [logLevel, logFormat] _ in
            ConsoleLogHandler(logLevel: logLevel.level, format: logFormat)
        }
    }
}

extension LogFormat: ExpressibleByArgument {}

/// The levels a script can log at, by the names it uses.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
    case debug, info, warn, error

    var level: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warn: .warning
        case .error: .error
        }
    }
}

/// Texts of options that carry a unit.
enum Parse {
    static func bytes(_ text: String) throws -> Int {
        guard let bytes = ByteCount.parse(text) else { throw ValidationError("'\(text)' is not a size such as 64MB") }
        return bytes
    }

    static func time(_ text: String) throws -> Duration {
        guard let time = TimeLimit.parse(text) else { throw ValidationError("'\(text)' is not a time such as 10s") }
        return time
    }
}
