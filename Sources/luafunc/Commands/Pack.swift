import ArgumentParser
import CustomHandler

struct Pack: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a deployable zip file, a folder, or one executable from an app.",
        discussion: """
            Left out are tests (*_test.lua), local.settings.json, names that begin with a dot, and what .funcignore or \
            .gitignore names; in lua_modules, which many apps do not commit, only .funcignore counts.
            """)

    @OptionGroup var app: AppOptions

    @Option(help: ArgumentHelp("Write a zip file for Azure.", valueName: "file"))
    var zip: String?
    @Option(help: ArgumentHelp("Write one executable that serves the app.", valueName: "file"))
    var executable: String?
    @Option(help: ArgumentHelp("Write a folder for Azure Functions Core Tools.", valueName: "folder"))
    var output: String?
    @Option(help: ArgumentHelp("Show what an executable carries, and do nothing else.", valueName: "file"))
    var list: String?
    @Option(help: ArgumentHelp("The luafunc to deploy. (default: this one)", valueName: "file"))
    var runtime: String?

    func validate() throws {
        let products = [zip, executable, output].compactMap { $0 }
        if products.isEmpty == (list == nil) {
            throw ValidationError(
                "say what to make: --zip FILE, --executable FILE or --output DIR; or only --list FILE")
        }
    }

    func run() throws {
        do {
            if let list { try show(list) } else { try pack() }
        } catch let error as PackError {
            Console.printError("luafunc: \(error)")
            throw ExitCode.badApp
        }
    }

    private func show(_ path: String) throws {
        guard let archive = try AppArchive.read(from: path) else {
            Console.print("\(path) carries no app")
            return
        }
        let files = archive.files.sorted { $0.key < $1.key }.map { ($0.key, $0.value.count) }
        for line in PackReport.list(files) { Console.print(line) }
    }

    private func pack() throws {
        let root = app.choice.folder(Settings.current)
        let check = try AppCheck(.folder(root), settings: Settings.current)
        check.print()
        guard check.problems.isEmpty else {
            Console.printError("luafunc: nothing is packed; put this right first")
            throw ExitCode.badApp
        }
        let runtime = try ExecutableFile(runtime ?? ExecutableFile.current)
        let folder = try output.map { try OutputFolder($0, app: root) }
        let app = try PackedApp(root: root)
        let files = app.files(with: runtime)
        var products: [PackReport.Product] = []
        if let zip {
            let bytes = try ZipWriter.zip(files)
            try FileSystem.write([bytes], to: zip)
            products.append(.zip(zip, size: bytes.count))
        }
        if let output, let folder {
            try folder.write(files)
            products.append(.folder(output))
        }
        if let executable {
            try AppArchive.write(app.files, runtime: runtime, to: executable)
            products.append(.executable(executable))
        }
        var notes = app.notes
        let others = check.app.names.filter { check.app.functions[$0]?.isHTTP == false }
        if let executable, !others.isEmpty {
            notes.append(
                "nothing but the Functions host or '\(executable) start' fires the triggers of "
                    + "\(others.joined(separator: ", ")); 'serve' answers requests alone")
        }
        if runtime.isDynamic {
            notes.append(
                "the runtime needs shared libraries that are not where it is deployed; pack the static one, which "
                    + "scripts/build-release makes: --runtime dist/luafunc")
        }
        Console.print(PackReport(files: files, notes: notes, products: products).text)
    }
}
