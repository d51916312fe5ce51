import EventLoop
import HTTP
import Log
import Lua

/// Shares one event loop among all invocations on it.
///
/// Code runs in slices of a few milliseconds; between two slices the loop polls its sockets. Between two waits of an
/// invocation, nothing else runs in its VM: an invocation whose slice is over keeps its VM, and other invocations of
/// the function take other VMs, up to a limit. Waiting invocations share a VM.
///
/// One poll may bring hundreds of callbacks. Once a slice was preempted in the current turn of the loop, everything
/// that would run Lua code is queued, so two preempted slices never run between two polls.
final class Scheduler {
    let loop: EventLoop
    private(set) var app: FunctionApp
    let options: InvocationOptions
    let outbound: OutboundClient
    /// Indexed by the function's number in the app.
    private var pools: [FunctionPool] = []
    private var runnable = RingBuffer<Continuation>()
    private lazy var runNext: () -> Void = { [weak self] in self?.perform() }
    /// The turn in which a slice was last preempted.
    private var lastPreemption: UInt64?
    /// Called after each piece of work that ends a turn: a preempted slice, a piece of a collection, last words.
    var preempted: (() -> Void)?
    private var ids = InvocationIDs()
    /// A caller is receiving an outcome, and the VM that made it is still busy: the caller's next request waits.
    private var isAnswering = false
    /// The number of invocations that have begun and not ended, and its maximum since memory was last given back to the
    /// system.
    private var active = 0
    private var mostActive = 0

    init(loop: EventLoop, app: FunctionApp, options: InvocationOptions, outbound: OutboundClient) {
        self.outbound = outbound
        self.loop = loop
        self.app = app
        self.options = options
        pools = app.list.map(makePool)
    }

    func memoryLimit(of number: Int) -> Int { pools[number].function.limits.memory ?? options.memoryLimit }

    func timeLimit(of number: Int) -> Duration? { pools[number].timeLimit.duration }

    private func makePool(_ function: Function) -> FunctionPool { makePool(function, of: app) }

    func makePool(_ function: Function, of app: FunctionApp) -> FunctionPool {
        FunctionPool(
            function, files: app.files(of: function.name), timeLimit: Deadline.Limit(function, options, app.host),
            dismantle: { [weak self] in self?.dismantle($0) })
    }

    // MARK: In

    /// The one way into a function: an invocation in, an outcome out. The caller gets its response on the loop, at once
    /// if the function neither waits nor takes long.
    ///
    /// - Parameter number: the function's number in the app.
    func begin(_ number: Int, _ request: HTTPRequest, _ wire: Invocation.Wire, caller: any Caller) {
        let pool = pools[number]
        let id = request.lastRange(of: HTTPRequest.invocationID).map { InvocationID.host($0) } ?? ids.next()
        let invocation = Invocation(
            of: pool.function, request, wire: wire, caller: caller, id: id,
            deadline: Deadline(pool.timeLimit))
        if request.isCut {
            return fail(
                invocation,
                InvocationFailure(
                    .limit,
                    "the request body is larger than the function's \(ByteCount.text(memoryLimit(of: number))); raise it "
                        + "with --memory-limit, or \"lua\": { \"memoryLimit\" } in \(pool.function.directory)/function.json"
                ))
        }
        if mayRun, !isAnswering, pool.waiting.isEmpty, pool.failure == nil, !pool.isServing,
            let machine = pool.free.last
        {
            start(invocation, on: machine)
        } else {
            invocation.state = .waiting(pool)
            pool.waiting.append(invocation)
            if isAnswering { serveLater(pool) } else { serve(pool) }
        }
        // Most invocations have ended by now.
        guard !invocation.hasEnded, let caller = invocation.streamCaller else { return }
        invocation.watchesCaller = true
        caller.onLeaving = { [weak self] in self?.enqueue(.leave(invocation)) }
    }

    // MARK: Reload

    func pool(of name: String) -> FunctionPool? { pools.first { $0.function.name == name } }

    /// Loads a function ahead of its first call; `end` gets the reason if that fails.
    func load(_ pool: FunctionPool, end: @escaping (InvocationFailure?) -> Void) {
        if pool.machines > 0 || pool.failure != nil { return end(pool.failure) }
        pool.loadWatchers.append(end)
        addMachine(to: pool)
    }

    /// The files on which each function's loaded code depends.
    var sources: [String: Set<String>] {
        Dictionary(uniqueKeysWithValues: pools.map { ($0.function.name, $0.sources) })
    }

    /// Switches to a newer app. Invocations that have begun end with the code they began with.
    ///
    /// - Parameters:
    ///   - changed: functions that are new, gone or different.
    ///   - loaded: the pools of those functions that are already loaded.
    func adopt(_ app: FunctionApp, changed: Set<String>, loaded: [String: FunctionPool]) {
        self.app = app
        let older = Dictionary(uniqueKeysWithValues: pools.map { ($0.function.name, $0) })
        pools = app.list.map { function in
            guard !changed.contains(function.name) else { return loaded[function.name] ?? makePool(function) }
            return older[function.name] ?? makePool(function)
        }
        for pool in pools {
            pool.loadLimit = nil
            // The code already loaded is the same in the new app; files that it reads later are the new app's.
            pool.files = app.files(of: pool.function.name)
            pool.timeLimit = Deadline.Limit(pool.function, options, app.host)
        }
        for (name, pool) in older where changed.contains(name) { pool.retire() }
    }

    /// Functions that cannot be loaded.
    var failing: Set<String> { Set(pools.filter { $0.failure != nil }.map(\.function.name)) }

    // MARK: The queue

    /// Ends the turn after a whole slice, or after work of ours that took as long: nothing more runs before the loop
    /// has polled.
    private func endTurn() {
        guard mayRun else { return }
        lastPreemption = loop.turn
        preempted?()
    }

    /// Whether code may run now: no slice was preempted since the loop polled.
    var mayRun: Bool { lastPreemption != loop.turn }

    /// Queues work for after the loop has polled its sockets.
    func enqueue(_ continuation: Continuation) {
        runnable.append(continuation)
        loop.perform(runNext)
    }

    private func perform() {
        guard mayRun else { return loop.perform(runNext) }
        if let next = runnable.popFirst() { perform(next) }
    }

    private func perform(_ continuation: Continuation) {
        switch continuation {
        case .advance(let task, let completion): advance(task, completion)
        case .wake(let task, let completion): wake(task, completion)
        case .joined(let join): finish(join)
        case .discard(let task): giveBack(task)
        case .close(let run): closeSome(run)
        case .relieve(let task): relieve(task)
        case .tidy(let machine): tidy(machine)
        case .dismantle(let machine): dismantleSome(machine)
        case .resume(let machine): resumeWaiting(on: machine)
        case .serve(let pool):
            pool.isQueued = false
            serve(pool)
        case .expire(let run): expire(run)
        case .leave(let invocation): leave(invocation)
        }
    }

    // MARK: VMs

    /// Starts waiting invocations while there are VMs for them.
    private func serve(_ pool: FunctionPool) {
        // A call that ends at once calls this again; the loop below continues with the next.
        guard !pool.isServing else { return }
        pool.isServing = true
        defer { pool.isServing = false }
        while let invocation = pool.waiting.first {
            if invocation.streamCaller?.isGone == true {
                drop(invocation, of: pool)
            } else if let failure = pool.failure {
                drop(invocation, of: pool)
                fail(invocation, failure)
            } else if invocation.deadline.hasPassed {
                drop(invocation, of: pool)
                if invocation.caller.waitsForRoom({}) {
                    invocation.caller.respond(Refusal.overloaded.response)
                    continue
                }
                fail(
                    invocation,
                    InvocationFailure(
                        .function,
                        "no Lua VM was free within the time limit: other invocations of this function take too long"))
            } else if let machine = pool.free.last {
                guard mayRun else { return serveLater(pool) }
                // Its place at the head of the queue does not help: other callers have left too many responses unread
                // since it came.
                if invocation.caller.waitsForRoom({ [weak self] in self?.serveLater(pool) }) {
                    return serveAgain(pool, at: invocation.deadline)
                }
                drop(invocation, of: pool)
                start(invocation, on: machine)
            } else {
                guard pool.machines < FunctionPool.limit, pool.loading < pool.waiting.count else { return }
                guard mayRun else { return serveLater(pool) }
                let failures = pool.loadFailures
                addMachine(to: pool)
                // After a failure, loading again at once would fail too: the calls wait for a VM that already runs.
                guard pool.loadFailures == failures else { return }
            }
        }
        pool.settle()
    }

    /// Serves again at the deadline of the first waiting invocation, which may then have to be refused.
    private func serveAgain(_ pool: FunctionPool, at deadline: Deadline) {
        guard !deadline.isNever, !pool.isTimed else { return }
        pool.isTimed = true
        loop.schedule(after: deadline.time - .now) { [weak self] in
            pool.isTimed = false
            self?.serveLater(pool)
        }
    }

    private func serveLater(_ pool: FunctionPool) {
        guard !pool.isQueued else { return }
        pool.isQueued = true
        enqueue(.serve(pool))
    }

    /// Removes the first waiting invocation, which is this one.
    private func drop(_ invocation: Invocation, of pool: FunctionPool) {
        invocation.state = .ended
        _ = pool.waiting.popFirst()
    }

    /// Fails a call that got no VM.
    private func fail(_ invocation: Invocation, _ failure: InvocationFailure) {
        InvocationLog.write(failure, of: invocation, to: options.logger(for: invocation.function))
        answer(invocation, .failed(failure), writer: nil)
    }

    private func addMachine(to pool: FunctionPool) {
        pool.machines += 1
        pool.loading += 1
        do throws(InvocationFailure) {
            let machine = try FunctionVM(pool: pool, options: options)
            let run = Run(nil, on: machine, deadline: Deadline(pool.loadLimit ?? pool.timeLimit))
            machine.active += 1
            advance(try machine.loadingTask(for: run))
        } catch {
            loaded(pool, error)
        }
    }

    private func loaded(_ pool: FunctionPool, _ failure: InvocationFailure?) {
        pool.loading -= 1
        if let failure {
            pool.machines -= 1
            pool.loadFailures += 1
            // If another VM of the function runs, the waiting calls are for that one. A limit may not be reached next
            // time, so it is no lasting failure.
            if pool.machines == 0 {
                if failure.fault != .limit { pool.failure = failure }
                let calls = pool.waiting
                pool.waiting = RingBuffer()
                calls.forEach { invocation in
                    invocation.state = .ended
                    fail(invocation, failure)
                }
            }
        }
        let watchers = pool.loadWatchers
        pool.loadWatchers = []
        for watcher in watchers { watcher(failure) }
    }

    private func start(_ invocation: Invocation, on machine: FunctionVM) {
        let run = Run(invocation, on: machine, deadline: invocation.deadline)
        invocation.state = .running(run)
        machine.active += 1
        active += 1
        mostActive = max(mostActive, active)
        do throws(InvocationFailure) {
            advance(try machine.task(for: run, invocation))
        } catch {
            finish(run, .failed(error))
        }
    }

    // MARK: Slices

    /// Runs a task until it ends, waits, or its slice is over. Its VM must be free for it, and stays busy for others
    /// meanwhile: what the code writes to a caller can call back into this loop in any way.
    private func advance(_ task: ScriptTask, _ completion: Completion? = nil) {
        let run = task.run
        let machine = run.machine
        machine.pool.occupy(machine)
        guard !run.hasEnded, !task.isDiscarded else { return release(machine) }
        var conclusion: FunctionVM.Conclusion?
        switch machine.resume(task, of: run, completion) {
        case .preempted:
            endTurn()
            return enqueue(.advance(task, nil))
        case .needsMemory:
            machine.vm.beginCollection()
            endTurn()
            return enqueue(.relieve(task))
        case .waiting(let operation):
            wait(task, of: run, for: operation)
        case .finished(let count):
            task.state = .finished
            if task.isMain { conclusion = machine.conclusion(of: run, task, results: count) }
            if task.isWriting { conclusion = .ended(machine.conclusion(ofBody: run)) }
            if task.isPreparing { conclusion = machine.conclusion(ofPrepared: run) }
        case .failed(let cause):
            task.state = .failed(cause)
            // A time limit ends the whole invocation, whichever task ran into it.
            if task.isMain || task.isWriting || task.isPreparing || cause.isFinal {
                conclusion = machine.failure(of: run, task, cause)
            }
        }
        if task.hasEnded, !task.isMain {
            for join in task.joins {
                join.note(task)
                check(join)
            }
            task.joins = []
        }
        switch conclusion {
        case .ended(let outcome):
            finish(run, outcome, ownsVM: true)
            release(machine)
        case .continues(let next):
            beginSpawned(run)
            // At once, so that the answer is still what it was when the handler returned.
            advance(next)
        case .streams(let body, let head):
            beginSpawned(run)
            release(machine)
            stream(run, body, head)
        case nil:
            beginSpawned(run)
            release(machine)
        }
    }

    private func stream(_ run: Run, _ body: LuaReference, _ head: HTTPResponse?) {
        run.begin(head)
        whenFree(run.machine, .advance(run.machine.writingTask(for: run, body), nil))
    }

    /// Makes the VM free for the next task.
    private func release(_ machine: FunctionVM) {
        machine.pool.free(machine)
        if !machine.waiting.isEmpty { resumeWaiting(on: machine) }
        settle(machine.pool)
    }

    private func settle(_ pool: FunctionPool) { if pool.waiting.isEmpty { pool.settle() } else { serve(pool) } }

    /// Runs what waited for the VM, one after the other; each calls this again when it is done with the VM.
    private func resumeWaiting(on machine: FunctionVM) {
        guard !machine.isResuming else { return }
        machine.isResuming = true
        defer { machine.isResuming = false }
        for _ in 0..<Self.stretch {
            guard mayRun else { break }
            guard !machine.isBusy, let next = machine.waiting.popFirst() else { return }
            perform(next)
        }
        if !machine.isBusy, !machine.waiting.isEmpty { enqueue(.resume(machine)) }
    }

    /// How many continue in a row before the loop looks after its connections.
    private static let stretch = 64

    /// Continues as soon as no other task on the VM is in the middle of a slice.
    func whenFree(_ machine: FunctionVM, _ continuation: Continuation) {
        if machine.isBusy { return machine.waiting.append(continuation) }
        if mayRun { return perform(continuation) }
        machine.waiting.append(continuation)
        enqueue(.resume(machine))
    }

    // MARK: Out

    /// Ends a waiting run at its deadline.
    private func expire(_ run: Run) {
        guard !run.hasEnded else { return }
        // It has written since, which moved its deadline.
        if !run.deadline.hasPassed { return startTimer(of: run) }
        finish(run, .failed(run.machine.timeLimitFailure(of: run)))
    }

    func startTimer(of run: Run) {
        // Timers fire before the loop polls, so nothing may run in them.
        run.timer = loop.schedule(after: run.deadline.time - .now) { [weak self] in
            run.timer = nil
            self?.enqueue(.expire(run))
        }
    }

    /// Ends an invocation whose caller has disconnected.
    private func leave(_ invocation: Invocation) {
        switch invocation.state {
        case .ended: break
        case .waiting(let pool):
            invocation.state = .ended
            pool.waiting.removeAll { $0 === invocation }
            pool.settle()
        case .running(let run):
            run.write(.info, "the caller left before the response was complete; the invocation ends")
            finish(run, .failed(InvocationFailure(.request, "the caller has left")))
        }
    }

    /// Reports the outcome and ends everything left of the run. The answer goes first, as its content may lie in the
    /// VM.
    ///
    /// - Parameter ownsVM: the run's own slice has just ended, and nothing else has used the VM since.
    func finish(_ run: Run, _ outcome: Outcome, ownsVM: Bool = false) {
        guard !run.hasEnded else { return }
        run.close()
        let machine = run.machine
        if let invocation = run.invocation {
            isAnswering = true
            let isOut = run.body?.end(isComplete: !outcome.isFailure) ?? false
            if !isOut { answer(invocation, outcome, writer: machine.vm.writer) }
            isAnswering = false
            machine.vm.writer.truncate()
            invocation.state = .ended
            active -= 1
        }
        run.leaveTasks { $0.discard() }
        if ownsVM { closeSome(run) } else { whenFree(machine, .close(run)) }
        if active == 0, mostActive >= Self.crowd { scheduleTidying() }
        if run.invocation == nil { endLoading(of: machine, outcome) }
    }

    /// Gives back some of the threads that a run has left; all of them share one budget of last words.
    private func closeSome(_ run: Run) {
        var left = Self.stretch
        while left > 0, let task = run.takeLeftover() {
            left -= 1
            guard giveBack(task) else { break }
        }
        let machine = run.machine
        guard !run.hasLeftovers else {
            endTurn()
            return whenFree(machine, .close(run))
        }
        machine.active -= 1
        guard machine.active == 0, machine.reachedLimit || machine.isLarge else { return }
        machine.vm.beginCollection()
        whenFree(machine, .tidy(machine))
    }

    /// Returns false if that took so long that others get their turn.
    @discardableResult
    private func giveBack(_ task: ScriptTask) -> Bool {
        let before = task.run.lastWords
        task.run.machine.giveBack(task)
        guard task.run.lastWords != before else { return true }
        endTurn()
        return false
    }

    // MARK: Garbage

    /// Collects a piece of garbage for a task at its memory limit. After the last piece the task continues, or fails if
    /// that did not help.
    private func relieve(_ task: ScriptTask) {
        let run = task.run
        let machine = run.machine
        guard !run.hasEnded, !task.isDiscarded else { return release(machine) }
        if machine.vm.collectPiece(toGoOn: true) {
            endTurn()
            return enqueue(.relieve(task))
        }
        guard machine.vm.isFull else { return advance(task) }
        finish(run, .failed(machine.memoryLimitFailure(of: run, task)), ownsVM: true)
        release(machine)
    }

    /// Collects a piece of what an invocation left, so that memory goes back to the system. A VM that stays full is
    /// replaced. It stays busy for others meanwhile.
    private func tidy(_ machine: FunctionVM) {
        machine.pool.occupy(machine)
        if machine.vm.collectPiece() {
            endTurn()
            return enqueue(.tidy(machine))
        }
        let isReplaced = machine.reachedLimit && machine.active == 0 && machine.pool.replaceIfFull(machine)
        machine.noteSize()
        LuaVM.releaseFreeMemory()
        if isReplaced { settle(machine.pool) } else { release(machine) }
    }

    /// Frees a VM, in pieces if it is large.
    private func dismantle(_ machine: FunctionVM) {
        guard machine.active == 0, machine.vm.memoryUsed > FunctionVM.leastIdleSize else { return }
        machine.vm.clear()
        machine.vm.beginCollection()
        enqueue(.dismantle(machine))
    }

    private func dismantleSome(_ machine: FunctionVM) {
        endTurn()
        if machine.vm.collectPiece() { enqueue(.dismantle(machine)) } else { LuaVM.releaseFreeMemory() }
    }

    private func endLoading(of machine: FunctionVM, _ outcome: Outcome) {
        // A quarter of a fresh VM is garbage from its making. In a large VM a whole collection takes longer than a
        // slice.
        if machine.isLoaded, machine.vm.memoryUsed < 1 << 20 { machine.vm.collectGarbage() }
        if case .failed(let failure) = outcome { loaded(machine.pool, failure) } else { loaded(machine.pool, nil) }
    }

    private func answer(_ invocation: Invocation, _ outcome: Outcome, writer: JSONWriter?) {
        let caller = invocation.caller
        if invocation.watchesCaller { caller.onLeaving = nil }
        switch outcome {
        case .written(let status, let contentType):
            writer?.withSpan { caller.respond(status: status, contentType: contentType, body: $0) }
        case .response(let response):
            caller.respond(response)
        case .failed(let failure):
            caller.respond(response(to: invocation, failure))
        }
    }

    private func response(to invocation: Invocation, _ failure: InvocationFailure) -> HTTPResponse {
        switch invocation.wire {
        case .payload:
            PayloadWire.response(
                failure, function: invocation.function.name, id: invocation.id, toHost: invocation.request.isOfHost)
        case .request:
            PlainWire.response(
                failure, to: invocation, files: app.files(of: invocation.function.name),
                showsErrors: options.showsErrors)
        }
    }

    /// The number of concurrent invocations from which it is worth giving memory back.
    private static let crowd = 500

    /// Gives memory back to the system soon after many concurrent invocations, when their connections are gone too.
    private func scheduleTidying() {
        mostActive = 0
        loop.schedule(after: .milliseconds(200)) { [weak self] in
            for pool in self?.pools ?? [] {
                for machine in pool.free where machine.vm.memoryUsed > 1 << 20 {
                    machine.vm.beginCollection()
                    self?.whenFree(machine, .tidy(machine))
                }
            }
            LuaVM.releaseFreeMemory()
        }
    }
}
