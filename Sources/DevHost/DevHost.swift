public import EventLoop
import Files
import FoundationEssentials
public import FunctionsModel
import Glibc
import HTTP

/// A stand-in host: it stands in for the Functions host on this machine. It starts the handler, sends it the same
/// requests as the real host, and treats its answers the same way. Where the real host would silently change or drop
/// data, it warns.
@MainLoop
public final class DevHost {
    public struct Options: Sendable {
        public var source: AppSource
        /// The folder of `.luafunc` and local.settings.json.
        public var folder: String
        public var bind = "127.0.0.1"
        /// The port; nil for the port in local.settings.json, or 7071 without one.
        public var port: Int?
        public var handler: HandlerChoice
        /// The functions to load; nil for all.
        public var functions: [String]?
        /// Whether to serve https, with a certificate for localhost.
        public var usesTLS = false
        /// The origins whose pages may call, in place of those in local.settings.json.
        public var origins: [String]?
        /// Whether these pages may send cookies. local.settings.json may allow that, too.
        public var allowsCredentials = false
        /// Whether callers need keys, as in Azure.
        public var checksKeys = false
        /// Whether every caller, and not only browsers, is shown why an invocation failed.
        public var showsReasons = false
        /// The folder that keeps what the handler gets; nil for none.
        public var recordings: String?
        /// The host's time zone, for schedules and the dates in answers; nil for UTC.
        public var timeZone: String?
        /// Called with the app that was read: at the start and, on another thread, after each save, before any event
        /// tells of it.
        public var whenRead: (@Sendable (FunctionApp) -> Void)?
        public var environment: [String: String]
        /// How long after an invocation's time limit the host kills the handler (host-contract §4.3).
        var grace = Duration.seconds(2)
        /// How long calls wait for the warm-up. The host names no limit, but a local app must not hang.
        var warmUpPatience = Duration.seconds(10)
        /// The types of binding for which this machine does something.
        var bindings = LocalBindings.known

        public init(
            _ source: AppSource, folder: String, handler: HandlerChoice, environment: [String: String]
        ) {
            self.source = source
            self.folder = folder
            self.handler = handler
            self.environment = environment
        }
    }

    /// The reason why the host cannot start or has stopped.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
        public var isAddressTaken = false
    }

    let options: Options
    /// The app's folder, as an absolute path.
    let folder: String
    let settings: LocalSettings
    let server: HostServer
    /// The certificate with which the server speaks TLS; nil if it does not.
    let certificate: LocalCertificate?
    let keys: Keys?
    let loader: AppLoader
    /// The app that is served. It is replaced only as a whole.
    private(set) var current: FunctionApp
    let storage: LocalStorage
    let handler: HandlerProcess
    let invoker: Invoker
    let listeners: Listeners
    let requestQueue = RequestQueue()
    /// Whether the file app_offline.htm has taken the app offline.
    var isOffline = false
    private let client: HTTPClient
    var watchers: [FileWatcher] = []
    /// Watches what host.json names.
    var hostWatcher: FileWatcher?
    /// The last reported reason why folders are compared each second.
    var pollingReason: FileWatcher.PollingReason?
    let zone: LocalTime
    let tell: @MainLoop (HostEvent) -> Void
    let began = MonotonicTime.now
    private var reloading = Reloading.idle
    /// The problems that were found when the app was last read.
    private var toldProblems: Set<Problem> = []

    /// The functions that keep their previous version although their files have changed. luafunc has reported that the
    /// new versions do not load.
    var kept: Set<String> = []
    /// Why saved versions of functions do not load, by name.
    var unloaded: [String: String] = [:]
    /// What luafunc has found wrong in the scripts of functions that load, by name.
    var faults: [String: String] = [:]
    /// Whether luafunc has told which functions load, and whether the person who started the host knows the functions.
    var isLoaded = false
    var isListed = false
    /// What the MCP servers have offered when they were asked last.
    var offers: [MCPOffer] = []

    /// If several saves come while one is read, only the last is read.
    private enum Reloading {
        case idle
        case reading(again: Bool)
    }

    /// Reads the app and binds the port. Throws `Problem` if host.json or local.settings.json is unusable, and
    /// `Failure` if the port is not available.
    ///
    /// - Parameter tell: called on the main loop for every event.
    public init(_ options: Options, tell: @escaping @MainLoop (HostEvent) -> Void) async throws {
        self.options = options
        self.tell = tell
        zone = try options.timeZone.map { try LocalTime.system($0) } ?? .utc
        folder = Path.standardized(options.folder)
        settings = try LocalSettings(root: folder)
        let recorder = try options.recordings.map { try Recorder($0, tell: tell) }
        // Existing environment variables take precedence, as with Core Tools.
        let variables = settings.values.merging(options.environment) { $1 }
        loader = AppLoader(
            options.source, settings: variables, requiresScripts: options.handler.isLuafunc,
            types: options.bindings.types, only: options.functions)
        current = try loader.load()
        try Self.check(options, current, settings: variables)
        options.whenRead?(current)
        toldProblems = Set(current.broken.values).union(current.linksOutside)
        storage = try LocalStorage(
            root: folder, bindings: options.bindings, subscriptions: settings.subscriptions)
        keys = try options.checksKeys ? Keys(file: "\(storage.folder)/keys.json") : nil
        certificate = try options.usesTLS ? LocalCertificate(in: storage.folder) : nil
        let handlerPort = try current.host.handlerPort ?? HandlerProcess.freePort()
        server = try await Self.server(
            bind: options.bind, port: options.port ?? settings.port ?? 7071,
            bodyLimit: try HostServer.bodyLimit(in: variables), tls: certificate?.context, tell: tell)
        var environment = variables
        environment["AZURE_FUNCTIONS_ENVIRONMENT"] = environment["AZURE_FUNCTIONS_ENVIRONMENT"] ?? "Development"
        environment["WEBSITE_HOSTNAME"] = "localhost:\(server.port)"
        environment["FUNCTIONS_APP_ROOT_PATH"] = folder
        let id = UUID().uuidString.lowercased()
        for name in ["FUNCTIONS_CUSTOMHANDLER_WORKER_ID", "FUNCTIONS_HTTPWORKER_ID"] { environment[name] = id }
        for name in ["FUNCTIONS_CUSTOMHANDLER_PORT", "FUNCTIONS_HTTPWORKER_PORT"] {
            environment[name] = "\(handlerPort)"
        }
        if options.handler.isLuafunc, environment[Self.stateKey] == nil {
            // The hexadecimal digits of a secret are base64, too.
            environment[Self.stateKey] = HandlerProcess.newSecret()
        }
        let command: HandlerCommand
        do throws(Problem) {
            command = try HandlerCommand(
                options.handler, host: current.host, root: folder, environment: environment)
        } catch {
            await server.stop()
            throw error
        }
        client = HTTPClient(EventLoop.main)
        let lines = HandlerEvents(tell)
        handler = HandlerProcess(
            command, environment: environment, port: handlerPort, client: client,
            warmUpPatience: options.warmUpPatience, tell: lines.take)
        invoker = Invoker(
            handler: handler, client: client, storage: storage, tell: tell, isLuafunc: options.handler.isLuafunc,
            tracesCalls: TraceContext.isWanted(by: variables), grace: options.grace,
            zone: HostZone { [zone] moment in zone.offset(at: moment) }, recorder: recorder)
        invoker.isSecure = certificate != nil
        listeners = Listeners(invoker, zone: zone)
        lines.reloaded = { [unowned self] kept in
            self.kept = kept
            reload()
        }
        lines.loaded = { [unowned self] line in loaded(line) }
        handler.warmUp = { [unowned self] in await warmUp() }
    }

    /// The setting with the key by which luafunc's module `mcp` signs the state of a request that the client sends back.
    private static let stateKey = "MCP_STATE_KEY"

    /// Throws if a chosen function does not exist.
    private static func check(
        _ options: Options, _ app: FunctionApp, settings: [String: String]
    ) throws(Problem) {
        let found = Set(app.names.map { $0.lowercased() })
        let unknown = options.functions?.filter { !found.contains($0.lowercased()) } ?? []
        guard let missing = unknown.first else { return }
        let all = try AppLoader(
            options.source, settings: settings, requiresScripts: options.handler.isLuafunc,
            types: options.bindings.types
        ).load().names
        let advice =
            if let near = NearestName.find(missing, among: all) {
                "did you mean '\(near)'?"
            } else if let folder = unknown.first(where: { File.kind(of: $0) == .folder }) {
                "'\(folder)' is a folder: write the app folder before --functions"
            } else {
                all.listedAsFunctions
            }
        throw Problem(app.root, "there is no function '\(missing)' for --functions; \(advice)")
    }

    private static func server(
        bind: String, port: Int, bodyLimit: Int, tls: TLSContext?, tell: @escaping @MainLoop (HostEvent) -> Void
    ) async throws(Failure) -> HostServer {
        do {
            return try await HostServer(
                bind: bind, port: UInt16(clamping: port), bodyLimit: bodyLimit, tls: tls, tell: tell)
        } catch let error as StreamError where error != .system(EADDRNOTAVAIL) {
            throw Failure(
                description: "cannot listen on \(bind):\(port): \(error); choose another port with --port",
                isAddressTaken: true)
        } catch {
            throw Failure(
                description:
                    "cannot listen on \(bind): it is not an address of this machine; choose another with --bind",
                isAddressTaken: true)
        }
    }

    /// Serves until its task is cancelled, and then kills the handler. Throws `Failure` if there can be no handler.
    public func run() async throws {
        if options.handler.isLuafunc {
            EventLoop.main.schedule(after: Self.loadPatience) { [weak self] in self?.tellListing() }
        } else {
            tellListing()
        }
        for warning in storage.warnings + [cors.warning].compactMap(\.self) { tell(.warning(warning)) }
        lookForOfflinePage()
        if !isOffline { listen() }
        server.serve(self)
        do {
            watch()
            if current.host.handlerPort != nil, let problem = HandlerProcess.problem(ofPort: handler.port) {
                tell(.warning(problem))
            }
            // Without functions the host starts no handler (host-contract §1); here a save may add one.
            try await handler.run()
        } catch let gone as HandlerProcess.EndedError {
            tellListing()
            await stop()
            throw Failure(description: gone.reason)
        } catch {
            await stop()
            throw error
        }
        await stop()
    }

    private func stop() async {
        listeners.stop()
        for watcher in watchers + [hostWatcher].compactMap(\.self) { watcher.close() }
        watchers = []
        hostWatcher = nil
        client.close()
        await server.stop()
    }

    // MARK: The app

    /// Switches to the saved app. luafunc reports which parts of a save it has loaded; for any other handler, the host
    /// watches the app itself.
    func reload() {
        guard case .idle = reloading else {
            reloading = .reading(again: true)
            return
        }
        reloading = .reading(again: false)
        EventLoop.main.task { await self.read() }
    }

    private func read() async {
        do throws(Problem) {
            install(try await load())
        } catch {
            // The handler has reported this problem.
            tell(.warning("\(error)"))
        }
        let isAgain = if case .reading(again: true) = reloading { true } else { false }
        reloading = .idle
        if isAgain { reload() }
    }

    /// Reads the app on a separate thread, because it may have many files.
    private func load() async throws(Problem) -> FunctionApp {
        let (loader, host, whenRead) = (loader, current.host, options.whenRead)
        let result = await withCheckedContinuation { (done: CheckedContinuation<Result<FunctionApp, Problem>, Never>) in
            let read: @Sendable () -> Void = {
                done.resume(
                    returning: Result { () throws(Problem) in
                        let app = try loader.load(earlier: host)
                        whenRead?(app)
                        // The search for links takes time too, so it takes place here.
                        _ = app.linksOutside
                        return app
                    })
            }
            do throws(StreamError) {
                try Thread.start(named: "app", read)
            } catch {
                read()
            }
        }
        return try result.get()
    }

    private func install(_ saved: FunctionApp) {
        let older = current
        if !options.handler.isLuafunc {
            unloaded = saved.broken.mapValues(\.description)
            kept = Set(unloaded.keys)
        }
        let newer = saved.keeping(kept.union(saved.broken.keys), of: older)
        current = newer
        tellProblems(of: saved)
        if !isOffline { listen() }
        if newer.host.watched != older.host.watched { watchHostFiles() }
        if newer.names != older.names || newer.host != older.host { tell(.reloaded(listing)) }
        // The host restarts a handler after a change of host.json or function.json (host-contract §4.5); luafunc
        // reloads by itself.
        guard !options.handler.isLuafunc, newer.host != older.host || newer.definitions != older.definitions else {
            return
        }
        tell(.warning("host.json or a function.json has changed: the handler is restarted"))
        handler.replace()
    }

    /// Reports what does not load after a save, each problem once until it is fixed. If the handler is luafunc, luafunc
    /// reports it.
    private func tellProblems(of saved: FunctionApp) {
        let linksOutside = saved.linksOutside
        let all = Set(saved.broken.values).union(linksOutside).union([saved.hostProblem].compactMap(\.self))
        defer { toldProblems = all }
        guard !options.handler.isLuafunc else { return }
        for (name, problem) in saved.broken.sorted(by: { $0.key < $1.key }) where !toldProblems.contains(problem) {
            let effect = current.functions[name] == nil ? "does not load" : "keeps its previous version"
            tell(.error("\(name) \(effect): \(problem)"))
        }
        if let problem = saved.hostProblem, !toldProblems.contains(problem) {
            tell(.error("the previous host.json stays in effect: \(problem)"))
        }
        for link in linksOutside where !toldProblems.contains(link) { tell(.error("\(link)")) }
    }
}
