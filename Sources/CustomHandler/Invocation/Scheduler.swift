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
    func begin(_ number: Int, _ request: HTTPRequest, _ wire: Invocation.Wire, caller: any ResponseSink) {
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
            let vm = pool.free.last
        {
            start(invocation, on: vm)
        } else {
            invocation.state = .waiting(pool)
            pool.waiting.append(invocation)
            if isAnswering { serveLater(pool) } else { serve(pool) }
        }
        // Most invocations have ended by now.
        guard !invocation.hasEnded, let caller = invocation.streamSink else { return }
        invocation.watchesCaller = true
        caller.onDisconnect = { [weak self] in self?.enqueue(.leave(invocation)) }
    }

    // MARK: Reload

    func pool(of name: String) -> FunctionPool? { pools.first { $0.function.name == name } }

    /// Loads a function ahead of its first call; `end` gets the reason if that fails.
    func load(_ pool: FunctionPool, end: @escaping (InvocationFailure?) -> Void) {
        if pool.vms > 0 || pool.failure != nil { return end(pool.failure) }
        pool.loadWatchers.append(end)
        addVM(to: pool)
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
    func install(_ app: FunctionApp, changed: Set<String>, loaded: [String: FunctionPool]) {
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
        case .close(let execution): closeSome(execution)
        case .relieve(let task): relieve(task)
        case .tidy(let vm): tidy(vm)
        case .dismantle(let vm): dismantleSome(vm)
        case .resume(let vm): resumeWaiting(on: vm)
        case .serve(let pool):
            pool.isQueued = false
            serve(pool)
        case .expire(let execution): expire(execution)
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
            if invocation.streamSink?.isClosed == true {
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
            } else if let vm = pool.free.last {
                guard mayRun else { return serveLater(pool) }
                // Its place at the head of the queue does not help: other callers have left too many responses unread
                // since it came.
                if invocation.caller.waitsForRoom({ [weak self] in self?.serveLater(pool) }) {
                    return serveAgain(pool, at: invocation.deadline)
                }
                drop(invocation, of: pool)
                start(invocation, on: vm)
            } else {
                guard pool.vms < FunctionPool.limit, pool.loading < pool.waiting.count else { return }
                guard mayRun else { return serveLater(pool) }
                let failures = pool.loadFailures
                addVM(to: pool)
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

    private func addVM(to pool: FunctionPool) {
        pool.vms += 1
        pool.loading += 1
        do throws(InvocationFailure) {
            let vm = try FunctionVM(pool: pool, options: options)
            let execution = Execution(nil, on: vm, deadline: Deadline(pool.loadLimit ?? pool.timeLimit))
            vm.active += 1
            advance(try vm.loadingTask(for: execution))
        } catch {
            loaded(pool, error)
        }
    }

    private func loaded(_ pool: FunctionPool, _ failure: InvocationFailure?) {
        pool.loading -= 1
        if let failure {
            pool.vms -= 1
            pool.loadFailures += 1
            // If another VM of the function runs, the waiting calls are for that one. A limit may not be reached next
            // time, so it is no lasting failure.
            if pool.vms == 0 {
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

    private func start(_ invocation: Invocation, on vm: FunctionVM) {
        let execution = Execution(invocation, on: vm, deadline: invocation.deadline)
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

    /// Runs a task until it ends, waits, or its slice is over. Its VM must be free for it, and stays busy for others
    /// meanwhile: what the code writes to a caller can call back into this loop in any way.
    private func advance(_ task: ScriptTask, _ completion: Completion? = nil) {
        let execution = task.execution
        let vm = execution.vm
        vm.pool.occupy(vm)
        guard !execution.hasEnded, !task.isDiscarded else { return release(vm) }
        var conclusion: FunctionVM.Conclusion?
        switch vm.resume(task, of: execution, completion) {
        case .preempted:
            endTurn()
            return enqueue(.advance(task, nil))
        case .needsMemory:
            vm.lua.beginCollection()
            endTurn()
            return enqueue(.relieve(task))
        case .waiting(let operation):
            wait(task, of: execution, for: operation)
        case .finished(let count):
            task.state = .finished
            if task.isMain { conclusion = vm.conclusion(of: execution, task, results: count) }
            if task.isWriting { conclusion = .ended(vm.conclusion(ofBody: execution)) }
            if task.isPreparing { conclusion = vm.conclusion(ofPrepared: execution) }
        case .failed(let cause):
            task.state = .failed(cause)
            // A time limit ends the whole invocation, whichever task ran into it.
            if task.isMain || task.isWriting || task.isPreparing || cause.isFinal {
                conclusion = vm.failure(of: execution, task, cause)
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
            finish(execution, outcome, ownsVM: true)
            release(vm)
        case .continues(let next):
            beginSpawned(execution)
            // At once, so that the answer is still what it was when the handler returned.
            advance(next)
        case .streams(let body, let head):
            beginSpawned(execution)
            release(vm)
            stream(execution, body, head)
        case nil:
            beginSpawned(execution)
            release(vm)
        }
    }

    private func stream(_ execution: Execution, _ body: LuaReference, _ head: HTTPResponse?) {
        execution.begin(head)
        whenFree(execution.vm, .advance(execution.vm.writingTask(for: execution, body), nil))
    }

    /// Makes the VM free for the next task.
    private func release(_ vm: FunctionVM) {
        vm.pool.free(vm)
        if !vm.waiting.isEmpty { resumeWaiting(on: vm) }
        settle(vm.pool)
    }

    private func settle(_ pool: FunctionPool) { if pool.waiting.isEmpty { pool.settle() } else { serve(pool) } }

    /// Runs what waited for the VM, one after the other; each calls this again when it is done with the VM.
    private func resumeWaiting(on vm: FunctionVM) {
        guard !vm.isResuming else { return }
        vm.isResuming = true
        defer { vm.isResuming = false }
        for _ in 0..<Self.stretch {
            guard mayRun else { break }
            guard !vm.isBusy, let next = vm.waiting.popFirst() else { return }
            perform(next)
        }
        if !vm.isBusy, !vm.waiting.isEmpty { enqueue(.resume(vm)) }
    }

    /// How many continue in a row before the loop looks after its connections.
    private static let stretch = 64

    /// Continues as soon as no other task on the VM is in the middle of a slice.
    func whenFree(_ vm: FunctionVM, _ continuation: Continuation) {
        if vm.isBusy { return vm.waiting.append(continuation) }
        if mayRun { return perform(continuation) }
        vm.waiting.append(continuation)
        enqueue(.resume(vm))
    }

    // MARK: Out

    /// Ends a waiting execution at its deadline.
    private func expire(_ execution: Execution) {
        guard !execution.hasEnded else { return }
        // It has written since, which moved its deadline.
        if !execution.deadline.hasPassed { return startTimer(of: execution) }
        finish(execution, .failed(execution.vm.timeLimitFailure(of: execution)))
    }

    func startTimer(of execution: Execution) {
        // Timers fire before the loop polls, so nothing may run in them.
        execution.timer = loop.schedule(after: execution.deadline.time - .now) { [weak self] in
            execution.timer = nil
            self?.enqueue(.expire(execution))
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
        case .running(let execution):
            execution.write(.info, "the caller left before the response was complete; the invocation ends")
            finish(execution, .failed(InvocationFailure(.request, "the caller has left")))
        }
    }

    /// Reports the outcome and ends everything left of the execution. The answer goes first, as its content may lie in the
    /// VM.
    ///
    /// - Parameter ownsVM: the execution's own slice has just ended, and nothing else has used the VM since.
    func finish(_ execution: Execution, _ outcome: Outcome, ownsVM: Bool = false) {
        guard !execution.hasEnded else { return }
        execution.close()
        let vm = execution.vm
        if let invocation = execution.invocation {
            isAnswering = true
            let isOut = execution.body?.end(isComplete: !outcome.isFailure) ?? false
            if !isOut { answer(invocation, outcome, writer: vm.lua.writer) }
            isAnswering = false
            vm.lua.writer.truncate()
            invocation.state = .ended
            active -= 1
        }
        execution.leaveTasks { $0.discard() }
        if ownsVM { closeSome(execution) } else { whenFree(vm, .close(execution)) }
        if active == 0, mostActive >= Self.trimThreshold { scheduleTidying() }
        if execution.invocation == nil { endLoading(of: vm, outcome) }
    }

    /// Gives back some of the threads that an execution has left; all of them share one budget of last words.
    private func closeSome(_ execution: Execution) {
        var left = Self.stretch
        while left > 0, let task = execution.takeLeftover() {
            left -= 1
            guard giveBack(task) else { break }
        }
        let vm = execution.vm
        guard !execution.hasLeftovers else {
            endTurn()
            return whenFree(vm, .close(execution))
        }
        vm.active -= 1
        guard vm.active == 0, vm.reachedLimit || vm.isLarge else { return }
        vm.lua.beginCollection()
        whenFree(vm, .tidy(vm))
    }

    /// Returns false if that took so long that others get their turn.
    @discardableResult
    private func giveBack(_ task: ScriptTask) -> Bool {
        let before = task.execution.lastWords
        task.execution.vm.giveBack(task)
        guard task.execution.lastWords != before else { return true }
        endTurn()
        return false
    }

    // MARK: Garbage

    /// Collects a piece of garbage for a task at its memory limit. After the last piece the task continues, or fails if
    /// that did not help.
    private func relieve(_ task: ScriptTask) {
        let execution = task.execution
        let vm = execution.vm
        guard !execution.hasEnded, !task.isDiscarded else { return release(vm) }
        if vm.lua.collectPiece(toGoOn: true) {
            endTurn()
            return enqueue(.relieve(task))
        }
        guard vm.lua.isFull else { return advance(task) }
        finish(execution, .failed(vm.memoryLimitFailure(of: execution, task)), ownsVM: true)
        release(vm)
    }

    /// Collects a piece of what an invocation left, so that memory goes back to the system. A VM that stays full is
    /// replaced. It stays busy for others meanwhile.
    private func tidy(_ vm: FunctionVM) {
        vm.pool.occupy(vm)
        if vm.lua.collectPiece() {
            endTurn()
            return enqueue(.tidy(vm))
        }
        let isReplaced = vm.reachedLimit && vm.active == 0 && vm.pool.replaceIfFull(vm)
        vm.noteSize()
        LuaVM.releaseFreeMemory()
        if isReplaced { settle(vm.pool) } else { release(vm) }
    }

    /// Frees a VM, in pieces if it is large.
    private func dismantle(_ vm: FunctionVM) {
        guard vm.active == 0, vm.lua.memoryUsed > FunctionVM.leastIdleSize else { return }
        vm.lua.clear()
        vm.lua.beginCollection()
        enqueue(.dismantle(vm))
    }

    private func dismantleSome(_ vm: FunctionVM) {
        endTurn()
        if vm.lua.collectPiece() { enqueue(.dismantle(vm)) } else { LuaVM.releaseFreeMemory() }
    }

    private func endLoading(of vm: FunctionVM, _ outcome: Outcome) {
        // A quarter of a fresh VM is garbage from its making. In a large VM a whole collection takes longer than a
        // slice.
        if vm.isLoaded, vm.lua.memoryUsed < 1 << 20 { vm.lua.collectGarbage() }
        if case .failed(let failure) = outcome { loaded(vm.pool, failure) } else { loaded(vm.pool, nil) }
    }

    private func answer(_ invocation: Invocation, _ outcome: Outcome, writer: JSONWriter?) {
        let caller = invocation.caller
        if invocation.watchesCaller { caller.onDisconnect = nil }
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
    private static let trimThreshold = 500

    /// Gives memory back to the system soon after many concurrent invocations, when their connections are gone too.
    private func scheduleTidying() {
        mostActive = 0
        loop.schedule(after: .milliseconds(200)) { [weak self] in
            for pool in self?.pools ?? [] {
                for vm in pool.free where vm.lua.memoryUsed > 1 << 20 {
                    vm.lua.beginCollection()
                    self?.whenFree(vm, .tidy(vm))
                }
            }
            LuaVM.releaseFreeMemory()
        }
    }
}
