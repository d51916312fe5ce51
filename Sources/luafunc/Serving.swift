import ArgumentParser
import CustomHandler
import FoundationEssentials
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import SystemPackage
import UnixSignals

/// What `serve` does, with its defaults. Apart from the command because to read options takes longer than all else until
/// the socket listens, and the host starts luafunc without any.
struct Serving {
    var app = AppChoice()
    var logger = LogOptions.logger(.info, .text)
    var format = LogFormat.text
    var port: Int?
    var bind = "127.0.0.1"
    var threads: Int?
    var memoryLimit = 64 << 20
    var timeLimit: Duration?
    /// The host takes 100 MB, which base64 and escapes make longer.
    var bodyLimit = 256 << 20
    var watch: Bool?
    var untilStdinEnds = false

    /// Whoever calls at once has the machine for themselves. All that a first answer does not need begins afterwards: the
    /// other workers, the watch for saves, and that a signal lets what runs be finished.
    private static let quiet = TimeAmount.milliseconds(5)
    /// Of a program that carries its app and is started by hand.
    private static let carriedPort = 8080

    /// Ends the process when it is told to stop.
    func run() throws {
        let settings = Settings.current
        guard let port = port ?? settings.hostPort.map({ Int($0) }) ?? Self.carriedPort, (0...65_535).contains(port)
        else {
            throw ValidationError("FUNCTIONS_CUSTOMHANDLER_PORT is '\(settings.hostPort ?? "")', which is no port")
        }
        raiseFileLimit()
        // The first worker has this thread: to start another takes longer than to bind the socket.
        MultiThreadedEventLoopGroup.withCurrentThreadAsEventLoop { eventLoop in
            begin(on: eventLoop, port, settings)
        }
    }

    private func begin(on eventLoop: any EventLoop, _ port: Int, _ settings: Settings) {
        let workers = WorkerGroup(eventLoop: eventLoop, settings: settings.values)
        HTTPServer.open(on: bind, port: port, workers: workers, bodyLimit: bodyLimit).whenComplete { result in
            do {
                let server = try listening(result, port)
                let source = try app.source(settings)
                let loader = AppLoader(source, settings: settings.values)
                let functions = try load(loader)
                let options = InvocationOptions(
                    memoryLimit: memoryLimit, timeLimit: timeLimit, logger: logger,
                    showsErrors: settings.isDevelopment)
                let reloader =
                    source.changes && (watch ?? settings.isDevelopment)
                    ? AppReloader(loader: loader, app: functions, workers: workers, logger: logger) : nil
                // Not later: next, the loop turns to who has connected meanwhile.
                workers.adopt(functions, options: options)
                eventLoop.scheduleTask(in: Self.quiet) {
                    Task {
                        let end = await serve(functions, options, server, workers, reloader)
                        Luafunc.exit(withError: end ?? (settings.isHosted ? ExitCode.stoppedByHost : .success))
                    }
                }
            } catch {
                Luafunc.exit(withError: error)
            }
        }
    }

    private func listening(_ result: Result<HTTPServer, any Error>, _ port: Int) throws -> HTTPServer {
        do {
            return try result.get()
        } catch {
            let reason = (error as? IOError).map { "\(Errno(rawValue: $0.errnoCode))" } ?? "\(error)"
            Console.printError("luafunc: cannot listen on \(bind):\(port): \(reason); choose another port with --port")
            throw ExitCode.cannotBind
        }
    }

    /// Until the program is told to stop; answers what ends it before.
    private func serve(
        _ app: FunctionApp, _ options: InvocationOptions, _ server: HTTPServer, _ workers: WorkerGroup,
        _ reloader: AppReloader?
    ) async -> (any Error)? {
        do {
            // The cores may also be what a container's quota leaves of them.
            let server = try await server.takeAll(threads: threads ?? System.coreCount)
            let announcement = Announcement(
                app: app, workers: workers, options: options, server: server, reloader: reloader, format: format)
            // Not a service of the group: nothing at the end waits for a script that still loads.
            let announcing = Task { await announcement.run() }
            defer { announcing.cancel() }
            try await ServiceGroup(
                configuration: .init(
                    services: services(server),
                    gracefulShutdownSignals: [.sigterm, .sigint],
                    // What the group would log is said by the commands themselves.
                    logger: Logger(label: "luafunc") { _ in SwiftLogNoOpLogHandler() })
            ).run()
            return nil
        } catch {
            return error
        }
    }

    /// Every caller holds a socket, and the usual soft limit of 1,024 files is no limit of the machine's.
    private func raiseFileLimit() {
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(files, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        // Where it cannot be raised, it is as it was.
        setrlimit(files, &limit)
    }

    private func services(_ server: HTTPServer) -> [ServiceGroupConfiguration.ServiceConfiguration] {
        let watch = ServiceGroupConfiguration.ServiceConfiguration(
            service: StdinWatch(), successTerminationBehavior: .gracefullyShutdownGroup,
            serviceName: "standard input")
        // Without a name the group makes one by reflection.
        return [.init(service: server, serviceName: "HTTP server")] + (untilStdinEnds ? [watch] : [])
    }

    private func load(_ loader: AppLoader) throws -> FunctionApp {
        do throws(Problem) {
            return try loader.load()
        } catch {
            Console.printError("luafunc: \(error)")
            throw ExitCode.badApp
        }
    }
}

/// Tells what is served and what is broken, then waits for saves.
private struct Announcement {
    let app: FunctionApp
    let workers: WorkerGroup
    let options: InvocationOptions
    let server: HTTPServer
    let reloader: AppReloader?
    let format: LogFormat

    func run() async {
        async let watching: Void = watch()
        let host = server.address.contains(":") ? "[\(server.address)]" : server.address
        say("luafunc \(version): serving \(app.root) on http://\(host):\(server.port)")
        let failures = await workers.check(app)
        for name in app.names {
            if let function = app.functions[name], failures[name] == nil {
                say("  \(name): \(function.trigger?.type ?? "")  \(app.address(of: function))")
            }
        }
        if app.names.isEmpty {
            options.logger.warning(
                "\(app.root) has no functions; a function is a folder, here or in functions/, with a function.json")
        }
        for warning in app.warnings { options.logger.warning("\(warning)") }
        for name in app.names {
            guard let reason = app.broken[name]?.description ?? failures[name]?.text else { continue }
            options.logger.error("\(reason)", metadata: [LogKey.function: "\(name)"])
        }
        await watching
    }

    /// Words for people are no log line, but who asks for JSON gets nothing else.
    private func say(_ text: String) {
        switch format {
        case .text: Console.print(text)
        case .json: options.logger.info("\(text)", metadata: [LogKey.event: LogKey.listening])
        }
    }

    private func watch() async {
        do {
            try await reloader?.run()
        } catch {
            options.logger.error("saves do not take effect: the folder cannot be watched: \(error)")
        }
    }
}

/// Ends the program when its standard input ends.
private struct StdinWatch: Service {
    func run() async throws {
        let channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .takingOwnershipOfDescriptor(input: FileDescriptor.standardInput.duplicate().rawValue).get()
        try await cancelWhenGracefulShutdown { try await channel.closeFuture.get() }
    }
}
