import Files
import FunctionsModel
import Log
import Toolbox

/// Prints the findings of a check for people.
struct FindingsPrinter {
    private let report: FindingsReport

    init(_ check: AppCheck) { report = FindingsReport(check) }

    /// Prints everything and the number of findings on standard output.
    func print() {
        let style = ConsoleStyle(isTerminal: StandardStream.output.isTerminal)
        for finding in report.check.findings { Console.printStyled(text(of: finding, style)) }
        Console.print(report.summary)
    }

    /// Prints the findings on standard error, where they are not the result of the command.
    func printErrors() {
        let style = ConsoleStyle(isTerminal: StandardStream.errors.isTerminal)
        for finding in report.check.findings { Console.printStyledError(text(of: finding, style)) }
    }

    private func text(of finding: Finding, _ style: ConsoleStyle) -> String {
        let place = [Escape.line(finding.file), finding.line.map(String.init), finding.column.map(String.init)]
            .compactMap(\.self).joined(separator: ":")
        let paint =
            switch finding.severity {
            case .error: style.red
            case .warning: style.yellow
            case .note: style.dim
            }
        // Text from outside must not begin a line: GitHub reads lines that begin with `::` as commands.
        let message = Escape.lines(finding.message).split(separator: "\n", omittingEmptySubsequences: false)
        let first = "\(style.bold(place)): \(paint(finding.severity.rawValue)): \(message.first ?? "")"
        var lines = ["\(first) \(style.dim("[\(finding.rule.rawValue)]"))"]
        lines += message.dropFirst().map { "    | \($0)" }
        if let remedy = finding.remedy { lines.append("    \(Escape.line(remedy))") }
        if let excerpt = report.excerpt(of: finding) { lines.append(style.dim(Escape.lines(excerpt))) }
        return lines.joined(separator: "\n")
    }
}
