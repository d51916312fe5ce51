import EventLoop
import Lua

/// The VMs of one function on one worker, and the invocations that wait for one.
final class FunctionPool {
    /// One VM does for any number of invocations that are quick or wait; more are needed only while some are greedy.
    static let limit = 4

    let function: Function
    var files: AppFiles
    /// How long an invocation may take; nil for no limit.
    var timeLimit: Duration?
    /// How long the script may take to load while a save waits for it; nil for as long as an invocation.
    var loadLimit: Duration?
    var loadFailures = 0
    /// Why the script cannot be loaded.
    var failure: InvocationFailure?
    /// All VMs, with those that still load.
    var machines = 0
    var loading = 0
    /// VMs in which no slice is unfinished.
    private(set) var free: [FunctionVM] = []
    /// Invocations that have no VM yet.
    var waiting = RingBuffer<Invocation>()
    /// The scheduler is about to start what waits.
    var isServing = false
    /// The scheduler starts what waits after the loop has polled.
    var isQueued = false
    /// The scheduler looks again when the time of the first that waits is over.
    var isTimed = false
    var loadWatchers: [(InvocationFailure?) -> Void] = []

    /// What its VMs were loaded from, so far.
    private(set) var sources: Set<String> = []
    /// A newer version of the function is there: this one only ends what it has begun.
    private var isRetired = false

    /// Takes a VM that is not used any more.
    private let dismantle: (FunctionVM) -> Void

    init(_ function: Function, files: AppFiles, timeLimit: Duration?, dismantle: @escaping (FunctionVM) -> Void) {
        self.function = function
        self.files = files
        self.timeLimit = timeLimit
        self.dismantle = dismantle
    }

    /// Lets go of the VMs as soon as nothing runs in them.
    func retire() {
        isRetired = true
        settle()
    }

    /// A retired pool and its VMs hold each other until then.
    func settle() {
        guard isRetired, waiting.isEmpty else { return }
        free.forEach(dismantle)
        free = []
    }

    func occupy(_ machine: FunctionVM) {
        guard !machine.isBusy else { return }
        machine.isBusy = true
        free.removeAll { $0 === machine }
    }

    func free(_ machine: FunctionVM) {
        machine.isBusy = false
        if let more = machine.takeNewSources() { sources.formUnion(more) }
        guard machine.isLoaded else { return }
        if isRetired, waiting.isEmpty { dismantle(machine) } else { free.append(machine) }
    }

    /// Lets go of a VM that still holds more than half of what it may once its garbage is collected, so that the next
    /// invocation gets a fresh one. True if it did.
    func replaceIfFull(_ machine: FunctionVM) -> Bool {
        guard machine.vm.memoryUsed > machine.vm.memoryLimit / 2 else { return false }
        machines -= 1
        dismantle(machine)
        return true
    }
}
