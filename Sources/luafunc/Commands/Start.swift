import DevHost
import EventLoop
import Files
import FunctionsModel
import Glibc
import Log
import Toolbox

extension Command {
    static let start = Command(
        name: "start", summary: "Run an app on this machine, as the Functions host would; every save takes effect.",
        discussion: """
            With a program after --, or with --external, another custom handler runs the app's functions.

            Examples: luafunc start myapp -p 7072
                      luafunc start --functions hello order --cors http://localhost:3000
            """,
        options: [
            AppChoice.option, functions, port, bind, https, useHTTPS, cors, corsCredentials, auth, verboseErrors,
            timezone, external, record, LimitOptions.memory, LimitOptions.time, LimitOptions.output, verbose,
        ],
        operands: [AppChoice.operand],
        rest: Rest(name: "program", help: "A custom handler to start in place of luafunc."),
        validate: { arguments in
            try AppChoice.check(arguments)
            if arguments[corsCredentials], arguments[cors]?.contains("*") == true {
                throw UsageError(.other("--cors-credentials with --cors '*': \(LocalSettings.credentialsForAll)"))
            }
            if arguments[external], !arguments.rest.isEmpty {
                throw UsageError(.other("use --external or a program after --, not both"))
            }
            if !choice(arguments).isLuafunc, let option = LimitOptions(arguments).arguments.first {
                throw UsageError(
                    .other("\(option) is for luafunc's own handler; give this one its limits itself"))
            }
        }
    ) { arguments in
        let choice = choice(arguments)
        let options = try options(arguments, choice, Settings.current)
        let verbose = arguments[verbose]
        LogSink.standard.detach()
        let loop = EventLoop.main
        loop.bind()
        loop.task { @MainLoop in await StartSession(options, choice, verbose: verbose).run() }
        loop.run()
        ExitCode.failure.end()
    }

    private static let port = Option(
        "port", short: "p", .port, "Port of the host; 0 finds a free one.",
        default: "local.settings.json's LocalHttpPort, else 7071")
    private static let bind = Option("bind", .text, "Address to listen on.", default: "127.0.0.1")
    private static let functions = AppChoice.functionsOption()
    private static let https = Flag("https", "Listen with TLS, with a certificate that luafunc makes for localhost.")
    /// The name that Core Tools has for it.
    private static let useHTTPS = Flag("useHttps", "The same.", isHidden: true)
    private static let cors = Option(
        "cors", .origins, "Origins whose pages may call, separated by commas; * for all.",
        default: "local.settings.json's Host.CORS")
    private static let corsCredentials = Flag("cors-credentials", "Let these pages send cookies.")
    private static let auth = Flag("auth", "Check function keys, as Azure does.")
    private static let verboseErrors = Flag(
        "verbose-errors", "Tell every caller why an invocation failed, not only browsers.")
    private static let timezone = Option(
        "timezone", .text, "Time zone of the schedules, such as Europe/Berlin.", default: "UTC")
    private static let external = Flag(
        "external", "Start the custom handler that host.json describes, in place of luafunc.")
    private static let record = Option(
        "record", .folder(placeholder: "folder"),
        "Keep what the handler gets, without secrets, for luafunc invoke --data.")
    private static let verbose = Flag("verbose", short: "v", "Show debug lines as well.")

    private static func choice(_ arguments: Arguments) -> HandlerChoice {
        if arguments[external] { return .described }
        if !arguments.rest.isEmpty { return .program(arguments.rest) }
        let level = arguments[verbose] ? LogLevel.debug : .info
        var words = [
            "serve", "--watch", "--until-stdin-ends", "--alternate-vms", "--log-format", "json", "--log-level",
            level.rawValue,
        ]
        words += LimitOptions(arguments).arguments
        for name in AppChoice.functions(arguments) ?? [] { words.append("\(functions.parameter.long)=\(name)") }
        // Without this option, the handler would use its embedded app. The path is absolute, because the handler starts
        // in that folder.
        if let folder = AppChoice(arguments).app { words += ["--app", Path.standardized(folder)] }
        return .luafunc(executable: ExecutableFile.current, arguments: words)
    }

    private static func options(
        _ arguments: Arguments, _ choice: HandlerChoice, _ settings: Settings
    ) throws -> DevHost.Options {
        let app = AppChoice(arguments)
        var options = DevHost.Options(
            try app.source(settings), folder: app.folder(settings), handler: choice, environment: settings.values)
        options.bind = arguments[bind] ?? options.bind
        options.port = arguments[port]
        options.functions = AppChoice.functions(arguments)
        options.usesTLS = arguments[https] || arguments[useHTTPS]
        options.origins = arguments[cors]
        options.allowsCredentials = arguments[corsCredentials]
        options.checksKeys = arguments[auth]
        options.showsReasons = arguments[verboseErrors]
        options.timeZone = arguments[timezone]
        options.recordings = arguments[record]
        if options.source.changes {
            let root = options.folder
            options.whenRead = { app in EditorFiles.refresh(root, read: app) }
        }
        return options
    }
}

extension ValueOf<[String]> {
    /// Origins of web pages, separated by commas.
    fileprivate static let origins = ValueOf(placeholder: "origins") { text throws(ValueProblem) in
        let origins = LocalSettings.origins(in: text)
        guard !origins.isEmpty else { throw .unreadable("it names no origin such as http://localhost:3000") }
        for origin in origins where origin != "*" {
            let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 3, ["http:", "https:"].contains(parts[0].lowercased()), parts[1].isEmpty,
                !parts[2].isEmpty
            else { throw .unreadable("an origin is a scheme and a host, such as http://localhost:3000") }
        }
        return origins
    }
}
