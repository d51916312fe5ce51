import Log

extension Command {
    static let serve = Command(
        name: "serve", summary: "Run the custom handler, as the Functions host starts it.",
        discussion: """
            Example, without a host: luafunc serve --app myapp --port 8080
            """,
        options: [
            AppChoice.option, level, format, LimitOptions.memory, LimitOptions.time, port, bind, threads, bodyLimit,
            LimitOptions.output, watch, functions, untilStdinEnds, alternatesVMs,
            takesSecret,
        ],
        advice: { word in AppChoice.advice(on: word) ?? "say which port to listen on: luafunc serve --port 8080" }
    ) { arguments in
        let limits = LimitOptions(arguments)
        var serving = ServeSession()
        serving.app = AppChoice(arguments)
        serving.logger.level = arguments[level] ?? serving.logger.level
        serving.logger.format = arguments[format] ?? serving.logger.format
        serving.port = arguments[port]
        serving.bind = arguments[bind] ?? serving.bind
        serving.threads = arguments[threads]
        serving.memoryLimit = limits.memory ?? serving.memoryLimit
        serving.timeLimit = limits.time
        serving.bodyLimit = arguments[bodyLimit] ?? serving.bodyLimit
        serving.outputLimit = limits.output ?? serving.outputLimit
        serving.watch = arguments[watch]
        serving.functions = AppChoice.functions(arguments)
        serving.untilStdinEnds = arguments[untilStdinEnds]
        serving.alternatesVMs = arguments[alternatesVMs]
        serving.takesSecret = arguments[takesSecret]
        try serving.run()
    }

    private static let level = Option(
        "log-level", ValueOf<LogLevel>.choice, "Lowest level to write.",
        default: ServeSession().logger.level.rawValue)
    private static let format = Option(
        "log-format", ValueOf<LogFormat>.choice, "Format of log lines.", default: ServeSession().logger.format.rawValue)
    private static let port = Option(
        "port", .port, "Port to listen on; 0 finds a free one.",
        default: "FUNCTIONS_CUSTOMHANDLER_PORT, else 8080 for a program that carries its app")
    private static let bind = Option("bind", .text, "Address to listen on.", default: ServeSession().bind)
    private static let threads = Option(
        "threads", .number(1...1024), "Event loops, each with a Lua VM of every function.", default: "all cores")
    private static let bodyLimit = Option(
        "body-limit", .size(1...1 << 31), "Largest request body, such as 16MB.", default: "256MB")
    private static let watch = Switch(
        "watch", "Make every save take effect.",
        default: "only where AZURE_FUNCTIONS_ENVIRONMENT is Development")
    /// The choice of `luafunc start --functions`.
    private static let functions = AppChoice.functionsOption(isHidden: true)
    /// `luafunc start` holds the other end of standard input, so that no handler outlives it.
    private static let untilStdinEnds = Flag(
        "until-stdin-ends", "End when standard input ends.", isHidden: true)
    /// `luafunc start` shows what a function keeps in variables, because several VMs do not share it in production.
    private static let alternatesVMs = Flag(
        "alternate-vms", "Run each function in two VMs by turns.", isHidden: true)
    /// The secret comes through standard input, because other users of the machine can read arguments and environment
    /// variables.
    private static let takesSecret = Flag(
        "secret-on-stdin", "Answer only callers that send the first line of standard input as a header.", isHidden: true
    )
}

extension ValueOf<Int> {
    /// A port to listen on; 0 for any that is free.
    static let port = ValueOf.number(0...65_535)
}
