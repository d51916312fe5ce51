internal import CLua

/// A Swift function as Lua sees it: arguments from index 1 up; answers how many results it left on top.
public typealias HostFunction = (LuaStack) throws(LuaError) -> Int

/// One Lua state: its memory, its globals and the Swift functions it may call.
///
/// Not Sendable on purpose: the compiler keeps a VM, its threads and its stacks with whoever made it.
public final class LuaVM {
    /// Shared with C; freed after the state is closed.
    private let host: UnsafeMutablePointer<CLuaHost>
    let state: OpaquePointer
    let account: HeldBytes.Account
    private var functions: [(name: String, body: HostFunction)] = []
    /// What fills the deferred tables that do not come from JSON.
    var fillers: [(LuaStack, Int) -> WorkStep?] = []
    private var idleThreads: [LuaThread] = []
    private var seal: LuaReference?
    private var cyclesLeft = 0
    /// What the thread that is resumed waited for, on its way in and out.
    var completion: HostFunction?
    var operation: (any Operation)?
    /// The work that goes on when the thread is resumed. Nobody else's code runs in the VM until then.
    var unfinished: WorkStep?
    public internal(set) var looks = Looks()
    /// Why a deferred table could not be filled: raised where it was touched, or at the next look at the limits.
    public var fault: LuaError?

    /// Reused by everything that writes JSON from this VM.
    public let writer = JSONWriter()

    /// - Parameter memoryLimit: bytes the state may hold while Lua runs.
    public init(memoryLimit: Int, sandbox: Sandbox) throws(LuaFailure) {
        host = .allocate(capacity: 1)
        host.initialize(to: CLuaHost())
        host.pointee.dispatch = dispatch
        host.pointee.limit = memoryLimit
        host.pointee.deadline = .max
        host.pointee.stride = CLUA_STRIDE
        guard let state = clua_newstate(host) else {
            // Only where the machine itself has no memory left: as fatal as any failed allocation in Swift.
            preconditionFailure("no memory for a Lua state")
        }
        self.state = state
        account = HeldBytes.Account(LuaStack(state: state))
        host.pointee.vm = Unmanaged.passUnretained(self).toOpaque()
        writer.held = HeldBytes(self)
        seal = try open(sandbox)
    }

    deinit {
        account.stack = nil
        lua_close(state)
        host.deallocate()
    }

    public var memoryUsed: Int { host.pointee.used }
    public var memoryLimit: Int { host.pointee.limit }

    /// Counts bytes that Swift holds for what runs here; false, with no change, if the VM would hold more than it may.
    public func hold(_ bytes: Int) -> Bool {
        guard stack.hasRoom(for: bytes) else { return false }
        host.pointee.used += bytes
        return true
    }

    /// Counts them no longer.
    public func letGo(_ bytes: Int) { host.pointee.used -= bytes }

    /// Collects all garbage now; takes as long as the VM holds data.
    public func collectGarbage() { clua_collect(state) }

    /// Begins to collect all garbage in pieces, between which anything else may run.
    public func beginCollection() { cyclesLeft = 2 }

    /// Collects for at most some milliseconds; false once all that was garbage when the collection began is gone.
    ///
    /// - Parameter toGoOn: only until there is enough room for the code that runs.
    public func collectPiece(toGoOn: Bool = false) -> Bool {
        // The first cycle may have begun long ago, and what became garbage since then outlives it.
        if clua_collectpiece(state) != 0 { cyclesLeft -= toGoOn && !isFull ? cyclesLeft : 1 }
        return cyclesLeft > 0
    }

    /// Makes all that the VM holds garbage. It cannot be used afterwards, only collected.
    public func clear() {
        idleThreads = []
        clua_clear(state)
    }

    /// Whether a collection has left so little free that code that allocates would soon be at the limit again.
    public var isFull: Bool { clua_isfull(host) != 0 }

    /// Sets the process's allocator so that it gives large blocks back to the system when they are freed.
    public static func tuneMemory() { clua_tunememory() }

    /// Gives what was freed back to the system.
    public static func releaseFreeMemory() { clua_trim() }

    /// Names what runs, for the one line that tells why the process ended if native code outlives its deadline.
    public func setLabel(_ text: String) { clua_setlabel(state, text, text.utf8.count) }

    /// Names the run that comes next, beside the label.
    public func setRun(_ text: String) { clua_setrun(state, text, text.utf8.count) }

    public func setRun(_ text: RawSpan) {
        // C copies the bytes.
        text.withUnsafeBytes { raw in
            clua_setrun(state, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
        }
    }

    /// Moves the deadline of the code that runs and has just called Swift, in nanoseconds of the monotonic clock.
    public func setDeadline(_ deadline: Int64) { host.pointee.deadline = deadline }

    /// An invocation begins: it may be refused memory a few times before that ends it.
    public func forgetRefusals() { host.pointee.refusals = 0 }

    /// The main thread's stack; it must be level again after each use.
    public var stack: LuaStack { LuaStack(state: state) }

    fileprivate func add(_ name: String, _ body: @escaping HostFunction) -> Int32 {
        functions.append((name, body))
        return Int32(functions.count - 1)
    }

    /// From now on, an assignment to a global that does not exist is an error.
    public func sealGlobals() {
        guard let seal else { return }
        stack.push(seal)
        // It only sets a metatable, so nothing in it can fail.
        clua_pcall(state, 0, 0)
    }

    /// A thread with an empty stack: an idle one where there is one.
    public func makeThread() -> LuaThread {
        if let thread = idleThreads.popLast() { return thread }
        guard let state = clua_newroot(state) else { preconditionFailure("no memory for a Lua thread") }
        return LuaThread(vm: self, state: state, reference: stack.reference())
    }

    /// Gives a thread back, whatever state it is in. One that failed or was left waiting is not used again: its stack
    /// may be huge. Its to-be-closed variables are closed, as long as there is time for that.
    ///
    /// - Parameter lastWords: what their code may take; it is less afterwards.
    public func recycle(_ thread: LuaThread, _ lastWords: inout LastWords) {
        unfinished = nil
        if lua_status(thread.state) == LUA_OK, idleThreads.count < 16 {
            lua_settop(thread.state, 0)
            // A slice that was over just before the end would end the next one at once.
            if lua_gethook(thread.state) != nil { lua_sethook(thread.state, nil, 0, 0) }
            idleThreads.append(thread)
        } else {
            if lastWords.ticks > 0 { lastWords.ticks = clua_close(thread.state, lastWords.ticks) }
            stack.release(thread.reference)
        }
    }

    /// Gives up a thread that ran into its deadline. Its to-be-closed variables stay open: after an error in a hook,
    /// nothing could stop their code.
    public func abandon(_ thread: LuaThread) {
        unfinished = nil
        stack.release(thread.reference)
    }

    /// Runs Swift function `index` for the trampoline and answers its verdict.
    fileprivate func call(_ index: Int, on stack: LuaStack) -> Int32 {
        do throws(LuaError) {
            switch Int32(index) {
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
                // What goes on later has no number of its own; '?' is what Lua calls a function without a name.
                let name = functions.indices.contains(index) ? functions[index].name : "?"
                stack.push("bad argument #\(argument) to '\(name)' (\(expected))")
                return CLUA_RAISE
            case .value:
                return CLUA_THROW
            case .wait(let operation):
                self.operation = operation
                return CLUA_WAIT
            case .paused: return CLUA_AGAIN
            case .timeLimit: return CLUA_ENDED
            case .memoryLimit: return CLUA_FULL
            }
        }
    }
}

/// How long the code that closes the variables of an invocation's threads may run: about ten milliseconds for all of
/// them together, in ticks of the timer that ends time slices.
public struct LastWords: Equatable, Sendable {
    var ticks: Int32 = 3

    public init() {}
}

/// The timer that ends time slices.
public enum Preemption {
    /// Starts it for the calling thread, for as long as the thread lives. It counts the thread's CPU time, so it costs
    /// nothing while the thread is idle. Answers false where the system has no such timer.
    public static func start(slice milliseconds: Int) -> Bool { clua_startticking(Int32(milliseconds)) == 0 }
}

/// A value the VM keeps out of the garbage collector's reach.
public struct LuaReference: Equatable, Sendable {
    let slot: Int32
}

/// What the stack's VM makes and keeps.
extension LuaStack {
    /// `vm` is unretained: the VM owns the state, so it is alive.
    var vm: LuaVM? {
        clua_host(state).pointee.vm.map { Unmanaged<LuaVM>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The VM whose stack this is.
    public var owner: LuaVM? { vm }

    /// Pushes a function that calls `body`, which lives as long as the VM; `name` is what its own errors call it. [+1]
    public func push(function name: String, _ body: @escaping HostFunction) {
        guard let vm else { return pushNil() }
        clua_pushhostfunction(state, vm.add(name, body))
    }

    /// Compiles text (never binary) and pushes the chunk; on failure pushes nothing. [+1]
    public func load(_ text: RawSpan, name: String) throws(LuaFailure) {
        // Lua reads the text before `clua_load` returns.
        let status = text.withUnsafeBytes { raw in
            clua_load(state, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count, name, "t")
        }
        try check(status)
    }

    /// Takes the message of what failed off the stack.
    func check(_ status: CInt) throws(LuaFailure) {
        guard status == LUA_OK else {
            defer { pop() }
            throw LuaFailure(message: string(at: -1) ?? "")
        }
    }

    /// Keeps the top value for later; `push(_:)` brings it back. [-1]
    public func reference() -> LuaReference { LuaReference(slot: luaL_ref(state, clua_registry())) }

    /// Pushes what is kept. [+1]
    public func push(_ reference: LuaReference) { lua_rawgeti(state, clua_registry(), Int64(reference.slot)) }

    public func release(_ reference: LuaReference) { luaL_unref(state, clua_registry(), reference.slot) }
}

/// What the trampoline calls.
private func dispatch(_ state: OpaquePointer?, _ function: Int32) -> Int32 {
    guard let state else { return 0 }
    let stack = LuaStack(state: state)
    return stack.vm?.call(Int(function), on: stack) ?? 0
}
