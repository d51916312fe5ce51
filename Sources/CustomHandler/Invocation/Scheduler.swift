import EventLoop
import FunctionsModel
import HTTP
import Log
import Lua

/// Shares one event loop among all invocations on it.
///
/// Code runs in slices of a few milliseconds; between two slices the loop polls its sockets. Between two waits of an
/// invocation, nothing else runs in its VM: an invocation whose slice is over keeps its VM, and other invocations of
/// the function take other VMs, up to a limit. Waiting invocations share a VM.
final class Scheduler {
    let loop: EventLoop
    private(set) var app: FunctionApp
    let options: InvocationOptions
    let outbound: OutboundClient
    private let streams: LoopStreams
    let queue: RunQueue
    /// What the worker of a test has instead of the outside world; nil for any other worker.
    private let bench: TestBench?
    let clock: WorkerClock
    /// Indexed by the function's number in the app.
    private(set) var pools: [FunctionPool] = []
    private var ids = InvocationIDs()
    /// The number of invocations that have begun and not ended, and its maximum since memory was last given back to the
    /// system.
    var active = 0
    var mostActive = 0

    init(
        loop: EventLoop, app: FunctionApp, options: InvocationOptions, outbound: OutboundClient,
        streams: LoopStreams, bench: TestBench? = nil
    ) {
        self.streams = streams
        self.bench = bench
        clock = WorkerClock(fake: bench?.clock)
        self.outbound = outbound
        self.loop = loop
        self.app = app
        self.options = options
        queue = RunQueue(loop)
        pools = app.list.map(makePool)
        queue.work = { [unowned self] in perform($0) }
    }

    func memoryLimit(of number: Int) -> Int { pools[number].function.limits.memory ?? options.memoryLimit }

    func timeLimit(of number: Int) -> Duration? { pools[number].timeLimit.duration }

    private func makePool(_ function: Function) -> FunctionPool { makePool(function, of: app) }

    func makePool(_ function: Function, of app: FunctionApp) -> FunctionPool {
        let pool = FunctionPool(
            function, files: app.files(of: function.name), timeLimit: Deadline.Limit(function, options, app.host),
            alternates: options.alternatesVMs, dismantle: { [unowned self] in dismantle($0) })
        pool.keySets = outbound.keySets
        pool.streams = streams
        pool.hostLimit = app.host.invocationTimeLimit
        pool.bench = bench
        return pool
    }

    // MARK: In

    /// Invokes a function. Every invocation begins here and ends with an outcome. The caller gets its response on the
    /// loop, immediately if the function neither waits nor takes long.
    ///
    /// - Parameter number: the function's number in the app.
    func begin(_ number: Int, _ request: HTTPRequest, _ wire: Wire, caller: any ResponseSink) {
        let pool = pools[number]
        let id = request.hostInvocationID.map { InvocationID.host($0) } ?? ids.next()
        let invocation = Invocation(
            of: pool.function, request, wire: wire, caller: caller, id: id,
            deadline: Deadline(pool.timeLimit, at: clock.now))
        if request.isCut {
            return fail(
                invocation,
                InvocationFailure(
                    .limit,
                    "the request body is larger than the function's \(ByteCount.text(memoryLimit(of: number))); raise it "
                        + "with \(pool.function.places(ofLimit: "memoryLimit", option: "--memory-limit"))"))
        }
        if queue.canRun, let vm = pool.idleVM {
            queue.run { start(invocation, on: vm) }
        } else {
            pool.add(invocation)
            serveSoon(pool)
        }
        // Most invocations have ended by now.
        guard !invocation.hasEnded, let caller = invocation.streamSink else { return }
        invocation.watchesCaller = true
        // Disconnects are re-entrant: this can run while an invocation is on the stack, so the cancellation is queued.
        caller.onDisconnect = { [queue] in queue.enqueue(.leave(invocation)) }
    }

    // MARK: Reload

    func pool(of name: String) -> FunctionPool? { pools.first { $0.function.name == name } }

    /// Loads a function before its first call. `end` gets the reason if that fails.
    func load(_ pool: FunctionPool, end: @escaping (InvocationFailure?) -> Void) {
        guard pool.isUntried else { return end(pool.failure) }
        pool.watchLoading(end)
        queue.perform(.load(pool))
    }

    /// The files on which each function's loaded code depends.
    var sources: [String: Set<String>] {
        Dictionary(uniqueKeysWithValues: pools.map { ($0.function.name, $0.sources) })
    }

    /// Switches to a newer app. Invocations that have begun finish with the code with which they began.
    ///
    /// - Parameters:
    ///   - changed: the functions that are new, removed or different.
    ///   - loaded: the pools of those functions that are already loaded.
    func install(_ app: FunctionApp, changed: Set<String>, loaded: [String: FunctionPool]) {
        self.app = app
        let older = Dictionary(uniqueKeysWithValues: pools.map { ($0.function.name, $0) })
        pools = app.list.map { function in
            guard !changed.contains(function.name) else { return loaded[function.name] ?? makePool(function) }
            return older[function.name] ?? makePool(function)
        }
        for pool in pools {
            pool.loadLimit = nil
            // The code that is already loaded is the same in the new app. Files that it reads later are the new app's.
            pool.files = app.files(of: pool.function.name)
            pool.timeLimit = Deadline.Limit(pool.function, options, app.host)
            pool.hostLimit = app.host.invocationTimeLimit
        }
        for (name, pool) in older where changed.contains(name) {
            pool.retire()
            streams.end(name)
        }
    }

    /// Releases the VMs of all functions as soon as nothing runs in them.
    func retire() { for pool in pools { pool.retire() } }

    /// The functions that cannot be loaded, with the reasons.
    var failures: [String: InvocationFailure] {
        Dictionary(uniqueKeysWithValues: pools.compactMap { pool in pool.failure.map { (pool.function.name, $0) } })
    }

    // MARK: The queue

    private func perform(_ continuation: Continuation) {
        if let vm = continuation.needed, vm.isBusy { return vm.waiting.append(continuation) }
        switch continuation {
        case .advance(let task), .proceed(let task): advance(task)
        case .joined(let join): finish(join)
        case .discard(let task): close(task)
        case .close(let execution): closeSome(execution)
        case .relieve(let task): relieve(task)
        case .tidy(let vm), .tidyFurther(let vm): tidy(vm)
        case .dismantle(let vm): dismantleSome(vm)
        case .resume(let vm): resumeWaiting(on: vm)
        case .load(let pool): if pool.isUntried { addVM(to: pool) }
        case .serve(let pool):
            pool.isQueued = false
            serve(pool)
        case .expire(let execution): expire(execution)
        case .leave(let invocation): leave(invocation)
        }
    }

    /// Marks the VM as free, so that waiting work can use it.
    func release(_ vm: FunctionVM) {
        vm.pool.free(vm)
        resumeSoon(vm)
        settle(vm.pool)
    }

    func settle(_ pool: FunctionPool) { if pool.hasWaiting { serveSoon(pool) } else { pool.settle() } }

    private func resumeSoon(_ vm: FunctionVM) {
        guard !vm.waiting.isEmpty, !vm.isBusy, !vm.isQueued else { return }
        vm.isQueued = true
        queue.enqueue(.resume(vm))
    }

    /// Runs work that waits for the VM, many pieces in a row. Running only one per round of the queue would starve the
    /// last ones.
    private func resumeWaiting(on vm: FunctionVM) {
        for _ in 0..<RunQueue.stretch {
            guard queue.mayRun, !vm.isBusy, let next = vm.waiting.popFirst() else { break }
            perform(next)
        }
        vm.isQueued = false
        resumeSoon(vm)
    }

    // MARK: VMs

    private func serveSoon(_ pool: FunctionPool) {
        guard !pool.isQueued else { return }
        pool.isQueued = true
        queue.perform(.serve(pool))
    }

    /// Starts waiting invocations while there are VMs for them.
    private func serve(_ pool: FunctionPool) {
        while true {
            guard queue.mayRun else { return serveSoon(pool) }
            switch pool.decision(at: clock.now) {
            case .wait:
                return pool.settle()
            case .drop:
                pool.removeFirst()
            case .fail(let invocation, let failure):
                pool.removeFirst()
                fail(invocation, failure)
            case .expire(let invocation):
                pool.removeFirst()
                expire(invocation)
            case .start(let invocation, let vm):
                // The invocation is the first in the queue, but other callers have left too many responses unread since
                // it arrived.
                if invocation.caller.waitsForRoom({ [self] in serveSoon(pool) }) {
                    return serveAgain(pool, at: invocation.deadline)
                }
                pool.removeFirst()
                start(invocation, on: vm)
            case .load:
                let failures = pool.loadFailures
                addVM(to: pool)
                // After a failure, loading again immediately would fail too. The invocations then wait for a VM that
                // already runs.
                guard pool.loadFailures == failures else { return }
            }
        }
    }

    /// Serves the pool again at the deadline of the first waiting invocation, which may then have to be refused.
    private func serveAgain(_ pool: FunctionPool, at deadline: Deadline) {
        guard !deadline.isNever, !pool.isTimed else { return }
        pool.isTimed = true
        clock.schedule(after: deadline.time - clock.now, on: loop) { [self] in
            pool.isTimed = false
            guard !pool.isQueued else { return }
            pool.isQueued = true
            queue.enqueue(.serve(pool))
        }
    }

    /// Ends an invocation that has not got a VM before its deadline.
    private func expire(_ invocation: Invocation) {
        if invocation.caller.waitsForRoom({}) { return invocation.caller.respond(ServerError.overloaded.response) }
        fail(
            invocation,
            InvocationFailure(
                .function,
                "no Lua VM was free within the time limit: other invocations of this function take too long"))
    }

    private func addVM(to pool: FunctionPool) {
        pool.beginLoading()
        do throws(InvocationFailure) {
            let vm = try FunctionVM(pool: pool, options: options)
            let execution = Execution(
                nil, on: vm, deadline: Deadline(pool.loadLimit ?? pool.timeLimit, at: clock.now))
            bench?.limit(execution)
            vm.active += 1
            advance(try vm.loadingTask(for: execution))
        } catch {
            endLoading(of: pool, error)
        }
    }

    func endLoading(of pool: FunctionPool, _ failure: InvocationFailure?) {
        for invocation in pool.endLoading(failure) {
            if let failure { fail(invocation, failure) }
        }
        // Only in development does an invocation wait for a VM while another one is free.
        if failure != nil, !pool.free.isEmpty { settle(pool) }
    }

    private func start(_ invocation: Invocation, on vm: FunctionVM) {
        let execution = Execution(invocation, on: vm, deadline: invocation.deadline)
        bench?.limit(execution)
        invocation.state = .running(execution)
        vm.active += 1
        active += 1
        mostActive = max(mostActive, active)
        do throws(InvocationFailure) {
            advance(try vm.task(for: execution, invocation))
        } catch {
            finish(execution, .failed(error))
        }
    }

    // MARK: Slices

    /// Runs a task until it ends, waits, or its slice is over. Its VM must be free for it. The VM stays busy for other
    /// work meanwhile.
    func advance(_ task: ScriptTask) {
        let execution = task.execution
        let vm = execution.vm
        vm.pool.occupy(vm)
        guard !execution.hasEnded, !task.isDiscarded else { return release(vm) }
        var next: FunctionVM.Next?
        switch vm.resume(task) {
        case .preempted:
            queue.endTurn()
            return queue.enqueue(.proceed(task))
        case .needsMemory:
            vm.lua.beginCollection()
            queue.endTurn()
            return queue.enqueue(.relieve(task))
        case .waiting(let operation):
            next = wait(task, for: operation)
        case .finished(let count):
            task.state = .finished
            next = vm.next(after: task, results: count)
        case .failed(let cause):
            task.state = .failed(cause)
            next = vm.next(after: task, failed: cause)
        }
        if task.role == .spawned, task.hasEnded { tellJoins(of: task) }
        follow(next, in: execution)
    }

    /// Continues an execution after a slice. The VM is busy for it until this call.
    @inline(__always)
    func follow(_ next: FunctionVM.Next?, in execution: Execution) {
        let vm = execution.vm
        switch next {
        case .run(let next):
            beginSpawned(execution)
            // The task runs immediately, so that the returned value cannot change before it is written.
            advance(next)
        case .end(.streamed(let body, let head)):
            beginSpawned(execution)
            execution.begin(head)
            queue.enqueue(.advance(vm.bodyTask(for: execution, body)))
            release(vm)
        case .end(let outcome):
            finish(execution, outcome, ownsVM: true)
            release(vm)
        case nil:
            beginSpawned(execution)
            release(vm)
        }
    }
}
