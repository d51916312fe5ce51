import ArgumentParser
import CustomHandler

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the custom handler, as the Functions host starts it.")

    @OptionGroup var app: AppOptions
    @OptionGroup var log: LogOptions
    @OptionGroup var limits: LimitOptions

    @Option(
        help: """
            Port to listen on; 0 finds a free one. (default: FUNCTIONS_CUSTOMHANDLER_PORT, else 8080 for a program that \
            carries its app)
            """)
    var port: Int?
    @Option(help: "Address to listen on.")
    var bind = Serving().bind
    @Option(help: "Event loops, each with a Lua VM of every function. (default: all cores)")
    var threads: Int?
    @Option(help: "Largest request body, such as 16MB. (default: 256MB)", transform: Parse.bytes)
    var bodyLimit = Serving().bodyLimit

    @Flag(
        inversion: .prefixedNo,
        help: "Make every save take effect. (default: only where AZURE_FUNCTIONS_ENVIRONMENT is Development)")
    var watch: Bool?

    /// `luafunc start` holds the other end, so that no handler outlives it.
    @Flag(help: .hidden)
    var untilStdinEnds = false

    func validate() throws {
        if let port, !(0...65_535).contains(port) { throw ValidationError("--port must be from 0 to 65535") }
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
        if bodyLimit > 1 << 31 { throw ValidationError("--body-limit must be at most 2GB") }
        if port == nil, !Settings.current.isHosted, try AppArchive.carried?.files == nil {
            throw ValidationError("say which port to listen on: luafunc serve --port 8080")
        }
    }

    func run() throws {
        var serving = Serving()
        serving.app = app.choice
        serving.logger = log.logger
        serving.format = log.logFormat
        serving.port = port
        serving.bind = bind
        serving.threads = threads
        serving.memoryLimit = limits.memoryLimit ?? serving.memoryLimit
        serving.timeLimit = limits.timeLimit
        serving.bodyLimit = bodyLimit
        serving.watch = watch
        serving.untilStdinEnds = untilStdinEnds
        try serving.run()
    }
}
