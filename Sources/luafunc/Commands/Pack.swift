import FunctionsModel
import Toolbox

extension Command {
    static let pack = Command(
        name: "pack", summary: "Make a deployable zip file, a folder, or one executable from an app.",
        discussion: """
            Leaves out tests (*_test.lua), local.settings.json, names that begin with a dot, and whatever .funcignore \
            or .gitignore names. In lua_modules, which many apps do not commit, only .funcignore counts.
            All other folders of the app are packed, except node_modules. Of the files beside them, only host.json is.

            Example: luafunc pack --zip app.zip
            """,
        options: [AppChoice.option, zip, executable, output, list, runtime, AppSettings.option],
        operands: [AppChoice.operand],
        validate: { arguments in
            try AppChoice.check(arguments)
            let products = [zip, executable, output].compactMap { arguments[$0] }
            if products.isEmpty == (arguments[list] == nil) {
                throw UsageError(
                    .other("say what to make: --zip FILE, --executable FILE or --output DIR; or only --list FILE"))
            }
        }
    ) { arguments in
        do {
            if let list = arguments[list] { try show(list) } else { try pack(arguments) }
        } catch let error as PackError {
            Console.printError("luafunc: \(error)")
            throw ExitCode.badApp
        }
    }

    private static let zip = Option("zip", .file, "Write a zip file for Azure.")
    private static let executable = Option("executable", .file, "Write one executable that serves the app.")
    private static let output = Option(
        "output", .folder(placeholder: "folder"), "Write a folder for Azure Functions Core Tools.")
    private static let list = Option("list", .file, "Show what an executable contains, and do nothing else.")
    private static let runtime = Option("runtime", .file, "The luafunc to deploy.", default: "this one")

    private static func show(_ path: String) throws {
        guard let archive = try AppArchive.read(from: path) else {
            Console.print("\(path) contains no app")
            return
        }
        let files = archive.files.sorted { $0.key < $1.key }.map { ($0.key, $0.value.count) }
        for line in PackReport.list(files) { Console.print(line) }
    }

    private static func pack(_ arguments: Arguments) throws {
        let choice = AppChoice(arguments)
        let root = choice.folder(Settings.current)
        let check = try AppCheck.run(.folder(root), try AppSettings(arguments, choice))
        FindingsPrinter(check).printErrors()
        // A mistake in local.settings.json or .env does not matter, because neither file is deployed.
        guard !check.findings.contains(where: { $0.severity == .error && $0.rule != .localSettings }) else {
            Console.printError("luafunc: nothing was packed; fix this first")
            throw ExitCode.badApp
        }
        let runtime = try ExecutableFile(arguments[runtime] ?? ExecutableFile.current)
        let app = try PackedApp(check.app)
        let files = try app.files(with: runtime)
        let folder = try arguments[output].map { try OutputFolder($0, app: root, files: files) }
        var products: [PackReport.Product] = []
        if let zip = arguments[zip] {
            let bytes = try ZipWriter.zip(files)
            try FileSystem.write([bytes], to: zip)
            products.append(.zip(zip, size: bytes.count))
        }
        if let output = arguments[output], let folder {
            try folder.write(files)
            products.append(.folder(output))
        }
        if let executable = arguments[executable] {
            try AppArchive.write(app.files, runtime: runtime, to: executable)
            products.append(.executable(executable))
        }
        let notes = app.notes + notes(check.app, runtime, executable: arguments[executable])
        Console.print(PackReport(files: files, notes: notes, products: products).text)
    }

    /// Notes about results that the app's author may not expect.
    private static func notes(_ app: FunctionApp, _ runtime: ExecutableFile, executable: String?) -> [String] {
        var notes: [String] = []
        let others = app.names.filter { app.functions[$0]?.isHTTP == false }
        if let executable, !others.isEmpty {
            notes.append(
                "only the Functions host or '\(executable) start' fires the triggers of "
                    + "\(others.joined(separator: ", ")); 'serve' answers only requests")
        }
        if runtime.isDynamic {
            notes.append(
                "the runtime needs shared libraries that Azure does not have; pack the static one, which "
                    + "scripts/build-release makes: --runtime dist/luafunc")
        }
        return notes
    }
}
