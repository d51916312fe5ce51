import DevHost
import Files
import FunctionsModel
import Log
import Toolbox

/// Prints the result of `luafunc invoke` on standard output, and everything else on standard error.
struct InvokePrinter: Sendable {
    enum Format: String, CaseIterable { case text, json }

    let format: Format
    /// Whether to print what reaches the services, in place of what the function returned.
    let showsHost: Bool
    private let style = ConsoleStyle(isTerminal: StandardStream.output.isTerminal)
    private let errorStyle = ConsoleStyle(isTerminal: StandardStream.errors.isTerminal)

    init(format: Format, showsHost: Bool) {
        self.format = format
        self.showsHost = showsHost
    }

    /// A line that the function logs.
    func print(_ entry: LogEntry) {
        let text = Escape.lines(entry.message)
        switch entry.level {
        case .debug, .info: Console.printStyledError(text)
        case .warning: Console.printStyledError(errorStyle.yellow("warn  \(text)"))
        case .error: Console.printStyledError(errorStyle.red("error  \(text)"))
        }
    }

    func print(_ report: RunReport) {
        switch format {
        case .json:
            Console.print(showsHost ? report.effectsJSON : report.errorJSON ?? report.json)
        case .text: if showsHost { printEffects(report) } else { printResult(report) }
        }
        for warning in report.result.warnings where !showsHost || format == .json {
            Console.printStyledError(errorStyle.yellow("warn  " + Escape.line(warning)))
        }
        printEnd(report)
    }

    // MARK: Standard output

    private func printResult(_ report: RunReport) {
        for output in report.result.outputs {
            printTitle(output)
            for message in output.messages { Console.print(RunReport.readable(message)) }
        }
        if let http = report.http { print(http, isExact: false) }
    }

    private func printEffects(_ report: RunReport) {
        for output in report.result.outputs {
            printTitle(output)
            for message in output.messages {
                Console.printStyled(style.dim(message.count == 1 ? "1 byte" : "\(message.count) bytes"))
                Console.print(RunReport.shown(message))
            }
        }
        if let caller = report.caller { print(caller, isExact: true) }
        if report.result.outputs.isEmpty, report.caller == nil { Console.print("nothing is written") }
        for warning in report.result.warnings {
            Console.printStyled(style.yellow("warn  " + Escape.line(warning)))
        }
    }

    private func printTitle(_ output: RunResult.Output) {
        let count = output.messages.count == 1 ? "" : " ×\(output.messages.count)"
        Console.printStyled(style.bold(Escape.line(output.name)) + style.dim("  \(Escape.line(output.type))\(count)"))
    }

    private func print(_ http: HTTPResult, isExact: Bool) {
        Console.printStyled(style.of(http.status)("HTTP/1.1 \(http.status)"))
        for (name, value) in http.headers { Console.printStyled(style.dim(Escape.line("\(name): \(value)"))) }
        Console.print("")
        if http.body.isEmpty { return }
        Console.print(isExact ? RunReport.shown(http.body) : RunReport.readable(http.body))
    }

    // MARK: Standard error

    private func printEnd(_ report: RunReport) {
        if let failure = report.result.failure {
            Console.printStyledError(errorStyle.red(Escape.lines(failure.message)))
            if !failure.traceback.isEmpty {
                Console.printStyledError(errorStyle.dim("stack traceback:"))
                for call in failure.traceback { Console.printStyledError(errorStyle.dim("  " + Escape.line(call))) }
            }
            if let excerpt = report.excerpt { Console.printError(excerpt) }
        } else if let reason = report.result.unsendable {
            Console.printStyledError(errorStyle.red(Escape.lines(reason)))
        }
        let outcome = report.failed ? errorStyle.red("failed") : errorStyle.green("succeeded")
        let milliseconds = Int(report.result.duration / .milliseconds(1))
        Console.printStyledError("\(Escape.line(report.function.name)) \(outcome) after \(milliseconds) ms")
    }
}
