package import EventLoop
package import FunctionsModel
import Lua

/// An interactive Lua VM: it evaluates one input after another, and its globals stay.
///
/// All inputs and the tasks that they spawn belong to one execution, so tasks go on between inputs, and a later input
/// can join them. Everything happens on the loop's thread. Code runs in slices, so that the loop can read the keyboard
/// while an input runs.
package final class Prompt {
    private let workers: WorkerGroup
    private let scheduler: Scheduler
    private let pool: FunctionPool
    private let options: InvocationOptions
    private var vm: FunctionVM
    private var execution: Execution
    /// The Lua function that runs an input and makes the text of its values, and the table of the globals.
    private var marks: (run: LuaReference, globals: LuaReference)?
    /// The input that runs: its task, and who waits for its end.
    private var running: (task: ScriptTask, end: (PromptEnd) -> Void)?
    /// The texts of the latest inputs, by the names of their chunks, for the lines that errors show.
    private var texts: [String: [UInt8]] = [:]
    private var lastInput = 0
    private static let (keptTexts, longestText) = (1000, 1 << 20)
    private static let script = "the prompt"

    /// Gets the errors of tasks that no input has joined. It must not evaluate an input.
    package var taskFailed: ((PromptFailure) -> Void)?

    /// - Parameter options: its logger gets what the code prints and logs.
    package init(
        _ app: FunctionApp, on loop: EventLoop, settings: [String: String], version: String, options: InvocationOptions
    ) throws(InvocationFailure) {
        workers = WorkerGroup(loop: loop, settings: settings, version: version)
        workers.install(app, options: options)
        self.options = options
        guard let scheduler = workers.worker(on: loop).scheduler else {
            throw InvocationFailure(.function, "there is no app")
        }
        self.scheduler = scheduler
        pool = scheduler.makePool(Function(test: Self.script), of: app)
        pool.files = AppFiles(app.files, replacing: Self.script, with: [])
        vm = try Self.makeVM(pool, options)
        execution = Self.makeExecution(on: vm)
        pool.prompt = self
        try prepare()
    }

    /// Goes on with another version of the app in a fresh VM: nothing of the old state stays.
    package func reload(_ app: FunctionApp) throws(InvocationFailure) {
        pool.files = AppFiles(app.files, replacing: Self.script, with: [])
        try startAgain()
    }

    private func startAgain() throws(InvocationFailure) {
        let fresh = try Self.makeVM(pool, options)
        let old = execution
        // The prompt no longer waits for this end. Without a function, it would count as that of a load.
        old.ended = { _ in }
        vm.active -= 1
        vm = fresh
        execution = Self.makeExecution(on: vm)
        try prepare()
        scheduler.finish(old, .complete)
    }

    /// Ends everything. The prompt cannot be used afterwards.
    package func close() async {
        pool.prompt = nil
        execution.ended = { _ in }
        scheduler.finish(execution, .complete)
        await workers.shutdown()
    }

    private func prepare() throws(InvocationFailure) {
        watch(execution)
        do throws(LuaError) {
            marks = try PromptPrelude.install(vm.lua.stack) { [unowned self] stack in exit(on: stack) }
        } catch {
            throw InvocationFailure(.limit, "not enough memory for a Lua VM")
        }
    }

    private static func makeVM(_ pool: FunctionPool, _ options: InvocationOptions) throws(InvocationFailure)
        -> FunctionVM
    {
        let vm = try FunctionVM(pool: pool, options: options)
        vm.isBusy = false
        // The prompt itself counts as active, so that its VM is never replaced.
        vm.active += 1
        return vm
    }

    private static func makeExecution(on vm: FunctionVM) -> Execution {
        vm.active += 1
        return Execution(nil, on: vm, deadline: Deadline(Deadline.Limit(nil, .option)))
    }

    private func watch(_ execution: Execution) {
        execution.ended = { [unowned self] in ended($0) }
    }

    // MARK: Inputs

    /// Evaluates a chunk, or an expression, whose values are shown. Another input must not be running.
    ///
    /// - Parameter file: the chunk's name in errors if this is the only input; nil for the next name of the form
    ///   "input 1".
    package func evaluate(_ text: [UInt8], file: String? = nil, end: @escaping (PromptEnd) -> Void) {
        guard let marks else { return }
        let task = ScriptTask(.input, vm.lua.makeThread(), of: execution, arguments: 1)
        task.thread.stack.push(marks.run)
        let name = file ?? "input \(lastInput + 1)"
        do throws(LuaFailure) {
            try PromptChunk(text: text, name: "@\(name)", isWhole: file != nil).load(onto: task.thread.stack)
        } catch {
            vm.giveBack(task)
            if file == nil, error.isUnfinished { return end(.incomplete) }
            keep(text, name)
            let failure = InvocationFailure(.function, vm.advice.extend(error.message, of: nil))
            return end(.failed(report(failure)))
        }
        keep(text, name)
        lastInput += 1
        if vm.lua.memoryUsed > vm.lua.memoryLimit / 2 { vm.lua.collectGarbage() }
        vm.lua.forgetRefusals()
        running = (task, end)
        execution.main = task
        scheduler.queue.enqueue(.advance(task))
    }

    /// Ends the input that runs, if there is one, and all tasks. The globals stay.
    package func interrupt() {
        let interrupted = running
        running = nil
        let old = execution
        old.ended = { _ in }
        execution = Self.makeExecution(on: vm)
        watch(execution)
        scheduler.finish(old, .failed(InvocationFailure(.function, "interrupted")))
        interrupted?.end(.interrupted)
    }

    package var isRunning: Bool { running != nil }

    /// The number of tasks that inputs have spawned and that have not ended.
    package var tasks: Int { execution.spawned?.running ?? 0 }

    /// Called when no input runs and all tasks have ended.
    package var tasksEnded: (() -> Void)?

    // MARK: Ends

    /// An input has returned the text of its values.
    func returned(_ task: ScriptTask, results count: Int) {
        let text = count > 0 ? task.thread.stack.string(at: -1) : nil
        end(task, .values(text))
    }

    func raised(_ task: ScriptTask, _ failure: InvocationFailure) { end(task, .failed(report(failure))) }

    private func end(_ task: ScriptTask, _ end: PromptEnd) {
        execution.endLines()
        guard running?.task === task else { return }
        execution.main = nil
        task.discard()
        scheduler.queue.enqueue(.discard(task))
        conclude(task, end)
    }

    /// Tells how an input has ended when this slice is over, because the next input may begin then.
    private func conclude(_ task: ScriptTask, _ end: PromptEnd) {
        scheduler.loop.perform { [self] in
            // It may have been interrupted since.
            guard let running, running.task === task else { return }
            self.running = nil
            running.end(checkMemory(end))
        }
    }

    /// The execution has ended because of a limit.
    private func ended(_ outcome: Outcome) {
        let failure: InvocationFailure =
            if case .failed(let failure) = outcome { failure } else {
                InvocationFailure(.function, "the input has ended")
            }
        let shown = report(failure)
        execution = Self.makeExecution(on: vm)
        watch(execution)
        if let running { conclude(running.task, .failed(shown)) } else { taskFailed?(shown) }
    }

    /// If the globals leave no memory, a fresh VM goes on.
    private func checkMemory(_ end: PromptEnd) -> PromptEnd {
        guard case .failed(var shown) = end, shown.failure.reason == .limit else { return end }
        vm.lua.collectGarbage()
        guard vm.lua.memoryUsed > vm.lua.memoryLimit - vm.lua.memoryLimit / 8 else { return end }
        do throws(InvocationFailure) {
            try startAgain()
            shown.hasLostState = true
        } catch {
            shown.failure.message += "\n\(error.message)"
        }
        return .failed(shown)
    }

    /// Reports the errors of tasks that nobody has joined. A later input can still join such a task.
    func spawnedFailed(_ task: ScriptTask, _ failure: InvocationFailure) {
        guard task.joins.isEmpty else { return }
        var shown = report(failure)
        shown.isOfTask = true
        taskFailed?(shown)
    }

    func spawnedEnded() {
        guard !isRunning, tasks == 0, let tasksEnded else { return }
        scheduler.loop.perform { tasksEnded() }
    }

    /// Implements `os.exit`.
    private func exit(on stack: LuaStack) -> Int {
        let code =
            stack.isNil(at: 1)
            ? 0 : stack.type(at: 1) == .boolean ? (stack.boolean(at: 1) ? 0 : 1) : stack.integer(at: 1) ?? 1
        execution.endLines()
        if let running {
            conclude(running.task, .exited(code: Int(code)))
        } else {
            scheduler.loop.perform { [self] in exited?(Int(code)) }
        }
        // Nothing completes this wait.
        return stack.wait(for: Wait.outside(0))
    }

    /// Called when a task has called `os.exit` while no input runs.
    package var exited: ((Int) -> Void)?

    // MARK: Texts

    private func keep(_ text: [UInt8], _ name: String) {
        guard text.count <= Self.longestText else { return }
        texts[name] = text
        texts["input \(lastInput - Self.keptTexts)"] = nil
    }

    func text(of file: String) -> [UInt8]? { texts[file] }

    private func report(_ failure: InvocationFailure) -> PromptFailure {
        var excerpt = SourceExcerpt([failure.message] + failure.traceback, files: pool.files)
        for text in [failure.message] + failure.traceback where excerpt == nil {
            let parts = text.split(separator: ":", maxSplits: 2)
            guard parts.count == 3, let line = Int(parts[1]), let text = texts[String(parts[0])] else { continue }
            var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            if lines.last?.isEmpty == true { lines.removeLast() }
            // A single line has just been typed.
            guard lines.count > 1 else { break }
            excerpt = SourceExcerpt(line, of: SourceExcerpt.Source(file: String(parts[0]), lines: lines))
        }
        return PromptFailure(failure: failure, excerpt: excerpt?.text)
    }

    // MARK: Completion

    /// What may follow the text before the cursor.
    package func completion(of text: String) -> PromptCompletion {
        guard let marks else { return PromptCompletion() }
        return PromptCompleter(stack: vm.lua.stack, globals: marks.globals, files: pool.files).completion(of: text)
    }
}

/// How an input has ended.
package enum PromptEnd: Sendable {
    /// The text of its values; nil if there are none.
    case values(String?)
    /// The input is the beginning of a longer one. Nothing has run.
    case incomplete
    case failed(PromptFailure)
    case interrupted
    /// The input has called `os.exit`.
    case exited(code: Int)
}

package struct PromptFailure: Sendable {
    package var failure: InvocationFailure
    /// The lines around the mistake.
    package var excerpt: String?
    /// Whether a fresh VM goes on, because the old one had no memory left.
    package var hasLostState = false
    /// Whether a task that no input has joined has failed.
    package var isOfTask = false
}
