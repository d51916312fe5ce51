@testable import luafunc

/// A program with one option of every kind.
enum SampleProgram {
    enum Mode: String, CaseIterable { case fast, slow }

    static let app = Option("app", .folder(), "The folder.", default: "here")
    static let file = Option("file", .file, "It's a [file]: any.")
    static let count = Option("count", short: "c", .number(1...9), "How many.")
    static let names = RepeatedOption("names", .text, "Which.", takesList: true)
    static let size = Option("size", .size(1 << 20...1 << 31), "How large.")
    static let time = Option("time", .time, "How long.")
    static let mode = Option("mode", ValueOf<Mode>.choice, "How.", default: "fast")
    static let auth = Flag("auth", "Check.")
    static let verbose = Flag("verbose", short: "v", "Show more.")
    static let quiet = Flag("quiet", short: "q", "Show less.")
    static let hidden = Flag("hidden", "Never shown.", isHidden: true)
    static let watch = Switch("watch", "Look.", default: "no")
    static let shell = Operand("shell", ValueOf<Shell>.choice, "The shell.")

    static let run = Command(
        name: "run", summary: "Run it.",
        options: [app, file, count, names, size, time, mode, auth, verbose, quiet, hidden, watch],
        rest: Rest(name: "program", help: "Another program."), run: { _ in })
    static let strict = Command(
        name: "strict", summary: "Needs a count.", options: [count],
        validate: { arguments in
            if arguments[count] == nil { throw UsageError(.other("say how many")) }
        }, run: { _ in })
    static let complete = Command(
        name: "complete", summary: "Complete it.", operands: [shell], run: { _ in })
    static let place = Operand("place", ValueOf.folder(), "Where.", isOptional: true, default: "here")
    static let make = Command(name: "make", summary: "Make it.", options: [mode], operands: [place], run: { _ in })

    static let program = CommandSet(
        name: "luafunc", summary: "A sample.", discussion: "More of it.", version: "sample 1",
        commands: [run, strict, complete, make])

    /// The parsed arguments, if the words are a valid command.
    static func arguments(_ words: [String]) throws -> Arguments? {
        if case .run(_, let arguments) = try program.read(words) { arguments } else { nil }
    }

    /// The first line of the error, without `Error: `.
    static func error(_ words: [String]) -> String? {
        do {
            _ = try program.read(words)
            return nil
        } catch {
            return "\(error)".split(separator: "\n").first.map { String($0.dropFirst("Error: ".count)) }
        }
    }
}
