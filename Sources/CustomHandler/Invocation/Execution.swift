import EventLoop
import HTTP
import Log
import Lua

/// One invocation, or the loading of a script, from its first slice to its outcome.
final class Execution {
    /// nil if the script is being loaded.
    let invocation: Invocation?
    let vm: FunctionVM
    var deadline: Deadline
    var log: InvocationLog
    private(set) var hasEnded = false
    /// The response body, if a script writes it piece by piece.
    private(set) var body: ResponseBody?
    /// Ends the execution if its deadline passes while it waits.
    var timer: Timer?
    /// The handler's own thread, until the execution has ended.
    var main: ScriptTask?
    /// The thread that writes the response body, once the handler has returned.
    var writing: ScriptTask?
    /// The thread that reads a long payload, or writes a long table of the answer.
    var preparing: ScriptTask?
    /// Reads a long payload; `unreadable` is the reason why it cannot be read.
    var payload: LongPayloadReader?
    var unreadable: PayloadError?
    /// The tables of the answer that are already written.
    var prepared: [TableIdentity: PreparedJSON]?
    /// The spawned tasks that the script may still join, by number.
    var tasks: [Int64: ScriptTask] = [:]
    /// Tasks that have ended and that nobody can join any more. The slice's end gives their threads back.
    private var forgotten: [ScriptTask] = []
    /// The number of tasks at which to look for those that the script has dropped.
    private var forgetThreshold = leastForgotten
    private static let leastForgotten = 64
    /// Spawned, but not begun.
    var spawned: [ScriptTask] = []
    /// The budget of the code that closes variables after the execution's end.
    var lastWords = LastWords()
    /// Tasks whose threads must be given back after the execution's end.
    private var leftovers: ArraySlice<ScriptTask> = []

    init(_ invocation: Invocation?, on vm: FunctionVM, deadline: Deadline) {
        self.invocation = invocation
        self.vm = vm
        self.deadline = deadline
        log = InvocationLog(vm.logger)
    }

    /// Starts the body. The head waits for the first piece: until then, a failure can have its own response.
    func begin(_ head: HTTPResponse?) { body = ResponseBody(invocation?.streamSink, head: head) }

    /// Bytes kept for it outside the VM, which count toward the VM's memory.
    private var held = 0

    /// Returns false if the VM would exceed its memory limit.
    func hold(_ bytes: Int) -> Bool {
        guard vm.lua.hold(bytes) else { return false }
        held += bytes
        return true
    }

    /// Marks the execution as ended and releases its bytes and timer.
    func close() {
        hasEnded = true
        vm.lua.letGo(held)
        held = 0
        timer?.close()
        timer = nil
    }

    /// Moves all tasks to those to be given back, and calls `each` for each of them.
    func leaveTasks(_ each: (ScriptTask) -> Void) {
        if !tasks.isEmpty {
            leftovers = tasks.sorted { $0.key < $1.key }.map(\.value)[...]
            tasks = [:]
            spawned = []
        }
        if !forgotten.isEmpty { leftovers += takeForgotten() }
        if !leftovers.isEmpty { leftovers.forEach(each) }
        if let main { each(main) }
        if let writing { each(writing) }
        if let preparing { each(preparing) }
        prepared = nil
    }

    /// The next task whose thread must be given back: the handler's own first, as the time may not be enough for all.
    func takeLeftover() -> ScriptTask? { main.take() ?? writing.take() ?? preparing.take() ?? leftovers.popFirst() }

    var hasLeftovers: Bool { main != nil || writing != nil || preparing != nil || !leftovers.isEmpty }

    /// Registers a task and returns its number.
    func add(_ task: ScriptTask) -> Int64 {
        vm.lastTask += 1
        task.number = vm.lastTask
        tasks[task.number] = task
        spawned.append(task)
        return task.number
    }

    func forget(_ task: ScriptTask) {
        if tasks.removeValue(forKey: task.number) != nil { forgotten.append(task) }
    }

    /// Gives up the task that has read the payload or written a table.
    func endPreparing() { if let task = preparing.take() { forgotten.append(task) } }

    func takeSpawned() -> [ScriptTask] {
        if spawned.isEmpty { return [] }
        defer { spawned = [] }
        return spawned
    }

    func takeForgotten() -> [ScriptTask] {
        if forgotten.isEmpty { return [] }
        defer { forgotten = [] }
        return forgotten
    }

    /// Forgets tasks that have ended, if there are many.
    ///
    /// - Parameter isKnown: whether the script holds the task's object.
    func forgetTasks(_ isKnown: (Int64) -> Bool) {
        guard tasks.count >= forgetThreshold else { return }
        for task in tasks.values where task.hasEnded && task.takers == 0 && !isKnown(task.number) { forget(task) }
        // Soon again: a task whose object is not collected yet keeps its thread until then.
        forgetThreshold = tasks.count + max(Self.leastForgotten, tasks.count / 4)
    }

    func write(_ level: LogLevel, _ text: String) { log.write(level, text, of: invocation) }
}
