import Files
import FunctionsModel
import Log
import Toolbox

/// Asks on the terminal which template to use. Ctrl-C ends the program, as nothing has been written by then.
enum TemplateQuestion {
    static var canAsk: Bool { StandardStream.input.isTerminal && StandardStream.errors.isTerminal }

    /// An empty answer or the end of the input ends the command.
    static func ask() throws(ExitCode) -> FunctionTemplate {
        let templates = FunctionTemplate.allCases
        for (index, line) in FunctionTemplate.list.enumerated() { Console.printError("  \(index + 1)  \(line)") }
        while true {
            try? StandardStream.errors.write("Template (number or name): ")
            let line = readLine()
            if line == nil { Console.printError("") }
            let answer = (line ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
            guard !answer.isEmpty else {
                Console.printError("luafunc: no template was chosen, so nothing was written")
                throw ExitCode.failure
            }
            if let number = Int(answer), templates.indices.contains(number - 1) { return templates[number - 1] }
            if let template = FunctionTemplate(rawValue: answer) { return template }
            let question = NearestName.question(answer, among: templates.map(\.rawValue))
            Console.printError("there is no template '\(answer)'\(question)")
        }
    }
}

extension FunctionTemplate {
    /// One line for each template.
    static var list: [String] {
        let width = allCases.map(\.rawValue.count).max() ?? 0
        return allCases.map { template in
            let gap = String(repeating: " ", count: width - template.rawValue.count)
            return "\(template.rawValue)\(gap)  \(template.summary)"
        }
    }
}
