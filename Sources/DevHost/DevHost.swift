import AsyncHTTPClient
public import CustomHandler
import FoundationEssentials
import Lua
import NIOCore
import NIOPosix
import Synchronization
import SystemPackage

/// A stand-in for the Functions host on this machine: it starts the handler, sends it every invocation and does with
/// its answers what the real host does, where that is silent with a warning.
public final class DevHost: Sendable {
    public struct Options: Sendable {
        public var source: AppSource
        /// Where `.luafunc` and local.settings.json are.
        public var folder: String
        public var bind = "127.0.0.1"
        /// nil for what local.settings.json says, else 7071.
        public var port: Int?
        public var handler: HandlerChoice
        /// Callers need keys, as in Azure.
        public var checksKeys = false
        /// Every caller is told why an invocation failed, not only browsers.
        public var showsReasons = false
        /// Of the schedules; nil for UTC.
        public var timeZone: String?
        public var environment: [String: String]

        public init(
            _ source: AppSource, folder: String, handler: HandlerChoice, environment: [String: String]
        ) {
            self.source = source
            self.folder = folder
            self.handler = handler
            self.environment = environment
        }
    }

    /// Why the host cannot start, or stopped.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
        public var isAddressTaken = false
    }

    let options: Options
    /// The app's, absolute.
    private let folder: String
    let settings: LocalSettings
    let front: Front
    let keys: Keys?
    private let loader: AppLoader
    private let app: Mutex<FunctionApp>
    let storage: LocalStorage
    let handler: HandlerProcess
    let invoker: Invoker
    private let listeners: Listeners
    /// Rings when the handler has taken a save.
    private let reloads: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)
    private let client: HTTPClient
    /// Follows where an answer to a payload points (host-contract §9.1).
    private let payloadClient: HTTPClient
    let zone: LocalTime
    let tell: @Sendable (HostEvent) -> Void
    let began = ContinuousClock.now

    /// Reads the app and binds the port. Throws `Problem` where host.json or local.settings.json cannot be used.
    public init(_ options: Options, tell: @escaping @Sendable (HostEvent) -> Void) async throws {
        self.options = options
        self.tell = tell
        let reloads = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.reloads = reloads
        zone = try options.timeZone.map { try LocalTime.system($0) } ?? .utc
        folder = URL(filePath: options.folder).standardizedFileURL.path
        settings = try LocalSettings(root: folder)
        // What the environment has already wins, as with Core Tools.
        let variables = settings.values.merging(options.environment) { $1 }
        loader = AppLoader(options.source, settings: variables, requiresScripts: options.handler.isLuafunc)
        let app = try loader.load()
        self.app = Mutex(app)
        storage = try LocalStorage(root: folder)
        keys = try options.checksKeys ? Keys(file: "\(storage.folder)/keys.json") : nil
        let port = options.port ?? settings.port ?? 7071
        do {
            front = try await Front(bind: options.bind, port: port)
        } catch let error as IOError {
            throw Failure(
                description: "cannot listen on \(options.bind):\(port): \(Errno(rawValue: error.errnoCode)); "
                    + "choose another port with --port", isAddressTaken: true)
        } catch is SocketAddressError {
            throw Failure(
                description: "cannot listen on \(options.bind): it is no address of this machine; choose another with "
                    + "--bind", isAddressTaken: true)
        }
        let handlerPort = try await HandlerProcess.freePort()
        var environment = variables
        environment["AZURE_FUNCTIONS_ENVIRONMENT"] = environment["AZURE_FUNCTIONS_ENVIRONMENT"] ?? "Development"
        environment["WEBSITE_HOSTNAME"] = "localhost:\(front.port)"
        environment["FUNCTIONS_APP_ROOT_PATH"] = folder
        let id = UUID().uuidString.lowercased()
        for name in ["FUNCTIONS_CUSTOMHANDLER_WORKER_ID", "FUNCTIONS_HTTPWORKER_ID"] { environment[name] = id }
        for name in ["FUNCTIONS_CUSTOMHANDLER_PORT", "FUNCTIONS_HTTPWORKER_PORT"] {
            environment[name] = "\(handlerPort)"
        }
        let command = try HandlerCommand(options.handler, host: app.host, root: folder, environment: environment)
        // Not before anything that may fail: a client has to be shut down.
        client = Self.client(.disallow)
        payloadClient = Self.client(.follow(max: 50, allowCycles: true))
        handler = HandlerProcess(
            command, environment: environment, port: command.port ?? handlerPort, client: client
        ) { event in
            if case .handlerLine(let line) = event {
                if line.event == HandlerLine.listening { return }
                if line.event == HandlerLine.reloaded { reloads.continuation.yield() }
            }
            tell(event)
        }
        invoker = Invoker(
            handler: handler, client: client, payloadClient: payloadClient, storage: storage, tell: tell,
            isLuafunc: options.handler.isLuafunc)
        listeners = Listeners(invoker, zone: zone)
    }

    private static func client(_ redirects: HTTPClient.Configuration.RedirectConfiguration) -> HTTPClient {
        var configuration = HTTPClient.Configuration(redirectConfiguration: redirects)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
        return HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
    }

    /// Serves until its task is cancelled; then the handler is killed. Throws `Failure` if the handler cannot be had.
    public func run() async throws {
        tell(.listening(listing))
        for warning in storage.warnings { tell(.warning(warning)) }
        await listeners.adopt(current, except: disabled(current))
        defer {
            Task { [client, payloadClient] in
                // At the end there is nobody left who could use an error.
                try? await client.shutdown()
                try? await payloadClient.shutdown()
            }
        }
        do {
            try await withThrowingTaskGroup { group in
                group.addTask { try await self.front.run(self) }
                group.addTask { try await self.watchBlobs() }
                group.addTask { try await self.watchApp() }
                group.addTask { try await self.watchSettings() }
                // Without functions the host starts no handler (host-contract §1); here one may come with a save.
                group.addTask { try await self.handler.run() }
                try await group.next()
                group.cancelAll()
            }
        } catch let gone as HandlerProcess.Gone {
            await listeners.stop()
            throw Failure(description: gone.reason)
        } catch  where Task.isCancelled {
            // Whichever part noticed the end first.
        }
        await listeners.stop()
    }

    /// luafunc tells what it has taken of a save. For any other handler the host starts anew what depends on host.json or
    /// function.json (host-contract §4.5).
    private func watchApp() async throws {
        guard !options.handler.isLuafunc else {
            for await _ in reloads.stream { await reload() }
            return
        }
        let watcher = try await FolderWatcher(eventLoop: MultiThreadedEventLoopGroup.singleton.next()) { [loader] in
            loader.folders
        }
        defer { watcher.stop() }
        // The first is no change, but what was saved before the watch began is seen by it.
        for await _ in watcher.changes {
            let older = current
            await reload()
            if current.host != older.host || current.definitions != older.definitions {
                tell(.warning("host.json or a function.json has changed: the handler is started again"))
                await handler.replace()
            }
        }
    }

    /// Says that settings are read at the start, where somebody saves others.
    private func watchSettings() async throws {
        let watcher = try await FolderWatcher(eventLoop: MultiThreadedEventLoopGroup.singleton.next()) { [folder] in
            [folder]
        }
        defer { watcher.stop() }
        var told: String?
        for await _ in watcher.changes {
            let text: String?
            do throws(Problem) {
                text =
                    try LocalSettings(root: folder) == settings
                    ? nil : "local.settings.json has changed; its settings count from the next start of the host"
            } catch {
                text = "\(error)"
            }
            if let text, text != told { tell(.warning(text)) }
            told = text
        }
    }

    private func watchBlobs() async throws {
        let folder = "\(storage.folder)/blobs"
        // What is not there cannot be watched.
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let watcher = try await FolderWatcher(eventLoop: MultiThreadedEventLoopGroup.singleton.next()) {
            Self.folders(below: folder)
        }
        defer { watcher.stop() }
        for await _ in watcher.changes { storage.wake() }
    }

    private static func folders(below folder: String) -> [String] {
        var found = [folder]
        var next = 0
        while next < found.count {
            let children = (try? FileManager.default.contentsOfDirectory(atPath: found[next])) ?? []
            for name in children.sorted() where !name.hasPrefix(".") {
                let path = "\(found[next])/\(name)"
                let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
                if type == .typeDirectory { found.append(path) }
            }
            next += 1
        }
        return found
    }

    // MARK: The app

    var current: FunctionApp { app.withLock { $0 } }

    /// Shows the app as it is now, after the handler has taken a save.
    func reload() async {
        do {
            let newer = try loader.load()
            let older = current
            app.withLock { $0 = newer }
            await listeners.adopt(newer, except: disabled(newer))
            if newer.names != older.names || newer.host != older.host { tell(.reloaded(listing)) }
        } catch {
            // The handler has said it.
            tell(.warning("\(error)"))
        }
    }

    /// Functions that an app setting switches off (host-contract §14).
    func disabled(_ app: FunctionApp) -> Set<String> {
        let values = settings.values.merging(options.environment) { $1 }
        return Set(
            app.functions.keys.filter { name in
                ["AzureWebJobs.\(name).Disabled", "AzureWebJobs_\(name)_Disabled"].contains { key in
                    values.contains {
                        $0.key.lowercased() == key.lowercased() && ["true", "1"].contains($0.value.lowercased())
                    }
                }
            })
    }
}
