import CustomHandler
import EventLoop
import Files
import FunctionsModel
import Glibc
import Log
import Toolbox

extension Command {
    /// The work of `mcp stdio`: serves until standard input ends. Only messages go to standard output; the log goes to
    /// standard error.
    static func serveStdio(_ arguments: Arguments, function name: String?) throws {
        let choice = AppChoice(arguments)
        let settings = try AppSettings(arguments, choice, checksFiles: true)
        let app = try AppLoader(choice.source(.current), settings: settings.values).loadOrTell()
        settings.export()
        setenv("AZURE_FUNCTIONS_ENVIRONMENT", "Development", 0)
        let function = try server(of: app, name)
        let logger = Logger(level: .info) { Console.printError(Escape.lines("\($0.message)")) }
        let loop = EventLoop.main
        loop.bind()
        let inProcess = InProcessApp(
            app, on: loop, settings: settings.values, version: version, options: InvocationOptions(logger: logger))
        MainLoop.task {
            let server = StdioServer(inProcess.workers, function: function.name) { write(message: $0) }
            guard await server.answers() else {
                Console.printError("luafunc: the function '\(function.name)' does not answer as an MCP server does")
                ExitCode.badApp.end()
            }
            read(for: server)
        }
        loop.run()
    }

    /// Reads a piece of the input on a thread of its own, and the next one once the server has taken it. So a client that
    /// writes faster than the server reads has to wait.
    @MainLoop
    private static func read(for server: StdioServer) {
        do throws(StreamError) {
            try Thread.start(named: "input") {
                let input = FileDescriptor(owning: 0, path: "standard input")
                let bytes = (try? input.read(upTo: 64 << 10)) ?? []
                _ = input.release()
                MainLoop.task {
                    guard bytes.isEmpty else {
                        server.receive(bytes)
                        return read(for: server)
                    }
                    EventLoop.main.schedule(after: patience) { ExitCode.success.end() }
                    server.end { ExitCode.success.end() }
                }
            }
        } catch {
            Console.printError("luafunc: \(error)")
            ExitCode.failure.end()
        }
    }

    /// Writes a message as it is. It is JSON, so it has no line break, and escapes would change its meaning.
    private static func write(message: String) {
        let output = FileDescriptor(owning: 1, path: "standard output")
        do throws(FileError) {
            try output.write(Array("\(message)\n".utf8).span.bytes)
        } catch {
            // The client has gone.
            ExitCode.success.end()
        }
        _ = output.release()
    }

    /// How long after the end of the input a request may still be answered.
    private static let patience = Duration.seconds(10)

    /// The function that is the server: the named one, else `mcp`, else the only one.
    private static func server(of app: FunctionApp, _ name: String?) throws -> Function {
        let servers = app.list.filter { $0.isHTTP || $0.trigger == nil }
        if let function = servers.first(where: { $0.name == name ?? "mcp" }) { return function }
        if name == nil, servers.count == 1, let only = servers.first { return only }
        let names = servers.map(\.name).sorted().joined(separator: ", ")
        if let name, app.functions[name] != nil {
            Console.printError("luafunc: the function '\(name)' has no httpTrigger, so it cannot be an MCP server")
            throw ExitCode.badApp
        }
        let what = name.map { "there is no HTTP function '\($0)'" } ?? "no HTTP function has the name 'mcp'"
        Console.printError(
            "luafunc: \(what); name the server's function: luafunc mcp stdio NAME"
                + (names.isEmpty ? "" : " (there is \(names))"))
        throw ExitCode.badApp
    }
}
