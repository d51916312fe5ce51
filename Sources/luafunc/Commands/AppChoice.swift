import Files
import FunctionsModel

/// The app that a command works on.
struct AppChoice {
    /// The folder that was given.
    var app: String?

    static let option = Option(
        "app", .folder(), "The app folder, with host.json.",
        default: "FUNCTIONS_APP_ROOT_PATH, else the working folder")

    init() {}
    init(_ arguments: Arguments) { app = arguments[Self.option] }

    /// The app: the given folder; without one, the embedded app; without one, the host's folder or the working folder.
    func source(_ settings: Settings) throws -> AppSource {
        if app == nil, let archive = try AppArchive.carried {
            return .archive(archive.files, of: CommandLine.arguments[0])
        }
        return .folder(folder(settings))
    }

    /// The folder for files that are not part of the app.
    func folder(_ settings: Settings) -> String { app ?? settings.appRoot ?? Folder.current ?? "." }
}

extension AppArchive {
    /// The app embedded in this program; nil for a program without one.
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

extension AppLoader {
    /// Loads the app. If that fails, it prints the reason.
    ///
    /// - Parameter earlier: used if the host would refuse the present host.json.
    func loadOrTell(earlier: HostJSON? = nil) throws(ExitCode) -> FunctionApp {
        do throws(Problem) {
            return try load(earlier: earlier)
        } catch {
            Console.printError("luafunc: \(error)")
            throw ExitCode.badApp
        }
    }
}

extension AppSource {
    /// Whether a save can change the app.
    var changes: Bool { if case .folder = self { true } else { false } }
}
