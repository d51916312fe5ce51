import ArgumentParser
import CustomHandler
import DevHost
import FoundationEssentials
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

struct Start: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run an app on this machine, as the Functions host would; every save takes effect.",
        discussion: """
            With a program after --, or with --external, another custom handler runs the app's functions.
            """)

    @OptionGroup var app: AppOptions
    @OptionGroup var limits: LimitOptions

    @Option(help: "Port of the host; 0 finds a free one. (default: local.settings.json's LocalHttpPort, else 7071)")
    var port: Int?
    @Option(help: "Address to listen on.")
    var bind = "127.0.0.1"
    @Flag(help: "Check function keys, as Azure does.")
    var auth = false
    @Flag(help: "Tell every caller why an invocation failed, not only browsers.")
    var verboseErrors = false
    @Option(help: "Time zone of the schedules, such as Europe/Berlin. (default: UTC)")
    var timezone: String?
    @Flag(help: "Start the custom handler that host.json describes, in place of luafunc.")
    var external = false
    @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Show debug lines as well.")
    var verbose = false
    @Argument(parsing: .postTerminator, help: "A custom handler to start in place of luafunc.")
    var program: [String] = []

    func validate() throws {
        if let port, !(0...65_535).contains(port) { throw ValidationError("--port must be from 0 to 65535") }
        if external, !program.isEmpty { throw ValidationError("use --external or a program after --, not both") }
        if !choice.isLuafunc, let option = limits.arguments.first {
            throw ValidationError("\(option) is for luafunc's own handler; give this one its limits itself")
        }
    }

    func run() throws {
        let settings = Settings.current
        let choice = choice
        let options = try options(choice, settings)
        let (events, continuation) = AsyncStream<HostEvent>.makeStream()
        let console = StartConsole(
            isLuafunc: choice.isLuafunc, reloads: choice.isLuafunc && options.source.changes, verbose: verbose)
        let done = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)
        done.completeWithTask {
            let host = try await DevHost(options) { continuation.yield($0) }
            let showing = Task { for await event in events { await console.show(event) } }
            defer { showing.cancel() }
            try await ServiceGroup(
                configuration: .init(
                    services: [.init(service: HostService(host: host))],
                    gracefulShutdownSignals: [.sigterm, .sigint, .sighup],
                    logger: Logger(label: "luafunc") { _ in SwiftLogNoOpLogHandler() })
            ).run()
        }
        do {
            try done.futureResult.wait()
        } catch let problem as Problem {
            Console.printError("luafunc: \(problem)")
            throw ExitCode.badApp
        } catch let failure as DevHost.Failure {
            Console.printError("luafunc: \(failure)")
            throw failure.isAddressTaken ? ExitCode.cannotBind : ExitCode.failure
        }
        Console.print("stopped")
    }

    private var choice: HandlerChoice {
        if external { return .described }
        if !program.isEmpty { return .program(program) }
        let level = verbose ? "debug" : "info"
        var arguments = ["serve", "--watch", "--until-stdin-ends", "--log-format", "json", "--log-level", level]
        arguments += limits.arguments
        // Without it, the program's own app. Absolute, as the handler begins in that folder.
        if let folder = app.app { arguments += ["--app", URL(filePath: folder).standardizedFileURL.path] }
        return .luafunc(executable: ExecutableFile.current, arguments: arguments)
    }

    private func options(_ choice: HandlerChoice, _ settings: Settings) throws -> DevHost.Options {
        var options = DevHost.Options(
            try app.choice.source(settings), folder: app.choice.folder(settings), handler: choice,
            environment: settings.values)
        options.bind = bind
        options.port = port
        options.checksKeys = auth
        options.showsReasons = verboseErrors
        options.timeZone = timezone
        return options
    }
}

/// Stops at once: what runs is stopped with it, as the host does (host-contract §4.4).
private struct HostService: Service {
    let host: DevHost

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await host.run() }
    }
}
