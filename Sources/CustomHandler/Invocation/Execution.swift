import EventLoop
import HTTP
import Log
import Lua

/// The execution of one invocation, or of a script that is being loaded, from its first slice to its outcome.
final class Execution {
    /// nil if the script is being loaded.
    let invocation: Invocation?
    let vm: FunctionVM
    var deadline: Deadline
    private(set) var log = InvocationLog()
    private(set) var hasEnded = false
    /// The response body, if a script writes it piece by piece.
    private(set) var body: ResponseBody?
    /// Ends the execution if its deadline passes while it waits.
    var timer: Timer?
    /// The handler's own task, until the execution has ended.
    var main: ScriptTask?
    /// The task that writes the response body, once the handler has returned.
    var writing: ScriptTask?
    /// The work on a long payload or on a long table of the response, if there is any.
    private(set) var preparation: Preparation?
    /// nil until the script has spawned a task.
    private(set) var spawned: SpawnedTasks?
    /// Further tasks whose threads must be recycled after the execution's end.
    private var leftovers: ArraySlice<ScriptTask>?
    /// The time budget of the code that closes variables after the execution's end.
    var closingTime = ClosingTime()
    /// The number of bytes that are kept for the execution outside the VM. They count against the VM's memory limit.
    private var held = 0

    /// Work for an invocation before or after its handler. It has a task of its own.
    final class Preparation {
        /// The task that reads the payload, or writes a table.
        var task: ScriptTask?
        /// The reader of a long payload, and the reason why the payload cannot be read.
        var payload: LongPayloadReader?
        var unreadable: PayloadError?
        /// The tables of the response that are already written.
        var tables: [TableIdentity: PreparedJSON] = [:]
    }

    init(_ invocation: Invocation?, on vm: FunctionVM, deadline: Deadline) {
        self.invocation = invocation
        self.vm = vm
        self.deadline = deadline
    }

    // MARK: Memory

    /// Counts bytes against the VM's memory limit. Returns false if the VM would exceed it.
    func hold(_ bytes: Int) -> Bool {
        guard vm.lua.hold(bytes) else { return false }
        held += bytes
        return true
    }

    // MARK: Log

    func write(_ level: LogLevel, _ text: String) { log.write(level, text, of: invocation, to: vm.logger) }

    /// Writes a failure to the live log, on one line.
    func write(_ failure: InvocationFailure) { InvocationLog.write(failure, of: invocation, to: vm.logger) }

    // MARK: Parts

    /// Starts the response body. The head waits for the first piece, so that until then a failure can still have its
    /// own response.
    func begin(_ head: HTTPResponse?) { body = ResponseBody(invocation?.streamSink, head: head) }

    /// Begins a part of the work that has a task of its own.
    func prepare(_ task: ScriptTask) -> Preparation {
        let preparation = preparation ?? Preparation()
        preparation.task = task
        self.preparation = preparation
        return preparation
    }

    // MARK: Tasks

    /// The spawned task with this number, if the script may still join it.
    func task(_ number: Int64) -> ScriptTask? { spawned?.byNumber[number] }

    /// Adds a task that the script spawns, and returns its number.
    func add(_ task: ScriptTask) -> Int64 {
        vm.lastTask += 1
        task.number = vm.lastTask
        let spawned = spawned ?? SpawnedTasks()
        self.spawned = spawned
        spawned.add(task)
        return task.number
    }

    // MARK: End

    /// Marks the execution as ended and releases its bytes and timer.
    func close() {
        hasEnded = true
        vm.lua.letGo(held)
        held = 0
        timer?.close()
        timer = nil
    }

    /// Discards all tasks. Their threads must then be recycled.
    func discardTasks() {
        if let spawned { leftovers = spawned.takeAll()[...] }
        leftovers?.forEach { $0.discard() }
        main?.discard()
        writing?.discard()
        preparation?.task?.discard()
        preparation?.tables = [:]
    }

    /// The next task whose thread must be recycled. The handler's own task comes first, because the time may not
    /// suffice for all of them.
    func takeLeftover() -> ScriptTask? {
        main.take() ?? writing.take() ?? preparation?.task.take() ?? leftovers?.popFirst()
    }

    var hasLeftovers: Bool {
        main != nil || writing != nil || preparation?.task != nil || leftovers?.isEmpty == false
    }
}
