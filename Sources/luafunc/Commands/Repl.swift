import CustomHandler
import EventLoop
import Files
import FunctionsModel
import Glibc
import Log

extension Command {
    static let repl = Command(
        name: "repl", summary: "Try Lua at a prompt, with luafunc's modules and the app's lib/.",
        discussion: """
            Shows the values of what is typed. Tab completes, Ctrl-C ends what runs, Ctrl-D ends the prompt. Without a \
            terminal, the whole standard input is one chunk, and the exit code is 1 if it fails.

            Examples: luafunc repl --app shop
                      echo 'require("json").encode { 1, 2 }' | luafunc repl
            """,
        options: [AppChoice.option, AppSettings.option, LimitOptions.memory],
        advice: { word in
            word.hasSuffix(".lua") ? "write luafunc repl < \(word.shellWord)" : AppChoice.advice(on: word)
        }
    ) { arguments in
        let choice = AppChoice(arguments)
        let source = try source(choice)
        // The files of a folder that is no app may be meant for other tools.
        let settings = try AppSettings(arguments, choice, checksFiles: source != nil)
        let app = try AppLoader(source ?? .none, settings: settings.values).loadOrTell()
        settings.export()
        setenv("AZURE_FUNCTIONS_ENVIRONMENT", "Development", 0)
        let isTerminal = StandardStream.input.isTerminal
        let text = isTerminal ? [] : try standardInput()
        let size = RawTerminal.size
        let output = ReplOutput(columns: size.columns, rows: size.rows)
        var options = InvocationOptions(logger: Logger(level: .info) { output.print($0) })
        if let limit = LimitOptions(arguments).memory { options.memoryLimit = limit }
        let edits =
            isTerminal && StandardStream.output.isTerminal && Settings.current.values["TERM"] ?? "dumb" != "dumb"
        let loop = EventLoop.main
        loop.bind()
        MainLoop.task { [options] in
            do {
                let prompt = try Prompt(app, on: .main, settings: settings.values, version: version, options: options)
                guard isTerminal else { return ReplPipe(prompt, output).run(text) }
                let session = ReplSession(prompt, output, edits: edits) {
                    try AppLoader(source ?? .none, settings: settings.values).load()
                }
                let place = source == nil ? "no app here" : "app \(app.root)"
                try session.start(greeting: "luafunc \(version), \(place); :help for help, Ctrl-D ends")
            } catch let failure as InvocationFailure {
                Console.printError("luafunc: \(failure.message)")
                ExitCode.failure.end()
            } catch {
                ExitCode.end(error)
            }
        }
        loop.run()
    }

    /// The app; nil if none was named and there is none here.
    private static func source(_ choice: AppChoice) throws -> AppSource? {
        let source = try choice.source(.current)
        if case .folder(let folder) = source, choice.app == nil, !File.exists("\(folder)/host.json") { return nil }
        return source
    }

    private static func standardInput() throws -> [UInt8] {
        let input = FileDescriptor(owning: STDIN_FILENO, path: "standard input")
        var text: [UInt8] = []
        do throws(FileError) {
            while text.count <= mostInput {
                let piece = try input.readWaiting(upTo: 1 << 20)
                if piece.isEmpty { return text }
                text += piece
            }
            Console.printError("luafunc: standard input has more than 256 MB")
        } catch {
            Console.printError("luafunc: \(error)")
        }
        throw ExitCode.failure
    }

    /// In bytes.
    private static let mostInput = 256 << 20
}

extension AppSource {
    /// An app without files.
    fileprivate static let none = AppSource.archive(["host.json": Array("{}".utf8)], of: "luafunc")
}

/// Runs standard input as one chunk, and ends when its tasks have ended.
@MainLoop
private final class ReplPipe {
    private let prompt: Prompt
    private let output: ReplOutput
    private var code = ExitCode.success

    init(_ prompt: Prompt, _ output: ReplOutput) { (self.prompt, self.output) = (prompt, output) }

    func run(_ text: [UInt8]) {
        prompt.taskFailed = { [self] failure in show(failure) }
        prompt.exited = { code in ExitCode(number: Int32(code & 0xff)).end() }
        prompt.evaluate(text, file: "stdin") { [self] end in
            switch end {
            case .values(let text): if let text { output.print(text) }
            case .failed(let failure): show(failure)
            case .exited(let code): ExitCode(number: Int32(code & 0xff)).end()
            case .incomplete, .interrupted: code = .failure
            }
            prompt.tasksEnded = { [self] in code.end() }
            if prompt.tasks == 0 { code.end() }
        }
    }

    private func show(_ failure: PromptFailure) {
        code = .failure
        output.print(failure)
    }
}
