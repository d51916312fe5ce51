import CustomHandler
import EventLoop
import FunctionsModel
import Glibc
import HTTP
import Log
import Toolbox

/// The work of `serve`, with its defaults. It is separate from the command because the host starts luafunc without
/// options, and reading options would take longer than all other work before the socket listens.
struct ServeSession {
    var app = AppChoice()
    var logger = Logger()
    var port: Int?
    var bind = "127.0.0.1"
    var threads: Int?
    var memoryLimit = 64 << 20
    var timeLimit: Duration?
    /// The maximum size of a request body in bytes. The host accepts 100 MB, which base64 and escapes make larger.
    var bodyLimit = 256 << 20
    var outputLimit = 256 << 20
    var watch: Bool?
    /// The functions to load; nil for all.
    var functions: [String]?
    var untilStdinEnds = false
    /// Whether at least two VMs run each function by turns.
    var alternatesVMs = false
    /// Whether the first line of standard input is a secret that callers must send.
    var takesSecret = false

    /// The pause after luafunc has begun to listen. Work that the first response does not need starts after it: the
    /// other workers, the watcher for saves, and the handling of signals. Meanwhile the first caller has the machine to
    /// itself.
    private static let quiet = Duration.milliseconds(5)
    /// The default port of a program with an embedded app that is started by hand.
    private static let carriedPort = 8080

    /// Serves until a signal or the end of standard input ends the process.
    func run() throws -> Never {
        let settings = Settings.current
        let source = try app.source(settings)
        let loader = AppLoader(source, settings: settings.values, only: functions)
        // The host calls the port in host.json, whatever else is said.
        guard let port = try port ?? loader.handlerPort() ?? settings.hostPort.map({ Int($0) }) ?? defaultPort,
            (0...65_535).contains(port)
        else {
            throw UsageError(
                .other("FUNCTIONS_CUSTOMHANDLER_PORT is '\(settings.hostPort ?? "")', which is not a port"))
        }
        let secret = takesSecret ? try Secret.received() : nil
        LogSink.standard.detach()
        raiseFileLimit()
        // The first worker uses this thread, because starting another one would take longer than binding the socket.
        EventLoop.main.task { @MainLoop in
            do { try await begin(UInt16(port), settings, secret, source, loader) } catch { ExitCode.end(error) }
        }
        EventLoop.main.run()
        ExitCode.failure.end()
    }

    /// The port without an option, a host and a port in host.json.
    private var defaultPort: Int? {
        get throws {
            guard try AppArchive.carried?.files != nil else {
                throw UsageError(.other("say which port to listen on: luafunc serve --port 8080"))
            }
            return Self.carriedPort
        }
    }

    /// Starts to serve. It runs before the loop handles callers that have connected meanwhile.
    @MainLoop
    private func begin(
        _ port: UInt16, _ settings: Settings, _ secret: String?, _ source: AppSource, _ loader: AppLoader
    ) async throws {
        let loop = EventLoop.main
        let workers = WorkerGroup(loop: loop, settings: settings.values, version: version)
        let server = try await listen(loop, port, workers)
        let functions = try loader.loadOrTell()
        let options = InvocationOptions(
            memoryLimit: memoryLimit, timeLimit: timeLimit, logger: logger, showsErrors: settings.isDevelopment,
            callerCheck: secret.map { .secret($0) } ?? (settings.isHosted ? .host(port: server.port) : .open),
            alternatesVMs: alternatesVMs)
        let reloader =
            source.changes && (watch ?? settings.isDevelopment)
            ? AppReloader(
                loader: loader, app: functions, workers: workers, logger: logger,
                check: Self.check(settings.values)) : nil
        workers.install(functions, options: options)
        let end = ServeShutdown(server, workers)
        loop.schedule(after: Self.quiet) {
            end.watch(untilStdinEnds: untilStdinEnds)
            addWorkers(to: server, workers)
            StartupReport(
                app: functions, workers: workers, logger: logger, address: server.address,
                // The search for these links takes time that a handler in Azure does not have when it starts.
                linksOutside: reloader == nil ? [] : functions.linksOutside
            ).start(on: loop)
            watchSaves(reloader)
        }
    }

    /// Finds what is wrong in scripts. It reads files again only if they have changed.
    private static func check(_ settings: [String: String]) -> AppReloader.Check {
        let memory = ScriptMemory()
        return { app in await ScriptChecks.findings(in: app, failures: [:], settings: settings, memory: memory) }
    }

    @MainLoop
    private func listen(_ loop: EventLoop, _ port: UInt16, _ workers: WorkerGroup) async throws -> HTTPServer {
        do {
            let server: HTTPServer
            if let address = IPAddress(bind) {
                server = try HTTPServer(
                    loop, bind: SocketAddress(address, port: port), settings: serverSettings,
                    responder: workers.responder)
            } else {
                server = try await HTTPServer.open(
                    loop, bind: bind, port: port, settings: serverSettings, responder: workers.responder)
            }
            server.outOfDescriptors = { [logger] error in
                logger.warning("no connection can be accepted now: \(error); raise the limit of open files")
            }
            return server
        } catch {
            Console.printError("luafunc: cannot listen on \(bind):\(port): \(error); choose another port with --port")
            throw ExitCode.cannotBind
        }
    }

    private var serverSettings: HTTPServer.Settings {
        var settings = HTTPServer.Settings()
        settings.bodyLimit = bodyLimit
        settings.outputLimit = outputLimit
        settings.waitsForLoops = true
        settings.refusal = { refusal in
            let detail: String
            switch refusal {
            case .tooLarge(let limit):
                detail = "a request body may have at most \(ByteCount.text(limit)); raise it with --body-limit"
            case .tooLargeForResponder(let limit):
                detail =
                    "the request body is larger than the function's \(ByteCount.text(limit)); raise it with "
                    + "--memory-limit, or \"lua\": { \"memoryLimit\" } in function.json"
            default: return refusal.response
            }
            return .problem(status: refusal.status, title: refusal.title, detail: detail)
        }
        return settings
    }

    /// Distributes all further connections among additional loops, if there is more than one core.
    private func addWorkers(to server: HTTPServer, _ workers: WorkerGroup) {
        // `Cores.available` takes a container's CPU quota into account.
        let count = threads ?? Cores.available
        do throws(StreamError) {
            server.add(count > 1 ? try workers.add(count) : [])
        } catch {
            logger.warning("all connections are served on one thread, because no other could be started: \(error)")
            server.add([])
        }
    }

    private func watchSaves(_ reloader: AppReloader?) {
        do throws(StreamError) {
            try reloader?.start()
        } catch {
            logger.error("saves do not take effect: the folder cannot be watched: \(error)")
        }
    }

    /// Raises the limit of open files. Every caller needs a socket, and the usual soft limit of 1,024 is lower than
    /// what the machine allows.
    private func raiseFileLimit() {
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(files, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        // If the limit cannot be raised, luafunc runs with the old one.
        setrlimit(files, &limit)
    }
}
