import CustomHandler
import EventLoop
import Files
import FunctionsModel
import Glibc
import Log

/// The work of `repl`: reads inputs from a terminal, and prints their values.
@MainLoop
final class ReplSession {
    static let prompt = "> "
    nonisolated static let furtherPrompt = ">> "

    private let prompter: Prompt
    private let output: ReplOutput
    /// Reads the app anew, for `:reload`.
    private let load: () throws -> FunctionApp
    private let terminal = RawTerminal()
    private let edits: Bool
    private var keys = KeyReader()
    private var editor = LineEditor()
    /// The lines of an input that is not complete.
    private var begun: [String] = []
    /// What a terminal without an editor has sent of a line.
    private var unread: [UInt8] = []
    private var hasEnded = false
    private var history: HistoryFile?
    private var hasTakenNoteOfLocals = false

    /// - Parameter edits: whether the terminal can show an edited line. It sends whole lines otherwise.
    init(_ prompter: Prompt, _ output: ReplOutput, edits: Bool, load: @escaping () throws -> FunctionApp) {
        (self.prompter, self.output, self.edits, self.load) = (prompter, output, edits, load)
    }

    // MARK: Life

    func start(greeting: String) throws {
        output.note(greeting)
        watchSignals()
        prompter.taskFailed = { [output] failure in output.print(failure) }
        prompter.exited = { [unowned self] code in end(ExitCode(number: Int32(code & 0xff))) }
        if edits {
            readHistory()
            terminal.enter()
        }
        try Thread.start(named: "input") {
            let input = FileDescriptor(owning: 0, path: "standard input")
            while true {
                let bytes = (try? input.readWaiting(upTo: 64 << 10)) ?? []
                MainLoop.task { [self] in received(bytes) }
                if bytes.isEmpty { return }
            }
        }
        ask()
    }

    private func watchSignals() {
        let loop = EventLoop.main
        for signal in [SIGTERM, SIGHUP, SIGQUIT] {
            _ = SignalWatch(loop, signal: signal) { MainLoop.task { [weak self] in self?.end(.stopped) } }
        }
        _ = SignalWatch(loop, signal: SIGINT) { MainLoop.task { [weak self] in self?.interrupt() } }
        guard edits else { return }
        _ = SignalWatch(loop, signal: SIGWINCH) { MainLoop.task { [weak self] in self?.resized() } }
        _ = SignalWatch(loop, signal: SIGCONT) { MainLoop.task { [weak self] in self?.resumed() } }
        watchSuspension()
    }

    private func end(_ code: ExitCode) -> Never {
        output.leave()
        terminal.restore()
        try? history?.flush()
        code.end()
    }

    // MARK: Suspension

    private var suspension: SignalWatch?

    private func watchSuspension() {
        suspension = SignalWatch(.main, signal: SIGTSTP) { MainLoop.task { [weak self] in self?.suspend() } }
    }

    /// Stops the program as a shell expects it, with the terminal as it was.
    private func suspend() {
        // A second Ctrl-Z may come before the program has stopped.
        guard let watch = suspension else { return }
        suspension = nil
        watch.close()
        output.leave()
        terminal.restore()
        // The signal has its usual effect again when the loop has closed the watch.
        EventLoop.main.perform { MainLoop.task { [weak self] in self?.stop() } }
    }

    private func stop() {
        // The whole group, which a shell has started together, stops here.
        kill(0, SIGTSTP)
        watchSuspension()
        resumed()
    }

    private func resumed() {
        terminal.restore()
        terminal.enter()
        resized()
        if !prompter.isRunning { redraw() }
    }

    private func resized() {
        let size = RawTerminal.size
        output.resize(columns: size.columns, rows: size.rows)
    }

    // MARK: Reading

    private func received(_ bytes: [UInt8]) {
        if bytes.isEmpty { hasEnded = true }
        guard edits else {
            unread += bytes
            return readLines()
        }
        // The terminal is gone.
        if hasEnded { end(.success) }
        keys.add(bytes)
        readKeys()
    }

    private func readKeys() {
        while true {
            if prompter.isRunning {
                switch keys.takeSignal() {
                case .interrupt: interrupt()
                case .suspend: suspend()
                default: break
                }
                return
            }
            guard let key = keys.next() else { return }
            handle(key)
        }
    }

    private func readLines() {
        while !prompter.isRunning, let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: unread[..<end], as: UTF8.self)
            unread.removeFirst(end + 1)
            submit(line)
        }
        if hasEnded, !prompter.isRunning {
            output.print("")
            self.end(.success)
        }
    }

    private func handle(_ key: Key) {
        switch editor.handle(key) {
        case .redraw: redraw()
        case .submit(let line):
            // The line was shown as it is now.
            output.leave()
            submit(line)
        case .complete: complete()
        case .clearScreen:
            output.clearScreen()
            redraw()
        case .interrupt: interrupt()
        case .endOfInput: end(.success)
        case .suspend: suspend()
        }
    }

    private func ask() {
        if edits {
            redraw()
            readKeys()
        } else {
            try? StandardStream.errors.write(begun.isEmpty ? Self.prompt : Self.furtherPrompt)
            readLines()
        }
    }

    private func redraw() {
        let prompt = editor.searchPrompt ?? (begun.isEmpty ? Self.prompt : Self.furtherPrompt)
        output.show(prompt, editor.characters, cursor: editor.cursor)
    }

    /// Ctrl-C: ends the input that runs, or drops the one that is being typed. If there is none, it ends the tasks.
    private func interrupt() {
        if prompter.isRunning { return prompter.interrupt() }
        let tasks = prompter.tasks
        if begun.isEmpty, editor.characters.isEmpty, tasks > 0 {
            prompter.interrupt()
            output.note(tasks == 1 ? "a task was ended" : "\(tasks) tasks were ended")
        }
        if edits { output.leave() } else { output.print("") }
        editor.clear()
        begun = []
        ask()
    }

    // MARK: Inputs

    private func submit(_ line: String) {
        let isEmpty = line.allSatisfy(\.isWhitespace)
        if begun.isEmpty, isEmpty { return ask() }
        if isEmpty, !begun.isEmpty {
            keep(begun.joined(separator: "\n"))
            begun = []
            output.note("the input was not complete, so nothing has run")
            return ask()
        }
        if begun.isEmpty, let command = command(line) {
            keep(line)
            command()
            return ask()
        }
        begun.append(line)
        let text = begun.joined(separator: "\n")
        prompter.evaluate(Array(text.utf8)) { [unowned self] end in
            if case .incomplete = end { return ask() }
            keep(text)
            begun = []
            show(end, of: text)
            ask()
        }
    }

    private func show(_ end: PromptEnd, of text: String) {
        switch end {
        case .incomplete, .values(nil): break
        case .values(let text?): output.print(text)
        case .failed(let failure): output.print(failure)
        case .interrupted: output.printError("interrupted")
        case .exited(let code): self.end(ExitCode(number: Int32(code & 0xff)))
        }
        if case .values("nil"?) = end, let advice = Self.advice[text.trimmingBlanks] { output.note(advice) }
        if case .values = end, !hasTakenNoteOfLocals, text.hasPrefix("local "), !text.contains("\n") {
            hasTakenNoteOfLocals = true
            output.note("a local variable lasts only for its input; leave out 'local' to keep the value")
        }
    }

    // MARK: Commands

    private func command(_ line: String) -> (() -> Void)? {
        guard line.hasPrefix(":"), !line.hasPrefix("::") else { return nil }
        let name = line.dropFirst().filter { !$0.isWhitespace }
        switch name {
        case "help": return { [self] in output.print(Self.help) }
        case "quit": return { [self] in end(.success) }
        case "reload": return { [self] in reload() }
        default:
            return { [self] in
                let typed = line.trimmingBlanks
                output.printError("there is no command '\(typed)'; there are :help, :reload and :quit")
            }
        }
    }

    private func reload() {
        do {
            try prompter.reload(load())
            output.note("app reloaded; all variables were cleared")
        } catch let failure as InvocationFailure {
            output.printError(failure.message, traceback: failure.traceback)
        } catch {
            output.printError("\(error)")
        }
    }

    /// What people type from habit, and what they mean.
    private static let advice = [
        "exit": "write :quit, or press Ctrl-D", "quit": "write :quit, or press Ctrl-D", "help": "write :help",
    ]

    private static let help = """
        An expression shows its values; _ is the last one. Globals stay, and locals end with their input.
        Tasks go on while you type; Ctrl-C ends what runs, and at an empty prompt the tasks.
        :reload  read the app's files anew, with fresh variables
        :quit    end, as Ctrl-D does
        """

    // MARK: Completion

    private func complete() {
        let text = (begun + [editor.textBeforeCursor]).joined(separator: "\n")
        guard editor.textBeforeCursor.contains(where: { !$0.isWhitespace }) else {
            editor.insert("  ")
            return redraw()
        }
        let found = prompter.completion(of: text)
        let common = Self.commonPrefix(of: found.candidates)
        if common.count > found.word.count {
            editor.insert(String(common.dropFirst(found.word.count)))
        } else if found.candidates.count > 1 {
            output.print(list: found.candidates, columns: RawTerminal.size.columns)
        }
        redraw()
    }

    private static func commonPrefix(of words: [String]) -> String {
        guard var common = words.first else { return "" }
        for word in words { while !word.hasPrefix(common) { common.removeLast() } }
        return common
    }

    // MARK: History

    private func readHistory() {
        history = HistoryFile(Settings.current.values)
        do throws(FileError) {
            editor.history = try history?.read() ?? []
        } catch {
            forgetHistory(error)
        }
    }

    private func keep(_ text: String) {
        guard HistoryFile.keeps(text, after: editor.history.last) else { return }
        editor.history.append(text)
        do throws(FileError) {
            try history?.append(text)
        } catch {
            forgetHistory(error)
        }
    }

    private func forgetHistory(_ error: FileError) {
        history = nil
        output.note("warn  the history is not kept: \(error)")
    }
}

extension String {
    /// The text without white space at its ends.
    fileprivate var trimmingBlanks: String {
        var text = drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
