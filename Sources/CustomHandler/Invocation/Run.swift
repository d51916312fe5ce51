import EventLoop
import HTTP
import Log
import Lua

/// One invocation on its way, or the loading of a script, from its first slice to its outcome.
final class Run {
    /// nil where the script is loaded.
    let invocation: Invocation?
    let machine: FunctionVM
    /// How long it may go on without writing a piece of its response; nil for no limit.
    let limit: Duration?
    private(set) var deadline: MonotonicTime?
    var log: InvocationLog
    private(set) var hasEnded = false
    /// The response body, where a script writes it piece by piece.
    private(set) var body: ResponseBody?
    /// Ends the run if its deadline comes while it waits.
    var timer: Timer?
    /// The handler's own thread, until the run has ended.
    var main: ScriptTask?
    /// The thread that writes the response body, once the handler has returned.
    var writing: ScriptTask?
    /// The thread that reads a long payload, or writes a long table of the answer.
    var preparing: ScriptTask?
    /// Reads the payload, and why it cannot be read.
    var payload: LongPayloadReader?
    var unreadable: PayloadError?
    /// The tables that are written.
    var prepared: [TableIdentity: PreparedJSON]?
    /// The tasks it spawned and still knows, by their numbers.
    var tasks: [Int64: ScriptTask] = [:]
    /// Tasks that have ended and that nobody can join any more. Their threads are given back when the slice is over.
    private var forgotten: [ScriptTask] = []
    /// So many tasks that it is worth looking which of them the script still knows.
    private var crowd = leastCrowd
    private static let leastCrowd = 64
    /// Spawned, but not begun.
    var spawned: [ScriptTask] = []
    /// What the code that closes variables may still take, once the run has ended.
    var lastWords = LastWords()
    /// Tasks whose threads are to be given back, now that the run has ended.
    private var leftovers: ArraySlice<ScriptTask> = []

    init(_ invocation: Invocation?, on machine: FunctionVM, limit: Duration?, deadline: MonotonicTime?) {
        self.invocation = invocation
        self.machine = machine
        self.limit = limit
        self.deadline = deadline
        log = InvocationLog(machine.logger)
    }

    /// Gives the run its whole time again: a limit is one of silence for whoever streams.
    func extendDeadline() {
        guard let limit else { return }
        deadline = .now + limit
    }

    /// The body is on its way from now on. The head waits for its first piece: until then, a failure is a response of
    /// its own.
    func begin(_ head: HTTPResponse?) { body = ResponseBody(invocation?.streamCaller, head: head) }

    /// Bytes that are kept for it outside the VM, and count as the VM's.
    private var held = 0

    /// False if the VM would hold more than it may.
    func hold(_ bytes: Int) -> Bool {
        guard machine.vm.hold(bytes) else { return false }
        held += bytes
        return true
    }

    /// Nothing of the run goes on.
    func close() {
        hasEnded = true
        machine.vm.letGo(held)
        held = 0
        timer?.close()
        timer = nil
    }

    /// Lets go of all tasks; `each` is called for all of them.
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

    /// The next task whose thread is to be given back; the handler's own comes first, as there is not much time for all.
    func takeLeftover() -> ScriptTask? { main.take() ?? writing.take() ?? preparing.take() ?? leftovers.popFirst() }

    var hasLeftovers: Bool { main != nil || writing != nil || preparing != nil || !leftovers.isEmpty }

    /// Notes a task and answers its number.
    func add(_ task: ScriptTask) -> Int64 {
        machine.lastTask += 1
        task.number = machine.lastTask
        tasks[task.number] = task
        spawned.append(task)
        return task.number
    }

    func forget(_ task: ScriptTask) {
        if tasks.removeValue(forKey: task.number) != nil { forgotten.append(task) }
    }

    /// The task that read the payload or wrote a table has ended.
    func endPreparing() { if let task = preparing.take() { forgotten.append(task) } }

    func takeForgotten() -> [ScriptTask] {
        defer { forgotten = [] }
        return forgotten
    }

    /// Forgets tasks that have ended, if there are many.
    ///
    /// - Parameter isKnown: the script holds the task's object.
    func forgetTasks(_ isKnown: (Int64) -> Bool) {
        guard tasks.count >= crowd else { return }
        for task in tasks.values where task.hasEnded && task.takers == 0 && !isKnown(task.number) { forget(task) }
        // Soon again, as what is not collected now keeps its thread until then.
        crowd = tasks.count + max(Self.leastCrowd, tasks.count / 4)
    }

    func write(_ level: LogLevel, _ text: String) { log.write(level, text, of: invocation) }
}
