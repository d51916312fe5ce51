import Files
import FunctionsModel

/// The app that a command works on.
struct AppChoice {
    /// The folder that was given.
    var app: String?

    static let option = Option(
        "app", .app, "The app folder, with host.json.",
        default: "FUNCTIONS_APP_ROOT_PATH, else the working folder")

    /// The same for commands that take the folder without an option, too.
    static let operand = Operand(
        "dir", ValueOf.app, "The app folder, in place of --app.", isOptional: true)

    /// - Parameter isHidden: for `serve`, to which `start` passes the choice on.
    static func functionsOption(isHidden: Bool = false) -> RepeatedOption<String> {
        RepeatedOption(
            "functions", .function, "Load only these functions, such as --functions hello order.", takesList: true,
            isHidden: isHidden)
    }

    /// The functions to load; nil for all. Names may also be separated by commas.
    static func functions(_ arguments: Arguments) -> [String]? {
        let words = arguments[functionsOption()]
        guard !words.isEmpty else { return nil }
        return words.flatMap { word in
            let names = word.split(separator: ",").map(String.init)
            // An empty name is refused like an unknown one.
            return names.isEmpty ? [word] : names
        }
    }

    init() {}
    init(_ arguments: Arguments) { app = arguments[Self.option] ?? arguments[Self.operand] }

    /// Throws if the folder was given twice, or is an empty text.
    static func check(_ arguments: Arguments) throws {
        if let first = arguments[option], let second = arguments[operand] {
            throw UsageError(
                .other("the app folder is given twice: '\(second)' and --app '\(first)'; give one of them"))
        }
        if AppChoice(arguments).app == "" { throw UsageError(.other("the name of the app folder is empty")) }
    }

    /// The advice on an argument of a command that takes the app folder only with `--app`.
    static func advice(on word: String) -> String? {
        File.kind(of: word) == .folder ? "write --app \(word.shellWord)" : nil
    }

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
