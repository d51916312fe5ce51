import Files
import FunctionsModel
import Glibc

/// The app settings that a command knows: the environment, which local.settings.json completes as with Core Tools and
/// .env after it, and above all what the command line gives.
struct AppSettings {
    let values: [String: String]

    static let option = RepeatedOption(
        "settings", .settings,
        "App settings: NAME=VALUE, or a file like local.settings.json. May be repeated.")

    /// - Parameter checksFiles: whether to print why local.settings.json or .env is unusable, and end, or what is doubtful
    ///   in it. For a check, that is one finding among others.
    init(_ arguments: Arguments, _ choice: AppChoice, checksFiles: Bool = false) throws {
        let environment = Settings.current
        let local = try Self.local(in: choice.folder(environment), throwsCode: checksFiles)
        var values = environment.values.merging(local) { own, _ in own }
        for text in arguments[Self.option] {
            if let index = text.firstIndex(of: "=") {
                values[String(text[..<index])] = String(text[text.index(after: index)...])
            } else {
                values.merge(try Self.read(text)) { $1 }
            }
        }
        self.values = values
    }

    private static func local(in folder: String, throwsCode: Bool) throws(ExitCode) -> [String: String] {
        do throws(Problem) {
            let values = try LocalSettings(root: folder).values
            if throwsCode {
                for warning in LocalSettings.warnings(root: folder) { Console.printError("warn  \(warning)") }
            }
            return values
        } catch {
            guard throwsCode else { return [:] }
            Console.printError("luafunc: \(error)")
            throw ExitCode.badApp
        }
    }

    private static func read(_ file: String) throws(ExitCode) -> [String: String] {
        do throws(Problem) {
            return try LocalSettings(file: file, named: file).values
        } catch {
            Console.printError("luafunc: \(error)")
            throw ExitCode.usage
        }
    }

    /// Puts the settings into this process's environment, from where scripts read them.
    func export() {
        for (name, value) in values where Settings.current.values[name] != value { setenv(name, value, 1) }
    }
}

extension ValueOf<String> {
    fileprivate static let settings = ValueOf(placeholder: "file|name=value", completion: .file) {
        text throws(ValueProblem) in
        guard text.first != "=" else { throw .unreadable("'\(text)' is neither NAME=VALUE nor a file") }
        return text
    }
}
