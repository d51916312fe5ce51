import Files
import Synchronization

/// Loads a `FunctionApp`.
public struct AppLoader: Sendable {
    private let source: AppSource
    private let conditions: LoadConditions
    /// The names of the functions to load; nil for all.
    private let only: [String]?
    private let walked = WalkedFiles()

    /// - Parameters:
    ///   - source: where the app is, that is, where its host.json lies.
    ///   - settings: the app settings, which the host passes as environment variables.
    ///   - requiresScripts: whether the functions need Lua scripts. False if another custom handler runs the app's
    ///     functions.
    ///   - only: the functions to load, whatever their case; nil for all.
    public init(
        _ source: AppSource, settings: [String: String], requiresScripts: Bool = true, types: BindingTypes = .known,
        only: [String]? = nil
    ) {
        self.source = source
        self.only = only
        conditions = LoadConditions(settings: settings, types: types, requiresScripts: requiresScripts)
    }

    /// Loads the app. Throws if no function can run, because the folder does not exist or the host would refuse
    /// host.json. A broken function is not an error: it is listed in `broken`.
    ///
    /// - Parameter earlier: used if the host would refuse the present host.json.
    public func load(earlier: HostJSON? = nil) throws(Problem) -> FunctionApp {
        let files = walked.take() ?? AppFiles(source)
        guard let entries = files.entries(of: "") else {
            throw Problem(files.root, "is not a folder that can be read; name the app with --app")
        }
        let hasHost = entries.contains("host.json")
        let (host, hostProblem) = hasHost ? try readHost(files, earlier) : (HostJSON(), nil)
        var functions: [String: Function] = [:]
        var broken: [String: Problem] = [:]
        var caseless: [String: String] = [:]
        let layout = AppLayout(of: files)
        for name in layout.names {
            let folder = layout.folder(of: name)
            guard files.exists("\(folder)/function.json") else { continue }
            guard Self.isAmong(host.functions, name), Self.isAmong(only, name) else { continue }
            let twin = caseless[name.lowercased()]
            if twin == nil { caseless[name.lowercased()] = name }
            do throws(Problem) {
                let function = try read(name, in: folder, files, prefix: host.routePrefix)
                if let twin {
                    throw Problem(
                        function.directory, at: nil, rule: .functionName,
                        "differs from '\(twin)' only in case; rename one of them")
                }
                functions[name] = function
            } catch {
                broken[name] = error
            }
        }
        if let routes = host.serverRoutes { try add(routes, host, files, layout, to: &functions, &broken) }
        let routes = Routes(functions, prefix: host.routePrefix)
        for (name, problem) in routes.problems {
            functions[name] = nil
            broken[name] = problem
        }
        return FunctionApp(
            root: files.root, host: host, functions: functions, broken: broken, router: routes.router, files: files,
            layout: layout, conditions: conditions, hostProblem: hostProblem)
    }

    /// The port that host.json gives the handler; nil for none, or if host.json cannot be used. The next `load` does not
    /// read host.json again.
    public func handlerPort() -> Int? {
        let files = AppFiles(source)
        defer { walked.put(files) }
        guard let text = try? files.text(of: "host.json") else { return nil }
        return try? HostJSON(text.span.bytes, settings: conditions.settings).handlerPort
    }

    private static func isAmong(_ names: [String]?, _ name: String) -> Bool {
        names?.contains { $0.lowercased() == name.lowercased() } ?? true
    }

    /// Adds the functions of a server's routes. Throws if the host would not start with them.
    private func add(
        _ routes: ServerRoutes, _ host: HostJSON, _ files: AppFiles, _ layout: AppLayout,
        to functions: inout [String: Function], _ broken: inout [String: Problem]
    ) throws(Problem) {
        if let other = (Array(functions.keys) + broken.keys).min() {
            throw Problem(
                "host.json", line: routes.line,
                "the host does not start with both \"routes\" and a function.json, as '\(other)' has one; remove one of "
                    + "them"
                    + (routes.isMCP ? " (\"configurationProfile\" sets \"routes\")" : ""))
        }
        if routes.isMCP, try addServer(routes, host, files, layout, to: &functions, &broken) { return }
        guard !conditions.requiresScripts else {
            throw Problem(
                "host.json", line: routes.line,
                "\"routes\" make functions without scripts, which luafunc cannot run; remove them, or name the program "
                    + "that serves them: luafunc start -- PROGRAM, or --external")
        }
        for (name, result) in routes.functions(prefix: host.routePrefix, conditions)
        where Self.isAmong(only, name) {
            switch result {
            case .success(let function): functions[name] = function
            case .failure(let problem): broken[name] = problem
            }
        }
    }

    /// Adds the function whose script answers all routes. Returns false if the app has no such script and needs none,
    /// because another program answers them.
    private func addServer(
        _ routes: ServerRoutes, _ host: HostJSON, _ files: AppFiles, _ layout: AppLayout,
        to functions: inout [String: Function], _ broken: inout [String: Problem]
    ) throws(Problem) -> Bool {
        let name = ServerRoutes.function
        let folder = layout.folder(of: name)
        let script = ServerRoutes.script(in: folder)
        let exists = files.exists(script)
        guard exists || conditions.requiresScripts else { return false }
        if conditions.requiresScripts, host.httpWire == .payload {
            throw Problem(
                "host.json", line: routes.line,
                "a server needs its callers' own requests; remove \"enableProxyingHttpRequest\", which the profile sets to "
                    + "true")
        }
        guard Self.isAmong(only, name) else { return true }
        let server = routes.server(in: folder, prefix: host.routePrefix, conditions)
        broken = server.broken
        if !exists {
            let place = files.entries(of: folder) == nil ? "\(AppLayout.folder)/\(name)" : folder
            broken[name] = Problem(
                folder, at: nil, rule: .script,
                "there is no \(ServerRoutes.script(in: place)), which answers all requests in an app with this profile; "
                    + "'luafunc init --mcp' writes one")
        } else if conditions.requiresScripts, let problem = files.link(outOfAppFor: script) {
            broken[name] = problem
        } else {
            functions[name] = server.function
        }
        return true
    }

    /// Walks through the app and returns the folders to watch for saved changes, as absolute paths.
    ///
    /// The next `load` uses what this call has read and lists no folder again. Call it only if the watcher reports
    /// every change that is made after this call.
    public func walk() -> [String] {
        let files = AppFiles(source)
        guard let folders = files.folders else { return [] }
        walked.put(files)
        let paths = folders.paths.map { Path.join(files.root, $0) }
        return paths + folders.others.subtracting(paths).sorted()
    }

    /// The app as editors need it: with all functions, also those that lack a script or that were not chosen. What the
    /// app's files contain was read with it, and is not read again. nil if the folder is no app.
    package static func forEditors(_ app: FunctionApp) -> FunctionApp? {
        let loader = AppLoader(.folder(app.root), settings: [:], requiresScripts: false)
        loader.walked.put(app.files)
        return try? loader.load(earlier: HostJSON())
    }

    private func readHost(
        _ files: AppFiles, _ earlier: HostJSON?
    ) throws(Problem) -> (HostJSON, Problem?) {
        do throws(Problem) {
            let text = try files.text(of: "host.json")
            return (try HostJSON(text.span.bytes, settings: conditions.settings), nil)
        } catch {
            guard let earlier else { throw error }
            return (earlier, error)
        }
    }

    private func read(
        _ name: String, in directory: String, _ files: AppFiles, prefix: String
    ) throws(Problem) -> Function {
        let reader = FunctionReader(name, in: directory, files, prefix: prefix, conditions)
        let text = try files.text(of: "\(directory)/function.json")
        let function = try reader.read(text.span.bytes)
        if conditions.requiresScripts, let problem = files.link(outOfAppFor: function.script) { throw problem }
        return function
    }
}

/// What decides, besides its files, how an app is read.
package struct LoadConditions: Sendable {
    /// The app settings that are known.
    package let settings: [String: String]
    let types: BindingTypes
    /// Whether luafunc runs the app's functions.
    let requiresScripts: Bool
}

/// The files that the last walk for a watcher has read. One load uses them.
private final class WalkedFiles: Sendable {
    private let files = Mutex<AppFiles?>(nil)

    func put(_ newer: AppFiles) { files.withLock { $0 = newer } }

    func take() -> AppFiles? { files.withLock { $0.take() } }
}

extension String {
    package func trimmingSuffix(_ suffix: String) -> String {
        count > suffix.count && hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
