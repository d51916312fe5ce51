internal import CLua
import JSON

/// A Swift function called from Lua: its arguments are at index 1 and up; returns how many results it left on top.
public typealias HostFunction = (LuaStack) throws(LuaError) -> Int

/// One Lua state: its memory, its globals and the Swift functions it may call.
///
/// Deliberately not Sendable: the compiler keeps a VM, its threads and its stacks with whoever made it.
public final class LuaVM {
    /// Shared with C; freed after the state is closed.
    private let shared: UnsafeMutablePointer<CLuaVM>
    let state: OpaquePointer
    let account: HeldBytes.Account
    private var functions: [(name: String, body: HostFunction)] = []
    /// What fills the deferred tables that do not come from JSON.
    var fillers: [TableFiller.Functions] = []
    /// Reused for each JSON text that is checked.
    let outline = JSONOutline()
    private var knownNames: JSONNames?
    private var idleThreads: [LuaThread] = []
    private var seal: LuaReference?
    private var cyclesLeft = 0
    /// The completion for the resumed thread, and the operation for which it then waits.
    var completion: HostFunction?
    var operation: (any Operation)?
    /// The work that continues when the thread is resumed. No other code runs in the VM until then.
    var unfinished: WorkStep?
    public internal(set) var limitChecks = LimitChecks()
    /// Why a deferred table could not be filled: raised where it was accessed, or at the next check of the limits.
    public var fault: LuaError?

    /// Reused by everything that writes JSON from this VM.
    public let writer = JSONWriter()

    /// - Parameter memoryLimit: the bytes that the state may use while Lua runs.
    public init(memoryLimit: Int, sandbox: Sandbox) throws(LuaFailure) {
        shared = .allocate(capacity: 1)
        shared.initialize(to: CLuaVM())
        shared.pointee.dispatch = dispatch
        shared.pointee.limit = memoryLimit
        shared.pointee.deadline = .max
        shared.pointee.stride = CLUA_STRIDE
        guard let state = clua_newstate(shared) else {
            // Happens only if the machine itself has no memory left: as fatal as any failed allocation in Swift.
            preconditionFailure("no memory for a Lua state")
        }
        self.state = state
        account = HeldBytes.Account(LuaStack(state: state))
        shared.pointee.vm = Unmanaged.passUnretained(self).toOpaque()
        writer.held = HeldBytes(self)
        seal = try open(sandbox)
    }

    deinit {
        account.stack = nil
        lua_close(state)
        clua_dropblocks(shared)
        shared.deallocate()
        knownNames?.deallocate()
    }

    /// The names in the JSON texts that were read here.
    var names: JSONNames {
        if let knownNames { return knownNames }
        let names = JSONNames()
        knownNames = names
        return names
    }

    public var memoryUsed: Int { shared.pointee.used }
    public var memoryLimit: Int { shared.pointee.limit }

    /// Counts bytes that Swift holds for the code here; returns false, and changes nothing, if the VM would exceed its
    /// limit.
    public func hold(_ bytes: Int) -> Bool {
        guard stack.hasRoom(for: bytes) else { return false }
        shared.pointee.used += bytes
        return true
    }

    /// Stops counting these bytes.
    public func letGo(_ bytes: Int) { shared.pointee.used -= bytes }

    /// Collects all garbage now; the time grows with the VM's data.
    public func collectGarbage() {
        clua_collect(state)
        clua_dropblocks(shared)
    }

    /// Begins to collect all garbage in pieces; other work may run between them.
    public func beginCollection() { cyclesLeft = 2 }

    /// Collects for at most some milliseconds; returns false once everything is gone that was garbage when the
    /// collection began.
    ///
    /// - Parameter toGoOn: stop as soon as the running code has enough room.
    public func collectPiece(toGoOn: Bool = false) -> Bool {
        // The first cycle may have begun long ago, and misses later garbage.
        if clua_collectpiece(state) != 0 { cyclesLeft -= toGoOn && !isFull ? cyclesLeft : 1 }
        return cyclesLeft > 0
    }

    /// Makes everything in the VM garbage. Afterwards it can only be collected, not used.
    public func clear() {
        idleThreads = []
        clua_clear(state)
    }

    /// Whether a collection has freed so little that code which allocates would soon reach the limit again.
    public var isFull: Bool { clua_isfull(shared) != 0 }

    /// Sets the process's allocator so that it gives large blocks back to the system when they are freed.
    public static func tuneMemory() { clua_tunememory() }

    /// Gives freed memory back to the system.
    public static func releaseFreeMemory() { clua_trim() }

    /// Names the running code, for the one line that explains why the process ended if native code outlives its
    /// deadline.
    public func setLabel(_ text: String) { clua_setlabel(state, text, text.utf8.count) }

    /// Names the next run, in addition to the label.
    public func setRun(_ text: String) { clua_setrun(state, text, text.utf8.count) }

    public func setRun(_ text: RawSpan) {
        // C copies the bytes.
        text.withUnsafeBytes { raw in
            clua_setrun(state, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
        }
    }

    /// Moves the deadline of the running code that has called Swift, in nanoseconds of the monotonic clock.
    public func setDeadline(_ deadline: Int64) { shared.pointee.deadline = deadline }

    /// Called when an invocation begins: memory may be refused a few times before that ends it.
    public func forgetRefusals() { shared.pointee.refusals = 0 }

    /// The main thread's stack; every user must leave it as it was.
    public var stack: LuaStack { LuaStack(state: state) }

    fileprivate func add(_ name: String, _ body: @escaping HostFunction) -> Int32 {
        functions.append((name, body))
        return Int32(functions.count - 1)
    }

    /// From now on, an assignment to a global that does not exist is an error.
    public func sealGlobals() {
        guard let seal else { return }
        stack.push(seal)
        // This only sets a metatable, so it cannot fail.
        clua_pcall(state, 0, 0)
    }

    /// A thread with an empty stack, an idle one if possible.
    public func makeThread() -> LuaThread {
        if let thread = idleThreads.popLast() { return thread }
        guard let state = clua_newroot(state) else { preconditionFailure("no memory for a Lua thread") }
        return LuaThread(vm: self, state: state, reference: stack.reference())
    }

    /// Gives back a thread in any state. A thread that failed or was left waiting is not reused, as its stack may be
    /// huge. Its to-be-closed variables are closed while there is time for that.
    ///
    /// - Parameter lastWords: the budget of their code, which this reduces.
    public func recycle(_ thread: LuaThread, _ lastWords: inout ClosingTime) {
        unfinished = nil
        if lua_status(thread.state) == LUA_OK, idleThreads.count < 16 {
            lua_settop(thread.state, 0)
            // A slice that ended just before the end would end the next one at once.
            if lua_gethook(thread.state) != nil { lua_sethook(thread.state, nil, 0, 0) }
            idleThreads.append(thread)
        } else {
            if lastWords.ticks > 0 { lastWords.ticks = clua_close(thread.state, lastWords.ticks) }
            stack.release(thread.reference)
        }
    }

    /// Drops a thread that ran into its deadline. Its to-be-closed variables stay open: after an error in a hook,
    /// nothing could stop their code.
    public func abandon(_ thread: LuaThread) {
        unfinished = nil
        stack.release(thread.reference)
    }

    /// Runs Swift function `index` for the trampoline and returns its verdict.
    fileprivate func call(_ index: Int, on stack: LuaStack) -> Int32 {
        do throws(LuaError) {
            switch Int32(index) {
            case CLUA_FIELD: return stack.findField()
            case CLUA_COMPLETE:
                let complete = completion
                completion = nil
                return Int32(try complete?(stack) ?? 0)
            case CLUA_CONTINUE:
                guard let step = unfinished else { return 0 }
                unfinished = nil
                return Int32(try stack.work(step))
            default: break
            }
            return Int32(try functions[index].body(stack))
        } catch {
            switch error {
            case .message(let message):
                stack.push(message)
                return CLUA_RAISE
            case .argument(let argument, let expected):
                // A continuation has no number of its own; Lua calls a function without a name '?'.
                let name = functions.indices.contains(index) ? functions[index].name : "?"
                stack.push("bad argument #\(argument) to '\(name)' (\(expected))")
                return CLUA_RAISE
            case .value:
                return CLUA_THROW
            case .timeLimit: return CLUA_ENDED
            case .memoryLimit: return CLUA_FULL
            }
        }
    }
}

/// The time budget of the code that closes the variables of an invocation's threads: about ten milliseconds for all of
/// them together, in ticks of the timer that ends time slices.
public struct ClosingTime: Equatable, Sendable {
    var ticks: Int32 = 3

    public init() {}
}

/// The timer that ends time slices.
public enum Preemption {
    /// Starts it for the calling thread, for as long as the thread lives. It counts the thread's CPU time, so it costs
    /// nothing while the thread is idle. Returns false if the system has no such timer.
    public static func start(slice milliseconds: Int) -> Bool { clua_startticking(Int32(milliseconds)) == 0 }
}

/// A value that the VM protects from the garbage collector.
public struct LuaReference: Equatable, Sendable {
    let slot: Int32
}

/// Values that the stack's VM makes and keeps.
extension LuaStack {
    /// `vm` is unretained: the VM owns the state, so it is alive.
    var vm: LuaVM? {
        clua_vm(state).pointee.vm.map { Unmanaged<LuaVM>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The VM whose stack this is.
    public var owner: LuaVM? { vm }

    /// Pushes a function that calls `body`, which lives as long as the VM; its own errors name it `name`. [+1]
    public func push(function name: String, _ body: @escaping HostFunction) {
        guard let vm else { return pushNil() }
        clua_pushhostfunction(state, vm.add(name, body))
    }

    /// Compiles text (never binary) and pushes the chunk; pushes nothing on failure. [+1]
    public func load(_ text: RawSpan, name: String) throws(LuaFailure) {
        // Lua reads the text before `clua_load` returns.
        let status = text.withUnsafeBytes { raw in
            clua_load(state, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count, name, "t")
        }
        try check(status)
    }

    /// Throws the error message on top of the stack, and removes it.
    func check(_ status: CInt) throws(LuaFailure) {
        guard status == LUA_OK else {
            defer { pop() }
            throw LuaFailure(message: string(at: -1) ?? "")
        }
    }

    /// Keeps the top value for a later `push(_:)`. [-1]
    public func reference() -> LuaReference { LuaReference(slot: luaL_ref(state, clua_registry())) }

    /// Pushes the kept value. [+1]
    public func push(_ reference: LuaReference) { lua_rawgeti(state, clua_registry(), Int64(reference.slot)) }

    public func release(_ reference: LuaReference) { luaL_unref(state, clua_registry(), reference.slot) }
}

/// Called by the trampoline.
private func dispatch(_ state: OpaquePointer?, _ function: Int32) -> Int32 {
    guard let state else { return 0 }
    let stack = LuaStack(state: state)
    return stack.vm?.call(Int(function), on: stack) ?? 0
}
