import EventLoop
import FunctionsModel
import Lua

/// The VMs of one function on one worker, and the invocations that wait for one.
///
/// The pool decides which invocation gets which VM; the scheduler does the work.
final class FunctionPool {
    /// The maximum number of VMs. One VM is enough for any number of invocations that are quick or wait; only
    /// long-running invocations need more.
    static let limit = 4

    let function: Function
    var files: AppFiles
    /// The time limit of an invocation.
    var timeLimit: Deadline.Limit
    /// The time limit for loading the script while a saved change or `check` waits for it; nil for the time limit of an
    /// invocation.
    var loadLimit: Deadline.Limit?
    /// The test file's own code, if this is its VM.
    var test: TestScript?
    /// The prompt, if this is its VM.
    var prompt: Prompt?
    /// What the worker of a test has instead of the outside world; nil for any other worker.
    var bench: TestBench?
    var clock: WorkerClock { WorkerClock(fake: bench?.clock) }
    /// The key sets of token issuers, which all functions of a worker share.
    var keySets: KeySets?
    /// The open streams of the worker's loop.
    var streams: LoopStreams?
    /// The time after which the host would end the whole process; nil for no limit.
    var hostLimit: Duration?
    /// The reason why the script cannot be loaded.
    private(set) var failure: InvocationFailure? { didSet { takesFree = failure == nil } }
    /// The files from which the function's VMs were loaded.
    private(set) var sources: Set<String> = []

    /// The number of VMs, including those that still load.
    private(set) var vms = 0
    private var loading = 0
    private(set) var loadFailures = 0
    /// VMs in which no slice is unfinished.
    private(set) var free: [FunctionVM] = []
    private var waiting = RingBuffer<Invocation>()
    private var order: Order
    /// Whether an invocation may begin on a free VM. If not, the script cannot be loaded, or another VM is needed
    /// first.
    private var takesFree = true
    /// Whether a VM has been loaded and not been free yet.
    private var hasNewVM = false

    /// Which of the free VMs an invocation gets.
    private enum Order {
        /// The one that was used last, whose memory is still in the processor's caches.
        case last
        /// The one that was not used for the longest time, so that each of at least two VMs gets its turn.
        case turns
        /// None: a newer version of the function exists. This pool only finishes what it has begun.
        case retired
    }

    /// Whether the pool is in the scheduler's queue.
    var isQueued = false
    /// Whether a timer will make the scheduler serve this pool again at the deadline of the first waiting invocation.
    var isTimed = false
    /// Called when the loading of a VM has ended, with the reason if it failed.
    private var loadWatchers: [(InvocationFailure?) -> Void] = []

    /// Frees a VM that is no longer used.
    private let dismantle: (FunctionVM) -> Void

    /// - Parameter alternates: whether at least two VMs run the function by turns.
    init(
        _ function: Function, files: AppFiles, timeLimit: Deadline.Limit, alternates: Bool = false,
        dismantle: @escaping (FunctionVM) -> Void
    ) {
        order = alternates ? .turns : .last
        self.function = function
        self.files = files
        self.timeLimit = timeLimit
        self.dismantle = dismantle
    }

    // MARK: Admission

    /// The VM on which an invocation that arrives now may begin immediately; nil if it must wait.
    var idleVM: FunctionVM? { waiting.isEmpty && takesFree ? free.last : nil }

    func add(_ invocation: Invocation) {
        invocation.state = .waiting(self)
        waiting.append(invocation)
    }

    var hasWaiting: Bool { !waiting.isEmpty }

    /// What to do with the first waiting invocation.
    enum Decision {
        /// Its caller has disconnected.
        case drop(Invocation)
        case fail(Invocation, InvocationFailure)
        /// It has waited until its deadline.
        case expire(Invocation)
        case start(Invocation, on: FunctionVM)
        /// Load a further VM.
        case load
        /// Nothing: the invocation waits for a VM, or no invocation waits.
        case wait
    }

    func decision(at now: MonotonicTime = .now) -> Decision {
        guard let first = waiting.first else { return .wait }
        if first.streamSink?.isClosed == true { return .drop(first) }
        if let failure { return .fail(first, failure) }
        if first.deadline.hasPassed(at: now) { return .expire(first) }
        if takesFree, let vm = free.last { return .start(first, on: vm) }
        return vms < Self.limit && loading < waiting.count ? .load : .wait
    }

    /// Removes the first waiting invocation.
    func removeFirst() { waiting.popFirst()?.state = .ended }

    func remove(_ invocation: Invocation) {
        invocation.state = .ended
        waiting.removeAll { $0 === invocation }
        settle()
    }

    // MARK: Loading

    /// Whether no attempt was made to load the script yet.
    var isUntried: Bool { vms == 0 && failure == nil }

    func watchLoading(_ watcher: @escaping (InvocationFailure?) -> Void) { loadWatchers.append(watcher) }

    /// Counts a VM that begins to load.
    func beginLoading() {
        vms += 1
        loading += 1
    }

    /// Records that the loading of a VM has ended. Returns the invocations that fail because of it.
    func endLoading(_ failure: InvocationFailure?) -> [Invocation] {
        loading -= 1
        hasNewVM = failure == nil
        var failed: [Invocation] = []
        if let failure {
            vms -= 1
            loadFailures += 1
            // The VM that runs goes on alone.
            if case .turns = order { order = .last }
            takesFree = true
            // If another VM of the function runs, the waiting invocations wait for that one.
            if vms == 0 {
                // A limit may not be reached the next time, so reaching it is not a permanent failure.
                if failure.reason != .limit { self.failure = failure }
                while let invocation = waiting.first {
                    failed.append(invocation)
                    removeFirst()
                }
            }
        }
        let watchers = loadWatchers
        loadWatchers = []
        for watcher in watchers { watcher(failure) }
        return failed
    }

    // MARK: VMs

    /// Releases the VMs as soon as nothing runs in them.
    func retire() {
        order = .retired
        takesFree = failure == nil
        settle()
    }

    /// Releases the free VMs of a retired pool. This breaks the reference cycle between the pool and its VMs.
    func settle() {
        guard case .retired = order, waiting.isEmpty else { return }
        free.forEach(dismantle)
        free = []
    }

    func occupy(_ vm: FunctionVM) {
        guard !vm.isBusy else { return }
        vm.isBusy = true
        if free.last === vm { free.removeLast() } else { free.removeAll { $0 === vm } }
    }

    func free(_ vm: FunctionVM) {
        vm.isBusy = false
        if let more = vm.takeNewSources() { sources.formUnion(more) }
        guard vm.isLoaded else { return }
        switch order {
        case .last: free.append(vm)
        case .turns: freeForTurn(vm)
        case .retired: if waiting.isEmpty { dismantle(vm) } else { free.append(vm) }
        }
    }

    /// A new VM is the next in turn. The second VM is loaded for the second invocation.
    private func freeForTurn(_ vm: FunctionVM) {
        if hasNewVM { free.append(vm) } else { free.insert(vm, at: 0) }
        takesFree = hasNewVM || vms > 1
        hasNewVM = false
    }

    /// Frees a VM that still uses more than half of its memory limit after a collection. The next invocation gets a
    /// fresh one. Returns whether it did so.
    func replaceIfFull(_ vm: FunctionVM) -> Bool {
        guard vm.lua.memoryUsed > vm.lua.memoryLimit / 2 else { return false }
        vms -= 1
        dismantle(vm)
        return true
    }
}
