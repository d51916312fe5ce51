import Synchronization

/// An app as it was read at one moment. It never changes; a newer `FunctionApp` replaces it.
public final class FunctionApp: Sendable {
    /// Absolute path of the app root, the folder with host.json.
    public let root: String
    public let host: HostJSON
    /// By name.
    public let functions: [String: Function]
    /// The functions that cannot run, by name. A call gets the problem as the reason.
    public let broken: [String: Problem]
    /// Finds the functions of HTTP triggers.
    public let router: Router
    package let files: AppFiles
    package let layout: AppLayout
    package let conditions: LoadConditions
    private let checked = Mutex<AppFindings?>(nil)
    /// The problem because of which an earlier host.json stays in effect; nil if the present one is in effect.
    public let hostProblem: Problem?
    /// The files of functions that keep an earlier version, by name.
    private let earlierFiles: [String: AppFiles]
    /// The functions in alphabetical order. A function's index in this list is its number on every worker.
    package let list: [Function]
    /// Finds a function's number.
    package let table: FunctionTable
    /// The number of the function behind each of the router's routes.
    package let routed: [Int?]

    init(
        root: String, host: HostJSON, functions: [String: Function], broken: [String: Problem],
        router: Router, files: AppFiles, layout: AppLayout, conditions: LoadConditions, hostProblem: Problem? = nil,
        earlierFiles: [String: AppFiles] = [:]
    ) {
        self.root = root
        self.host = host
        self.functions = functions
        self.broken = broken
        self.router = router
        self.files = files
        self.layout = layout
        self.conditions = conditions
        self.hostProblem = hostProblem
        self.earlierFiles = earlierFiles
        list = functions.values.sorted { $0.name < $1.name }
        let table = FunctionTable(list.map(\.name))
        self.table = table
        routed = router.functions.map { table.find($0.utf8Span.span) }
    }

    /// The files of the function's version in this app.
    package func files(of function: String) -> AppFiles { earlierFiles[function] ?? files }

    /// Returns this app, except that the named functions keep their version from an earlier app, for example because
    /// their new version does not load. A function that the earlier app does not have stays as it is.
    public func keeping(_ names: Set<String>, of earlier: FunctionApp) -> FunctionApp {
        let names = names.filter { earlier.functions[$0] != nil }
        guard !names.isEmpty else { return self }
        var (functions, broken, files) = (functions, broken, earlierFiles)
        for name in names {
            functions[name] = earlier.functions[name]
            broken[name] = nil
            files[name] = earlier.files(of: name)
        }
        let routes = Routes(functions, prefix: host.routePrefix, kept: names)
        for (name, problem) in routes.problems {
            functions[name] = nil
            broken[name] = problem
        }
        return FunctionApp(
            root: root, host: host, functions: functions, broken: broken, router: routes.router, files: self.files,
            layout: layout, conditions: conditions, hostProblem: hostProblem, earlierFiles: files)
    }

    /// What can be said about the app's JSON files and folders. The first access checks them.
    package var findings: AppFindings {
        checked.withLock { checked in
            if let checked { return checked }
            let findings = AppFindings(of: self)
            checked = findings
            return findings
        }
    }

    /// What works, but probably not as its author expects, or not in Azure. Problems of broken functions are in `broken`,
    /// and that a property is missing is told by whoever listens or writes.
    public var warnings: [Problem] {
        findings.all.filter { finding in
            finding.severity != .note && finding.rule != .missingProperty
                && finding.function.map { broken[$0] == nil } ?? true
        }.map(\.problem)
    }

    /// Returns this app as if its host.json chose this form for callers' requests.
    package func serving(_ wire: HTTPWire) -> FunctionApp {
        guard wire != host.httpWire else { return self }
        var host = host
        host.httpWire = wire
        return FunctionApp(
            root: root, host: host, functions: functions, broken: broken, router: router, files: files,
            layout: layout, conditions: conditions, hostProblem: hostProblem, earlierFiles: earlierFiles)
    }

    /// The links that lead out of the app. They are not followed, so the files behind them are missing. The first
    /// access walks through the whole app.
    public var linksOutside: [Problem] { files.folders?.outside ?? [] }

    /// Whether the host passes the callers' own requests to the function, and not payloads.
    public func takesRequests(_ function: Function) -> Bool { host.httpWire != .payload && function.isHTTPOnly }

    /// The method and path by which the host calls the function, as text for people.
    public func address(of function: Function) -> String {
        takesRequests(function) ? addressForCallers(of: function) : "POST /\(function.name)"
    }

    /// The method and path by which a caller of the host calls an HTTP function, as text for people.
    package func addressForCallers(of function: Function) -> String {
        let methods = function.methods.map { $0.map { $0.uppercased() }.sorted().joined(separator: ",") + " " } ?? ""
        guard host.httpWire != .named, let route = function.route else { return "\(methods)/\(function.name)" }
        return methods + "/" + [host.routePrefix, route].filter { !$0.isEmpty }.joined(separator: "/")
    }

    /// The definition of every function, by name.
    public var definitions: [String: Function.Definition] { functions.mapValues(\.definition) }

    /// All function names, including those of broken functions, in the order in which people see them.
    public var names: [String] {
        (Array(functions.keys) + Array(broken.keys)).sorted { $0.lowercased() < $1.lowercased() }
    }
}
