import ArgumentParser
import CustomHandler
import FoundationEssentials
import Logging

/// Which app a command works on.
struct AppOptions: ParsableArguments {
    @Option(help: "The app folder, with host.json. (default: FUNCTIONS_APP_ROOT_PATH, else the working folder)")
    var app: String?

    var choice: AppChoice { AppChoice(app: app) }
}

struct AppChoice {
    /// The folder that was given.
    var app: String?

    /// The folder given, else the app inside the program, else where the host says or the person stands.
    func source(_ settings: Settings) throws -> AppSource {
        if app == nil, let archive = try AppArchive.carried {
            return .archive(archive.files, of: CommandLine.arguments[0])
        }
        return .folder(folder(settings))
    }

    /// Where things belong that are not part of the app.
    func folder(_ settings: Settings) -> String {
        app ?? settings.appRoot ?? FileManager.default.currentDirectoryPath
    }
}

/// The limits of a handler's invocations.
struct LimitOptions: ParsableArguments {
    @Option(help: "Memory of one Lua VM, such as 32MB. (default: 64MB)", transform: Parse.bytes)
    var memoryLimit: Int?
    @Option(
        help: "Time of one invocation, such as 10s. (default: host.json's functionTimeout less a margin)",
        transform: Parse.time)
    var timeLimit: Duration?

    func validate() throws {
        if let memoryLimit, memoryLimit < ByteCount.leastMemoryLimit {
            throw ValidationError("--memory-limit must be at least 1MB")
        }
    }

    /// For a handler that is started with them.
    var arguments: [String] {
        var arguments: [String] = []
        if let memoryLimit { arguments += ["--memory-limit", "\(memoryLimit)"] }
        if let timeLimit { arguments += ["--time-limit", "\(timeLimit / .milliseconds(1))ms"] }
        return arguments
    }
}

struct LogOptions: ParsableArguments {
    @Option(help: "Least level that is written.")
    var logLevel = LogLevel.info
    @Option(help: "How log lines look.")
    var logFormat = LogFormat.text

    var logger: Logger { Self.logger(logLevel, logFormat) }

    static func logger(_ level: LogLevel, _ format: LogFormat) -> Logger {
        Logger(label: "luafunc") { _ in ConsoleLogHandler(logLevel: level.level, format: format) }
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

extension AppArchive {
    /// The app inside this program; nil for a plain one.
    static var carried: AppArchive? {
        get throws {
            do throws(PackError) {
                return try read()
            } catch {
                Console.printError("luafunc: \(error)")
                throw ExitCode.badApp
            }
        }
    }
}

extension AppSource {
    /// Whether a save can change the app.
    var changes: Bool { if case .folder = self { true } else { false } }
}
