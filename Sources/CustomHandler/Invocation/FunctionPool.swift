import EventLoop
import Lua

/// The VMs of one function on one worker, and the invocations that wait for one.
final class FunctionPool {
    /// One VM is enough for any number of invocations that are quick or wait; only long-running ones need more.
    static let limit = 4

    let function: Function
    var files: AppFiles
    /// How long an invocation may take.
    var timeLimit: Deadline.Limit
    /// How long the script may load while a saved change waits for it; nil for the time limit of an invocation.
    var loadLimit: Deadline.Limit?
    var loadFailures = 0
    /// Why the script cannot be loaded.
    var failure: InvocationFailure?
    /// The number of VMs, including those that still load.
    var vms = 0
    var loading = 0
    /// VMs in which no slice is unfinished.
    private(set) var free: [FunctionVM] = []
    /// Invocations that have no VM yet.
    var waiting = RingBuffer<Invocation>()
    /// The scheduler is starting waiting invocations.
    var isServing = false
    /// The scheduler starts waiting invocations after the loop has polled.
    var isQueued = false
    /// The scheduler looks again when the first waiting invocation reaches its deadline.
    var isTimed = false
    var loadWatchers: [(InvocationFailure?) -> Void] = []

    /// The files from which its VMs were loaded so far.
    private(set) var sources: Set<String> = []
    /// A newer version of the function exists; this pool only finishes what it has begun.
    private var isRetired = false

    /// Takes a VM that is no longer used.
    private let dismantle: (FunctionVM) -> Void

    init(_ function: Function, files: AppFiles, timeLimit: Deadline.Limit, dismantle: @escaping (FunctionVM) -> Void) {
        self.function = function
        self.files = files
        self.timeLimit = timeLimit
        self.dismantle = dismantle
    }

    /// Releases the VMs as soon as nothing runs in them.
    func retire() {
        isRetired = true
        settle()
    }

    /// Releases the free VMs of a retired pool: until then, the pool and its VMs hold each other.
    func settle() {
        guard isRetired, waiting.isEmpty else { return }
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
        if isRetired, waiting.isEmpty { dismantle(vm) } else { free.append(vm) }
    }

    /// Drops a VM that, after a collection, still uses more than half of its memory limit; the next invocation gets a
    /// fresh one. Returns true if it did.
    func replaceIfFull(_ vm: FunctionVM) -> Bool {
        guard vm.lua.memoryUsed > vm.lua.memoryLimit / 2 else { return false }
        vms -= 1
        dismantle(vm)
        return true
    }
}
