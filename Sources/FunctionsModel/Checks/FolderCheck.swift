import Files

/// Checks which files and folders an app has, and which of them are deployed.
struct FolderCheck {
    private(set) var findings: [Finding] = []
    private let app: FunctionApp
    private var files: AppFiles { app.files }

    init(_ app: FunctionApp) {
        self.app = app
        checkLayout()
        if app.conditions.requiresScripts {
            findings += files.moduleWarnings(app.list.map(\.directory)).map { Finding(.warning, $0, .nativeModule) }
        }
        guard !files.isArchive else { return }
        checkDeployment()
        checkRoot()
    }

    private mutating func add(
        _ severity: Finding.Severity, _ rule: Rule, _ file: String, _ message: String, _ remedy: String? = nil,
        function: String? = nil
    ) {
        findings.append(Finding(severity, rule, file, message, remedy: remedy, function: function))
    }

    private mutating func checkLayout() {
        let folder = AppLayout.folder
        if app.layout.parent.isEmpty, files.entries(of: "")?.contains(folder) == true, !files.isFile(folder) {
            add(
                .warning, .notAFunction, folder, "cannot be read, so its functions are missing", "check its permissions"
            )
        }
        for name in app.layout.names where app.functions[name] == nil && app.broken[name] == nil {
            let folder = app.layout.folder(of: name)
            guard files.exists("\(folder)/handler.lua"), !files.exists("\(folder)/function.json") else { continue }
            add(
                .warning, .notAFunction, folder,
                app.host.serverRoutes?.isMCP != true
                    ? "has a handler.lua but no function.json, so it is not a function"
                    : "has a handler.lua, but with this profile only \(app.layout.folder(of: ServerRoutes.function)) is a "
                        + "function")
        }
    }

    /// The host finds only what is deployed.
    private mutating func checkDeployment() {
        let deployed: DeployedFiles
        do throws(Problem) {
            deployed = try files.deployed()
        } catch {
            findings.append(Finding(.error, error, .notDeployed))
            return
        }
        func exclusion(_ path: String, isFolder: Bool = false) -> DeployedFiles.Exclusion? {
            (try? deployed.exclusion(onWayTo: path, isFolder: isFolder)) ?? nil
        }
        for function in app.list {
            if !function.isServer, let reason = exclusion(function.file) {
                add(
                    .note, .notDeployed, function.directory, "the function is not deployed: \(reason)",
                    function: function.name)
            } else if app.conditions.requiresScripts, let reason = exclusion(function.script) {
                add(
                    .error, .notDeployed, function.script,
                    "the function is deployed without its script: \(reason)",
                    "take the script out of the ignore file"
                        + (function.isServer ? "" : ", or name another in \"scriptFile\""), function: function.name
                )
            }
        }
        for folder in ["lib", "lua_modules/share/lua/5.4"] where files.entries(of: folder) != nil {
            guard let reason = exclusion(folder, isFolder: true) else { continue }
            add(
                .warning, .notDeployed, folder,
                "the folder is not deployed, so require does not find its modules: \(reason)")
        }
    }

    private mutating func checkRoot() {
        let names = files.entries(of: "") ?? []
        if names.contains("app_offline.htm") {
            add(
                .warning, .appOffline, "app_offline.htm",
                "while this file exists, the host answers 503 to every request",
                "delete it to serve the app again")
        }
        guard names.contains(".git") else { return }
        let ignores = (try? IgnoreFile(".gitignore", in: app.root)) ?? nil
        for file in [LocalSettings.file, DotEnv.file] where names.contains(file) {
            let path = "\(app.root)/\(file)"
            guard File.kind(of: path) != .folder, ignores?.verdict(on: path, isFolder: false) != true else { continue }
            add(
                .warning, .settingsInGit, file, "git does not ignore this file, which may hold secrets",
                "add it to .gitignore")
        }
    }
}
