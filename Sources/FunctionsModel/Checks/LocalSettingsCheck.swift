import JSON

/// Checks local.settings.json and .env, which only the author's machine has.
struct LocalSettingsCheck {
    private(set) var findings: [Finding] = []

    private static let sections = KeyCheck.sections(
        """
        . $schema IsEncrypted? Values{ Host{ ConnectionStrings{ EventGrid{
        host LocalHttpPort# CORS CORSCredentials?
        """)

    init(_ app: FunctionApp) {
        let file = LocalSettings.file
        guard !app.files.isArchive, let names = app.files.entries(of: "") else { return }
        do throws(Problem) {
            if names.contains(DotEnv.file) {
                findings += try DotEnv(root: app.root).warnings.map { Finding(.warning, $0, .localSettings) }
            }
        } catch {
            findings.append(Finding(.error, error, .localSettings))
        }
        guard names.contains(file) else { return }
        do throws(Problem) {
            _ = try LocalSettings(file: "\(app.root)/\(file)", named: file)
        } catch {
            findings.append(Finding(.error, error, .localSettings))
        }
        guard let text = try? app.files.text(of: file), let tree = try? JSONTree.newtonsoft(text.span.bytes) else {
            return
        }
        guard tree.members != nil else {
            findings.append(
                Finding(.error, .localSettings, file, at: tree.place, "must contain an object, not \(tree.kind)"))
            return
        }
        let ofFile = findings.filter { $0.file == file }
        var keys = KeyCheck(file, Self.sections)
        keys.check(tree, at: ".")
        findings += keys.findings.filter { finding in !ofFile.contains { $0.line == finding.line } }
        let values = tree.member(anyCase: "Values")
        if let runtime = values?.member(anyCase: "FUNCTIONS_WORKER_RUNTIME"), let text = runtime.string,
            text.lowercased() != "custom"
        {
            findings.append(
                Finding(
                    .warning, .wrongValue, file, at: runtime.place,
                    "FUNCTIONS_WORKER_RUNTIME is '\(text)', with which the host does not start a custom handler",
                    remedy: "write \"custom\""))
        }
        let host = tree.member(anyCase: "Host")
        if let credentials = host?.member(anyCase: "CORSCredentials"), credentials.boolean == true,
            LocalSettings.origins(in: host?.member(anyCase: "CORS")?.string ?? "").contains("*")
        {
            findings.append(
                Finding(
                    .warning, .wrongValue, file, at: credentials.place,
                    "\"CORSCredentials\" with \"CORS\": \"*\": \(LocalSettings.credentialsForAll)"))
        }
        checkGrid(tree, app)
    }

    private mutating func checkGrid(_ tree: JSONTree, _ app: FunctionApp) {
        for member in tree.member(anyCase: "EventGrid")?.members ?? [] {
            for element in member.tree.elements ?? [] {
                guard let name = element.string, app.functions[name] == nil, app.broken[name] == nil else { continue }
                findings.append(
                    Finding(
                        .warning, .wrongValue, LocalSettings.file, at: element.place,
                        "there is no function '\(name)' for the events of \"\(member.name)\"",
                        remedy: NearestName.find(name, among: app.names).map { "did you mean '\($0)'?" }))
            }
        }
    }
}
