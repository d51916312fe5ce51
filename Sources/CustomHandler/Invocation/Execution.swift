import EventLoop
import HTTP
import Log
import Lua

/// The execution of one invocation, or of a script that is being loaded, from its first slice to its outcome.
final class Execution {
    /// nil if the script is being loaded.
    let invocation: Invocation?
    let vm: FunctionVM
    private(set) var deadline: Deadline
    /// When running code ends, in nanoseconds of the system's monotonic clock. In a test, the deadline is that of the
    /// fake clock, which stands still while code runs.
    var codeDeadline: Int64
    private var log = InvocationLog()
    /// nil until the script has used `io.write`.
    private var openLines: OpenLines?
    private(set) var hasEnded = false
    /// Whether the execution ends because its caller has disconnected.
    var callerHasLeft = false
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
    /// The deep recursion in which a spawned task has failed.
    var recursion: Recursion?
    /// nil until the script has sent a request.
    private(set) var calls: OutboundCalls?
    /// nil unless the script has decided about its response before its handler returned.
    private(set) var live: LiveResponse?
    /// What follows when all spawned tasks have ended; nil while the code of a part runs, and always if it has spawned no
    /// task.
    var conclusion: Conclusion?
    /// Called at the end of a part of a test file or of a prompt, once, before its threads are recycled; nil for anything
    /// else.
    var ended: ((Outcome) -> Void)?
    /// Further tasks whose threads must be recycled after the execution's end.
    private var leftovers: ArraySlice<ScriptTask>?
    /// The time budget of the code that closes variables after the execution's end.
    var closingTime = ClosingTime()
    /// The number of bytes that are kept for the execution outside the VM. They count against the VM's memory limit.
    private var held = 0

    enum Conclusion {
        /// The script's top level has returned.
        case load
        /// The handler has returned, so its response is written.
        case answer
        /// The code that writes the response body has returned.
        case bodyEnd
    }

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
        codeDeadline = deadline.nanoseconds
    }

    // MARK: Time

    /// Restarts the time of an invocation that has sent a piece of its response.
    func extendDeadline() {
        let clock = vm.pool.clock
        deadline.extend(at: clock.now, until: live?.end)
        guard clock.fake == nil else { return }
        codeDeadline = deadline.nanoseconds
        vm.lua.setDeadline(codeDeadline)
    }

    // MARK: Memory

    /// Counts bytes against the VM's memory limit. Returns false if the VM would exceed it.
    func hold(_ bytes: Int) -> Bool {
        guard vm.lua.hold(bytes) else { return false }
        held += bytes
        return true
    }

    // MARK: Log

    func write(_ level: LogLevel, _ text: String) {
        log.write(level, text, of: invocation, to: vm.logger)
        if let bench = vm.pool.bench, level >= vm.logger.level { bench.logged?(vm, text) }
    }

    /// The copies of the lines for the caller. It ends the lines that `io.write` has begun.
    var logLines: [String] {
        endLines()
        return log.lines
    }

    /// Adds to the line that `io.write` writes.
    func add(_ bytes: RawSpan, to level: LogLevel) throws(LuaError) {
        let lines = openLines ?? OpenLines(vm.lua)
        openLines = lines
        try lines.add(bytes, to: level)
    }

    /// Writes the line that `io.write` has begun.
    ///
    /// - Parameter isWritten: whether the line is written even if it is empty.
    func endLine(_ level: LogLevel, isWritten: Bool = false) {
        if let text = openLines?.take(level) ?? (isWritten ? "" : nil) { write(level, text) }
    }

    /// Writes the lines that `io.write` has begun.
    func endLines() {
        guard openLines != nil else { return }
        for level in [LogLevel.info, .error] { endLine(level) }
    }

    /// Writes what `print` prints. It continues the line that `io.write` has begun.
    func print(_ level: LogLevel, _ text: String) {
        guard let begun = openLines?.take(level) else { return write(level, text) }
        write(level, begun + text)
    }

    /// Writes a failure to the live log, on one line.
    func write(_ failure: InvocationFailure) { InvocationLog.write(failure, of: invocation, to: vm.logger) }

    // MARK: Parts

    /// Starts the response body. The head waits for the first piece, so that until then a failure can still have its
    /// own response.
    func begin(_ head: HTTPResponse?) { body = ResponseBody(invocation?.streamSink, head: head) }

    /// The object that keeps what the script decides about its response; nil if there is no response.
    func liveResponse() -> LiveResponse? {
        if live == nil, !hasEnded, let invocation, let streams = vm.pool.streams {
            live = LiveResponse(invocation, on: vm, streams)
        }
        return live
    }

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

    /// Adds a task that the script spawns, and gives it its number.
    func add(_ task: ScriptTask) {
        vm.lastTask += 1
        task.number = vm.lastTask
        let spawned = spawned ?? SpawnedTasks()
        self.spawned = spawned
        spawned.add(task)
    }

    // MARK: Requests

    /// Adds a request that the script sends, and returns its number.
    func add(_ call: OutboundCall) -> Int64 {
        let calls = calls ?? OutboundCalls()
        self.calls = calls
        vm.lastCall += 1
        calls.add(call, number: vm.lastCall)
        return vm.lastCall
    }

    // MARK: End

    /// Marks the execution as ended and releases its bytes and timer.
    func close() {
        endLines()
        hasEnded = true
        vm.lua.letGo(held)
        held = 0
        timer?.close()
        timer = nil
    }

    /// Discards all tasks and requests. The tasks' threads must then be recycled.
    func discardTasks() {
        if let spawned {
            // Only an execution that fails for another reason still has such errors.
            for message in spawned.takeErrors() { write(.error, message) }
            leftovers = spawned.takeAll()[...]
        }
        leftovers?.forEach { $0.discard() }
        main?.discard()
        writing?.discard()
        preparation?.task?.discard()
        preparation?.tables = [:]
        calls?.cancelAll()
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
