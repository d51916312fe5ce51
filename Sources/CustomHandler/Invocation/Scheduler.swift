import DequeModule
import Logging
import Lua
import NIOCore

/// Shares one event loop among all that runs on it.
///
/// Code runs in slices of a few milliseconds; between two slices the loop serves its connections. Within one VM nothing
/// else runs between two waits of an invocation: one whose slice is over keeps its VM, and other invocations of the
/// function take other VMs, up to a limit. Invocations that wait share a VM.
final class Scheduler {
    let eventLoop: any EventLoop
    private(set) var app: FunctionApp
    let options: InvocationOptions
    let outbound: OutboundClient
    private var pools: [String: FunctionPool] = [:]
    /// What goes on as soon as the loop has seen to its connections.
    private var runnable: Deque<() -> Void> = []
    private var isTicking = false
    /// Invocations that have begun and not ended, and the most there were at once since memory was last given back.
    private var active = 0
    private var mostActive = 0

    init(eventLoop: any EventLoop, app: FunctionApp, options: InvocationOptions, outbound: OutboundClient) {
        self.outbound = outbound
        self.eventLoop = eventLoop
        self.app = app
        self.options = options
    }

    // MARK: In

    /// Invocation in, outcome out: the one way into a function. `answer` is called on the loop, at once if the function
    /// neither waits nor takes long.
    ///
    /// - Parameter caller: takes the body of a streamed response, and ends the invocation by leaving.
    func begin(
        _ invocation: Invocation, caller: (any Caller)? = nil, answer: @escaping (Outcome) -> Void
    ) {
        let pool = pool(of: invocation.function)
        caller?.onLeaving = { pool.waiting.removeAll { $0.invocation === invocation } }
        pool.waiting.append(
            .init(
                invocation: invocation, deadline: limit(of: invocation.function).map { .now() + $0 }, caller: caller,
                answer: answer))
        serve(pool)
    }

    private func limit(of function: Function) -> TimeAmount? {
        (function.limits.time ?? options.timeLimit ?? app.host.invocationTimeLimit).map { TimeAmount($0) }
    }

    private func pool(of function: Function) -> FunctionPool {
        if let pool = pools[function.name] { return pool }
        let pool = FunctionPool(function, files: app.files)
        pools[function.name] = pool
        return pool
    }

    // MARK: Reload

    /// Loads the function ahead of its first call; `end` gets the reason why it cannot be.
    func load(_ function: Function, end: @escaping (InvocationFailure?) -> Void) {
        load(pool(of: function), end: end)
    }

    /// Loads a pool that serves nobody yet.
    func load(_ pool: FunctionPool, end: @escaping (InvocationFailure?) -> Void) {
        if pool.machines > 0 || pool.failure != nil { return end(pool.failure) }
        pool.loadWatchers.append(end)
        addMachine(to: pool)
    }

    /// The files that what is loaded of a function depends on; nil if nothing is.
    func sources(of name: String) -> Set<String>? { pools[name]?.sources }

    /// Shows a newer app. What has begun ends with the code it began with.
    ///
    /// - Parameters:
    ///   - changed: functions that are new, gone or other than before.
    ///   - loaded: those of them that were loaded already.
    func adopt(_ app: FunctionApp, changed: Set<String>, loaded: [String: FunctionPool]) {
        self.app = app
        for name in changed {
            let old = pools[name]
            pools[name] = loaded[name]
            loaded[name]?.loadLimit = nil
            old?.retire()
        }
        // What the others have loaded is the same there; what they ask for late is as it is now.
        for pool in pools.values { pool.files = app.files }
    }

    /// Functions that cannot be loaded.
    var failing: Set<String> { Set(pools.filter { $0.value.failure != nil }.keys) }

    /// Starts what waits for a VM, as far as there are any.
    private func serve(_ pool: FunctionPool) {
        // A call that is over at once comes back here; the loop below goes on with the next.
        guard !pool.isServing else { return }
        pool.isServing = true
        defer { pool.isServing = false }
        while let call = pool.waiting.first {
            if call.caller?.isGone == true {
                pool.waiting.removeFirst()
            } else if let failure = pool.failure {
                pool.waiting.removeFirst()
                fail(call, failure)
            } else if let deadline = call.deadline, deadline <= .now() {
                pool.waiting.removeFirst()
                fail(
                    call,
                    InvocationFailure(
                        .function,
                        "no Lua VM was free within the time limit: other invocations of this function take too long"))
            } else if let machine = pool.free.last {
                pool.waiting.removeFirst()
                start(call, on: machine)
            } else {
                guard pool.machines < FunctionPool.limit, pool.loading < pool.waiting.count else { return }
                let failures = pool.loadFailures
                addMachine(to: pool)
                // What does not load now does not load at once again: the calls wait for a VM that runs.
                guard pool.loadFailures == failures else { return }
            }
        }
        pool.settle()
    }

    /// Ends a call that got no VM.
    private func fail(_ call: FunctionPool.Call, _ failure: InvocationFailure) {
        InvocationLog(logger: options.logger(for: call.invocation.function), invocationID: call.invocation.id).write(
            failure)
        call.answer(.failed(failure))
    }

    private func addMachine(to pool: FunctionPool) {
        pool.machines += 1
        pool.loading += 1
        do throws(InvocationFailure) {
            let machine = try FunctionVM(pool: pool, options: options)
            let limit = pool.loadLimit ?? limit(of: pool.function)
            let run = Run(
                nil, on: machine, limit: limit, deadline: limit.map { .now() + $0 }, logger: machine.logger
            ) { [self] outcome in
                // A quarter of a fresh VM is what only its making needed. In a large one, to look takes longer than a slice.
                if machine.isLoaded, machine.vm.memoryUsed < 1 << 20 { machine.vm.collectGarbage() }
                loaded(pool, outcome)
            }
            machine.active += 1
            advance(try machine.loadingTask(for: run))
        } catch {
            loaded(pool, .failed(error))
        }
    }

    private func loaded(_ pool: FunctionPool, _ outcome: Outcome) {
        pool.loading -= 1
        var reason: InvocationFailure?
        if case .failed(let failure) = outcome {
            pool.machines -= 1
            pool.loadFailures += 1
            reason = failure
            // Where another VM of the function runs, the waiting calls are for that one. A limit may not be reached the
            // next time.
            if pool.machines == 0 {
                if failure.fault != .limit { pool.failure = failure }
                let calls = pool.waiting
                pool.waiting = []
                for call in calls { fail(call, failure) }
            }
        }
        let watchers = pool.loadWatchers
        pool.loadWatchers = []
        for watcher in watchers { watcher(reason) }
    }

    private func start(_ call: FunctionPool.Call, on machine: FunctionVM) {
        let run = Run(
            call.invocation, on: machine, limit: limit(of: call.invocation.function),
            deadline: call.deadline, logger: machine.logger, caller: call.caller,
            answer: call.answer)
        machine.active += 1
        active += 1
        mostActive = max(mostActive, active)
        call.caller?.onLeaving = { [self] in leave(run) }
        do throws(InvocationFailure) {
            advance(try machine.task(for: run, call.invocation))
        } catch {
            finish(run, .failed(error))
        }
    }

    // MARK: Slices

    /// Lets a task run until it ends, waits, or its slice is over. Its VM must be free for it, and is not free for others
    /// in the meantime: what the code writes to a caller can bring anything back to this loop.
    func advance(_ task: ScriptTask, complete: HostFunction? = nil) {
        let run = task.run
        let machine = run.machine
        machine.pool.occupy(machine)
        guard !run.hasEnded, !task.isDiscarded else { return release(machine) }
        var conclusion: FunctionVM.Conclusion?
        switch machine.resume(task, of: run, complete: complete) {
        case .preempted:
            return enqueue { [self] in advance(task) }
        case .waiting(let operation):
            wait(task, of: run, for: operation)
        case .finished(let count):
            task.state = .finished
            if task.isMain { conclusion = machine.conclusion(of: run, task, results: count) }
            if task.isWriting { conclusion = .ended(machine.conclusion(ofBody: run)) }
        case .failed(let cause):
            task.state = .failed(cause)
            // A limit of time ends the whole invocation, whichever of its tasks ran into it.
            if task.isMain || task.isWriting || cause.isFinal { conclusion = machine.failure(of: run, task, cause) }
        }
        if task.hasEnded, !task.isMain {
            for watcher in task.watchers { watcher() }
            task.watchers = []
        }
        switch conclusion {
        case .ended(let outcome) where run.invocation == nil:
            finish(run, outcome)
            release(machine)
        case .ended(let outcome):
            // The answer can bring the next request of the connection, for which the VM is free again.
            close(run)
            release(machine)
            run.answer(outcome)
        case .streams(let body, let head):
            beginSpawned(run)
            release(machine)
            stream(run, body, head)
        case nil:
            beginSpawned(run)
            release(machine)
        }
    }

    private func stream(_ run: Run, _ body: LuaReference, _ head: Response?) {
        run.begin(head)
        let task = run.machine.writingTask(for: run, body)
        whenFree(run.machine) { [self] in advance(task) }
    }

    /// The VM is free for the next one.
    private func release(_ machine: FunctionVM) {
        machine.pool.free(machine)
        resumeWaiting(on: machine)
        serve(machine.pool)
    }

    /// What waited for the VM goes on, one after the other: each comes back here when it is done with it.
    private func resumeWaiting(on machine: FunctionVM) {
        guard !machine.isResuming else { return }
        machine.isResuming = true
        defer { machine.isResuming = false }
        for _ in 0..<Self.stretch {
            guard !machine.isBusy, let next = machine.whenFree.popFirst() else { return }
            next()
        }
        if !machine.whenFree.isEmpty { enqueue { [self] in resumeWaiting(on: machine) } }
    }

    /// So many go on in a row before the loop sees to its connections.
    private static let stretch = 64

    /// Runs `body` on the VM as soon as no slice of another task is unfinished there.
    func whenFree(_ machine: FunctionVM, _ body: @escaping () -> Void) {
        if machine.isBusy { machine.whenFree.append(body) } else { body() }
    }

    /// Runs `body` after the loop has seen to its connections: a task of the loop would run before them.
    func enqueue(_ body: @escaping () -> Void) {
        runnable.append(body)
        guard !isTicking else { return }
        isTicking = true
        scheduleTick()
    }

    private func scheduleTick() {
        eventLoop.assumeIsolated().scheduleTask(in: .microseconds(10)) { [self] in
            runnable.popFirst()?()
            if runnable.isEmpty { isTicking = false } else { scheduleTick() }
        }
    }

    // MARK: Out

    func expire(_ run: Run) {
        guard !run.hasEnded, let deadline = run.deadline else { return }
        // It wrote in the meantime.
        if deadline > .now() {
            run.timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in expire(run) }
            return
        }
        finish(run, .failed(run.machine.timeLimitFailure(of: run)))
    }

    /// Whoever waited for the response is gone. Told in the middle of anything, so nothing is done at once.
    private func leave(_ run: Run) {
        enqueue { [self] in
            guard !run.hasEnded else { return }
            run.log.write(.info, "the caller left before the response was complete; the invocation ends")
            finish(run, .failed(InvocationFailure(.request, "the caller has left")))
        }
    }

    func finish(_ run: Run, _ outcome: Outcome) {
        close(run)
        run.answer(outcome)
    }

    /// Ends all that is left of the run; what remains is to tell its outcome.
    private func close(_ run: Run) {
        let machine = run.machine
        run.close()
        for task in run.tasks.values { discard(task, of: run) }
        run.tasks = [:]
        run.spawned = []
        for task in [run.main, run.writing] { if let task { discard(task, of: run) } }
        run.main = nil
        run.writing = nil
        machine.active -= 1
        if run.invocation != nil { active -= 1 }
        if active == 0, mostActive >= Self.crowd { scheduleTidying() }
        // Memory goes back to the system at once, and a VM that cannot be emptied is replaced.
        if machine.reachedLimit, machine.active == 0 {
            whenFree(machine) {
                machine.pool.replaceIfFull(machine)
                LuaVM.releaseFreeMemory()
            }
        }
    }

    /// So many invocations at once that what they held is worth giving back.
    private static let crowd = 500

    /// Gives memory back to the system soon after a crowd, when its connections are gone, too.
    private func scheduleTidying() {
        mostActive = 0
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(200)) { [self] in
            for pool in pools.values {
                for machine in pool.free where machine.vm.memoryUsed > 1 << 20 { machine.vm.collectGarbage() }
            }
            LuaVM.releaseFreeMemory()
        }
    }
}
