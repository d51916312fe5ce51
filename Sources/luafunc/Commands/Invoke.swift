import DevHost
import EventLoop
import Files
import FunctionsModel
import Glibc
import Log
import Toolbox

extension Command {
    static let invoke = Command(
        name: "invoke", summary: "Run a function once, with a sample event, without a server.",
        discussion: """
            The event is made from function.json as the host would send it. Logs go to standard error, the result to \
            standard output: for people on a terminal, as JSON otherwise. Exits with 1 if the invocation fails.

            Examples: luafunc invoke order --input '{"id":7}'
                      luafunc invoke hello --query name=Ada --header "accept: text/plain"
            """,
        options: [
            AppChoice.option, input, data, method, path, query, header, body, wire, hostSees, format,
            AppSettings.option, LimitOptions.memory, LimitOptions.time,
        ],
        operands: [function],
        validate: { arguments in
            try checkEvent(arguments)
        },
        advice: { word in
            if word.hasPrefix("{") || word.hasPrefix("[") { return "write --body before it, or --input for a message" }
            return AppChoice.advice(on: word)
        }
    ) { arguments in
        let choice = AppChoice(arguments)
        let settings = try AppSettings(arguments, choice, checksFiles: true)
        let app = try AppLoader(choice.source(.current), settings: settings.values).loadOrTell()
        settings.export()
        setenv("AZURE_FUNCTIONS_ENVIRONMENT", "Development", 0)
        setenv("FUNCTIONS_APP_ROOT_PATH", Path.standardized(choice.folder(.current)), 0)
        let invocation = try singleInvocation(arguments, app, storage: "\(choice.folder(.current))/.luafunc")
        let printer = InvokePrinter(
            format: arguments[format] ?? (StandardStream.output.isTerminal ? .text : .json),
            showsHost: arguments[hostSees])
        let loop = EventLoop.main
        let report = loop.finish {
            await invocation.run(
                on: loop, settings: settings.values, version: version,
                log: Logger(level: .info) { if !$0.isFailure { printer.print($0) } })
        }
        guard let report else { throw ExitCode.failure }
        printer.print(report)
        if report.failed { throw ExitCode.failure }
    }

    private static func checkEvent(_ arguments: Arguments) throws {
        let parts: [any CommandOption] = [input, method, path, query, header, body]
        if arguments.has(data.parameter), let other = parts.first(where: { arguments.has($0.parameter) }) {
            throw UsageError(.other("--data is the whole event; leave out \(other.parameter.long)"))
        }
        if arguments.has(input.parameter), arguments.has(body.parameter) {
            throw UsageError(.other("--input and --body are the same for an HTTP function; give one of them"))
        }
    }

    private static let function = Operand("name", .function, "The function.")
    private static let input = Option(
        "input", ValueOf<[UInt8]>.content, "The message's text, the blob's content, the event or the documents in JSON."
    )
    private static let data = Option(
        "data", ValueOf<[UInt8]>.file, "A whole payload, or what luafunc start --record has kept; - is standard input.")
    private static let method = Option("method", .text, "The caller's method.", default: "the first that is allowed")
    private static let path = Option("path", .text, "The caller's path.", default: "the route with examples")
    private static let query = RepeatedOption(
        "query", .text, "The caller's query, such as name=Ada; may be repeated.")
    private static let header = RepeatedOption("header", .text, "A header of the caller; may be repeated.")
    private static let body = Option("body", ValueOf<[UInt8]>.content, "The caller's body.", default: "an example")
    private static let wire = Option(
        "wire", ValueOf<Wire>.choice, "How the host passes on the caller's request.", default: "as host.json says")
    private static let hostSees = Flag(
        "what-the-host-sees", "Show what reaches the queues, blobs and the caller, byte by byte.")
    private static let format = Option(
        "format", ValueOf<InvokePrinter.Format>.choice, "How to print the result.",
        default: "text on a terminal, else json")

    private enum Wire: String, CaseIterable {
        case payload, forwarded, proxied

        var wire: HTTPWire {
            switch self {
            case .payload: .payload
            case .forwarded: .forwarded
            case .proxied: .proxied
            }
        }
    }

    private static func singleInvocation(
        _ arguments: Arguments, _ app: FunctionApp, storage: String
    ) throws -> SingleInvocation {
        var parts = FunctionEvent.Parts()
        do {
            parts.input = arguments[input]
            if let text = arguments[method] { try parts.setMethod(text) }
            if let text = arguments[path] { try parts.setPath(text) }
            let queries = arguments[query]
            // A request line ends at a space.
            if !queries.isEmpty {
                try parts.setQuery(queries.joined(separator: "&").replacing(" ", with: "%20"))
            }
            for line in arguments[header] { try parts.addHeader(line) }
            parts.body = arguments[body]
            var invocation = try SingleInvocation(
                arguments[function] ?? "", in: app, parts, recording: arguments[data], wire: arguments[wire]?.wire)
            let limits = LimitOptions(arguments)
            invocation.memoryLimit = limits.memory
            invocation.timeLimit = limits.time
            invocation.storage = storage
            return invocation
        } catch let refusal as SingleInvocation.Refusal {
            Console.printError("luafunc: \(refusal)")
            throw ExitCode.badApp
        } catch {
            let text = arguments[data] == nil ? "\(error)" : "--data: \(error)"
            throw UsageError(.other(text), command: "invoke")
        }
    }
}

/// Bytes that an option gives as a text, in a file or through standard input.
private enum Content {
    static func bytes(of text: String) throws(ValueProblem) -> [UInt8] {
        if text == "-" { return try bytes(ofFile: text) }
        return text.hasPrefix("@") ? try bytes(ofFile: String(text.dropFirst())) : Array(text.utf8)
    }

    static func bytes(ofFile file: String) throws(ValueProblem) -> [UInt8] {
        do throws(FileError) {
            return try File.read(file == "-" ? "/dev/stdin" : file, limit: 256 << 20)
        } catch {
            throw .unreadable("it cannot be read: \(error.reason)")
        }
    }
}

extension ValueOf<[UInt8]> {
    /// A text, `@file`, or `-` for standard input.
    fileprivate static let content = ValueOf(placeholder: "text|@file|-", completion: .content) {
        text throws(ValueProblem) in try Content.bytes(of: text)
    }

    fileprivate static let file = ValueOf(placeholder: "file|-", completion: .file) { text throws(ValueProblem) in
        try Content.bytes(ofFile: text)
    }
}
