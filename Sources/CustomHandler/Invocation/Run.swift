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
    /// The tasks it spawned and still knows, by their numbers.
    var tasks: [Int64: ScriptTask] = [:]
    private var lastTask: Int64 = 0
    /// Spawned, but not begun.
    var spawned: [ScriptTask] = []

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

    /// Nothing of the run goes on.
    func close() {
        hasEnded = true
        timer?.close()
        timer = nil
    }

    /// Notes a task and answers its number.
    func add(_ task: ScriptTask) -> Int64 {
        lastTask += 1
        tasks[lastTask] = task
        spawned.append(task)
        return lastTask
    }

    func write(_ level: LogLevel, _ text: String) { log.write(level, text, of: invocation) }
}
