import JSON

/// Checks host.json.
struct HostCheck {
    private(set) var findings: [Finding] = []
    private let app: FunctionApp
    private static let file = "host.json"

    init(_ app: FunctionApp) {
        self.app = app
        guard app.files.entries(of: "")?.contains(Self.file) == true else {
            findings = [
                Finding(
                    .warning, .hostJSON, Self.file, "is missing",
                    remedy: "the Functions host does not start without it, and { \"version\": \"2.0\" } is enough")
            ]
            checkMissingBundle()
            return
        }
        if let problem = app.hostProblem { findings.append(Finding(.error, problem, .hostJSON)) }
        guard let text = try? app.files.text(of: Self.file), let tree = try? JSONTree.newtonsoft(text.span.bytes),
            tree.members != nil
        else { return }
        var keys = KeyCheck(Self.file, HostSchema.sections)
        keys.check(tree, at: ".")
        // The reader's own words about the same value are better.
        findings += keys.findings.filter { finding in
            guard let problem = app.hostProblem else { return true }
            return finding.line != problem.line || finding.column != problem.column
        }
        checkHandler(tree)
        checkTimeout(tree)
        checkLevels(tree)
        checkBundle(tree)
        if app.hostProblem == nil { checkMissingBundle() }
    }

    private mutating func add(
        _ severity: Finding.Severity, _ rule: Rule, _ place: JSONTree.Place?, _ message: String, _ remedy: String? = nil
    ) {
        findings.append(Finding(severity, rule, Self.file, at: place, message, remedy: remedy))
    }

    private mutating func checkHandler(_ tree: JSONTree) {
        for member in tree.members ?? [] where member.name.lowercased().hasPrefix("enable") {
            add(.warning, .misplacedKey, member.place, "\"\(member.name)\" belongs in \"customHandler\"")
        }
        let extensions = ["http", "queues", "blobs", "eventHub", "serviceBus", "sendGrid", "cosmosDB", "documentDB"]
        for member in tree.members ?? []
        where extensions.contains(where: { $0.lowercased() == member.name.lowercased() }) {
            add(
                .warning, .misplacedKey, member.place,
                "\"\(member.name)\" is of host.json's version 1, and the host ignores it",
                "put it into \"extensions\"")
        }
        if let section = tree.member(anyCase: "httpWorker") {
            add(.warning, .deprecated, section.place, "\"httpWorker\" is deprecated", "write \"customHandler\"")
        }
        if let type = tree.member(anyCase: "customHandler")?.member(anyCase: "type"), let text = type.string,
            text.lowercased() != "http"
        {
            add(.warning, .wrongValue, type.place, "the \"type\" '\(text)' is not supported", "http is used")
        }
    }

    /// Consumption allows ten minutes at most (host-contract §16).
    private mutating func checkTimeout(_ tree: JSONTree) {
        guard let written = tree.member(anyCase: "functionTimeout"), app.hostProblem == nil else { return }
        guard let timeout = app.host.functionTimeout else {
            return add(
                .note, .functionTimeout, written.place,
                "Azure's Consumption plan refuses a function without a time limit",
                "write at most \"00:10:00\" if you deploy to that plan")
        }
        if let warning = written.string.flatMap({ TimeSpan($0[...]) })?.warning {
            return add(.warning, .functionTimeout, written.place, "\"functionTimeout\": \(warning)")
        }
        guard timeout > .seconds(600) else { return }
        add(
            .note, .functionTimeout, written.place, "Azure's Consumption plan allows at most ten minutes",
            "write at most \"00:10:00\" if you deploy to that plan")
    }

    private static let levels = ["Trace", "Debug", "Information", "Warning", "Error", "Critical", "None"]

    private mutating func checkLevels(_ tree: JSONTree) {
        for member in tree.member(anyCase: "logging")?.member(anyCase: "logLevel")?.members ?? [] {
            let text = member.tree.configured ?? ""
            guard !Self.levels.contains(where: { $0.lowercased() == text.lowercased() }), Int(text) == nil else {
                continue
            }
            let nearest = NearestName.find(text, among: Self.levels)
            add(
                .error, .wrongValue, member.tree.place, "the log level of \"\(member.name)\" is not known to the host",
                nearest.map { "did you mean \"\($0)\"?" } ?? "write one of \(Self.levels.joined(separator: ", "))")
        }
    }

    // MARK: The extension bundle

    private static let bundle = "Microsoft.Azure.Functions.ExtensionBundle"
    private static let advice = """
        write "extensionBundle": { "id": "\(bundle)", "version": "[4.*, 5.0.0)" }
        """

    private mutating func checkBundle(_ tree: JSONTree) {
        // To .NET, an empty section does not exist.
        guard let section = tree.member(anyCase: "extensionBundle"), section.members?.isEmpty == false else { return }
        guard let id = section.member(anyCase: "id")?.string, !id.isEmpty else {
            return add(.error, .bundleVersion, section.place, "\"extensionBundle\" has no \"id\"", Self.advice)
        }
        let version = section.member(anyCase: "version")
        guard let text = version?.string, let first = Self.firstVersion(text) else {
            return add(
                .error, .bundleVersion, (version ?? section).place,
                "the \"version\" of \"extensionBundle\" must be a range of versions",
                "write \"[4.*, 5.0.0)\"")
        }
        let isOwn = id.lowercased().hasPrefix(Self.bundle.lowercased())
        if isOwn, first < 4 {
            add(
                .warning, .bundleVersion, version?.place, "Azure no longer supports version \(first) of the bundle",
                "write \"[4.*, 5.0.0)\"")
        } else if !isOwn, NearestName.find(id, among: [Self.bundle]) != nil {
            add(
                .warning, .bundleVersion, section.member(anyCase: "id")?.place, "the bundle '\(id)' is not known",
                "did you mean \"\(Self.bundle)\"?")
        }
    }

    /// The first number of a range such as `[4.*, 5.0.0)`; nil if the text is no range.
    private static func firstVersion(_ text: String) -> Int? {
        var inner = text.trimmed[...]
        let opens = inner.first == "[" || inner.first == "("
        if opens {
            guard inner.last == "]" || inner.last == ")" else { return nil }
            inner = inner.dropFirst().dropLast()
        }
        let ends = inner.split(separator: ",", omittingEmptySubsequences: false)
        guard ends.count <= (opens ? 2 : 1) else { return nil }
        for end in ends {
            let parts = String(end).trimmed.split(separator: ".", omittingEmptySubsequences: false)
            let isVersion = parts.allSatisfy { $0 == "*" || Int($0) != nil }
            guard isVersion || String(end).trimmed.isEmpty && ends.count == 2 else { return nil }
        }
        return String(ends[0]).trimmed.split(separator: ".").first.flatMap { Int($0) } ?? (opens ? 4 : nil)
    }

    /// The real host needs the bundle for every trigger except http and timer (host-contract §15).
    private mutating func checkMissingBundle() {
        guard !app.host.hasExtensionBundle else { return }
        let needing = app.list.compactMap { function in
            function.bindings.first { $0.type.needsBundle }.map { (function, $0.writtenType) }
        }
        guard let (function, type) = needing.first else { return }
        let others = needing.count - 1
        let more = others == 0 ? "" : " and in \(others) other function\(others == 1 ? "" : "s")"
        add(
            .warning, .missingBundle, nil,
            "has no \"extensionBundle\", which the host needs for '\(type)' in \(function.file)\(more)",
            Self.advice)
    }
}
