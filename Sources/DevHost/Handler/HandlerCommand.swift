import Files
import FunctionsModel
import JSON

/// The program that answers invocations.
public enum HandlerChoice: Sendable, Equatable {
    /// luafunc itself, with these arguments; it logs in JSON and ends with its standard input.
    case luafunc(executable: String, arguments: [String])
    /// Another custom handler, as typed into a shell.
    case program([String])
    /// The custom handler that host.json describes.
    case described

    public var isLuafunc: Bool { if case .luafunc = self { true } else { false } }
}

/// The command that starts the handler (host-contract §1).
struct HandlerCommand: Sendable, Equatable {
    var executable: String
    var arguments: [String] = []
    var workingDirectory: String
    /// Whether the handler is luafunc itself.
    var isLuafunc = false
    /// The time to wait until the handler listens.
    var patience = Duration.seconds(30)
    /// Whether every line on stderr is an error unless it contains `warn` (host-contract §11).
    var stderrIsForErrors = true

    /// - Parameter environment: the program's environment, for `%NAME%`.
    init(
        _ choice: HandlerChoice, host: HostJSON, root: String, environment: [String: String]
    ) throws(Problem) {
        let section =
            host.tree.member(anyCase: "customHandler") ?? host.tree.member(anyCase: "httpWorker")
            ?? JSONTree(.object([]), line: 1)
        workingDirectory = root
        executable = ""
        if let text = section.member(anyCase: "initializationTimeout")?.string {
            guard let span = TimeSpan(text[...]), span.seconds > 0 else {
                throw Problem("host.json", "\"initializationTimeout\" must be a time such as \"00:00:30\"")
            }
            patience = span.duration
        }
        switch choice {
        case .luafunc(let executable, let arguments):
            self.executable = executable
            self.arguments = arguments
            isLuafunc = true
        case .program(let words):
            executable = ShellWords.expand(words.first ?? "", environment)
            arguments = words.dropFirst().map { ShellWords.removingUnset(ShellWords.expand($0, environment)) }
        case .described: try read(section, root, environment)
        }
    }

    private mutating func read(_ section: JSONTree, _ root: String, _ environment: [String: String]) throws(Problem) {
        guard let description = section.member(anyCase: "description") else {
            throw Problem(
                "host.json",
                "Missing worker Description: \"customHandler\" needs a \"description\" with "
                    + "\"defaultExecutablePath\", or name a program: luafunc start -- PROGRAM")
        }
        func text(_ name: String) -> String? {
            description.member(anyCase: name)?.string.flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let path = text("defaultExecutablePath") else {
            throw Problem(
                "host.json", line: description.line, "WorkerDescription DefaultExecutablePath cannot be empty")
        }
        func absolute(_ path: String?, in folder: String) -> String {
            guard let path else { return folder }
            return path.hasPrefix("/") ? path : "\(folder)/\(path)"
        }
        workingDirectory = absolute(text("workingDirectory"), in: root)
        let program = ShellWords.expand(path, environment)
        let file = absolute(program, in: absolute(text("workerDirectory"), in: root))
        // If the file does not exist, the program is searched on PATH.
        executable = File.exists(file) ? file : program
        var line = try texts("arguments", of: description)
        if let path = text("defaultWorkerPath") { line.append("\"\(path)\"") }
        line += try texts("workerArguments", of: description)
        let expanded = ShellWords.removingUnset(ShellWords.expand(line.joined(separator: " "), environment))
        arguments = ShellWords.split(expanded)
        stderrIsForErrors = description.member(anyCase: "useStdErrorStreamForErrorsOnly")?.flag ?? true
    }

    /// A list of strings, or one string that holds such a list, as in an app setting.
    private func texts(_ name: String, of description: JSONTree) throws(Problem) -> [String] {
        guard let written = description.member(anyCase: name), written.value != .null else { return [] }
        let list = written.string.flatMap { try? JSONTree.newtonsoft($0.utf8Span.span.bytes) } ?? written
        guard let elements = list.elements, elements.allSatisfy({ $0.string != nil }) else {
            throw Problem("host.json", line: written.line, "\"\(name)\" must be a list of strings")
        }
        return elements.compactMap(\.string)
    }
}

/// Splits a line of arguments as .NET, the host's runtime, does.
enum ShellWords {
    /// Replaces `%NAME%` by the value of the variable, if it is set.
    static func expand(_ text: String, _ environment: [String: String]) -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "%") {
            result += rest[..<open]
            rest = rest[rest.index(after: open)...]
            guard let close = rest.firstIndex(of: "%") else { return result + "%" + rest }
            if let value = environment[String(rest[..<close])] {
                result += value
                rest = rest[rest.index(after: close)...]
            } else {
                // The second percent sign may begin a name that is set.
                result += "%" + rest[..<close]
                rest = rest[close...]
            }
        }
        return result + rest
    }

    /// Removes text that is still between two percent signs, even across arguments.
    static func removingUnset(_ line: String) -> String {
        var result = ""
        var rest = line[...]
        while let open = rest.firstIndex(of: "%"), let close = rest[rest.index(after: open)...].firstIndex(of: "%") {
            result += rest[..<open]
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    /// Splits a line at white space outside quotes. `\"` is a quote; any other backslash is an ordinary character.
    static func split(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        var backslashes = 0
        for character in line {
            if character == "\\" {
                backslashes += 1
                continue
            }
            if backslashes > 0 {
                let kept = character == "\"" ? backslashes / 2 : backslashes
                word = (word ?? "") + String(repeating: "\\", count: kept)
            }
            let isEscaped = character == "\"" && backslashes % 2 == 1
            backslashes = 0
            if isEscaped {
                word = (word ?? "") + "\""
            } else if character == "\"" {
                isQuoted.toggle()
                word = word ?? ""
            } else if !isQuoted, character == " " || character == "\t" {
                if let complete = word { words.append(complete) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if backslashes > 0 { word = (word ?? "") + String(repeating: "\\", count: backslashes) }
        if let word { words.append(word) }
        return words
    }
}
