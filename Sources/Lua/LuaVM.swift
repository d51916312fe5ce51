internal import CLua
import JSON

/// A Swift function that Lua calls. Its arguments are at index 1 and up. It returns the number of results that it left
/// on top.
public typealias HostFunction = (LuaStack) throws(LuaError) -> Int

/// One Lua state: its memory, its globals and the Swift functions that it may call.
///
/// It is deliberately not Sendable: the compiler then keeps a VM, its threads and its stacks in the actor that created
/// them.
public final class LuaVM {
    /// Shared with C; freed after the state is closed.
    private let shared: UnsafeMutablePointer<CLuaVM>
    let state: OpaquePointer
    let account: HeldBytes.Account
    private var functions: [(name: String, body: HostFunction)] = []
    /// The fillers of deferred tables that do not come directly from JSON.
    var fillers: [TableFiller.Functions] = []
    /// Reused for each JSON text that is checked.
    let outline = JSONOutline()
    private var knownNames: JSONNames?
    private var idleThreads: [LuaThread] = []
    /// The Lua function that makes the text of a table. Made on first use.
    var tableText: LuaReference?
    private var cyclesLeft = 0
    /// The completion for the thread that is resumed, and the operation for which the thread then waits.
    var completion: HostFunction?
    var operation: (any Operation)?
    /// The work that continues when the thread is resumed. No other code runs in the VM until then.
    var unfinished: WorkStep?
    public internal(set) var limitChecks = LimitChecks()
    /// The reason why a deferred table could not be filled. It is raised where the table was accessed, or at the next
    /// check of the limits.
    public var fault: LuaError?

    /// A writer that all code that writes JSON from this VM shares.
    public let writer = JSONWriter()

    /// Keeps the records alive to which C has pointers.
    private let lines: LineRecord?

    /// - Parameters:
    ///   - memoryLimit: the bytes that the state may use while Lua runs.
    ///   - lines: records the lines that run. Code is several times slower then.
    public init(memoryLimit: Int, sandbox: Sandbox, lines: LineRecord? = nil) throws(LuaFailure) {
        self.lines = lines
        shared = .allocate(capacity: 1)
        shared.initialize(to: CLuaVM())
        shared.pointee.dispatch = dispatch
        shared.pointee.limit = memoryLimit
        shared.pointee.deadline = .max
        shared.pointee.stride = CLUA_STRIDE
        guard let state = clua_newstate(shared) else {
            // This happens only if the machine has no memory left. It is as fatal as any failed allocation in Swift.
            preconditionFailure("no memory for a Lua state")
        }
        self.state = state
        account = HeldBytes.Account(LuaStack(state: state))
        shared.pointee.vm = Unmanaged.passUnretained(self).toOpaque()
        writer.held = HeldBytes(self)
        try open(sandbox)
        lines?.install(in: state)
    }

    deinit {
        account.stack = nil
        lua_close(state)
        clua_dropblocks(shared)
        shared.deallocate()
        knownNames?.deallocate()
    }

    /// The member names of the JSON texts that this VM has read.
    var names: JSONNames {
        if let knownNames { return knownNames }
        let names = JSONNames()
        knownNames = names
        return names
    }

    public var memoryUsed: Int { shared.pointee.used }
    public var memoryLimit: Int { shared.pointee.limit }

    /// Counts bytes that Swift holds for this VM's code. Returns false, and changes nothing, if the VM would exceed its
    /// limit.
    public func hold(_ bytes: Int) -> Bool {
        guard stack.hasRoom(for: bytes) else { return false }
        shared.pointee.used += bytes
        return true
    }

    /// Stops counting bytes that `hold` has counted.
    public func letGo(_ bytes: Int) { shared.pointee.used -= bytes }

    /// Collects all garbage at once. The time that this takes grows with the VM's data.
    public func collectGarbage() {
        clua_collect(state)
        clua_dropblocks(shared)
    }

    /// Begins to collect all garbage in pieces. Other work may run between the pieces.
    public func beginCollection() { cyclesLeft = 2 }

    /// Collects garbage for at most a few milliseconds. Returns false once everything has been freed that was garbage
    /// when the collection began.
    ///
    /// - Parameter toGoOn: whether to stop as soon as the running code has enough room.
    public func collectPiece(toGoOn: Bool = false) -> Bool {
        // The first cycle may have begun long before, and it misses later garbage.
        if clua_collectpiece(state) != 0 { cyclesLeft -= toGoOn && !isFull ? cyclesLeft : 1 }
        return cyclesLeft > 0
    }

    /// Makes everything in the VM garbage. Afterwards the VM cannot be used; its garbage can only be collected.
    public func clear() {
        idleThreads = []
        clua_clear(state)
    }

    /// Whether the last collection freed so little that code which allocates would soon reach the limit again.
    public var isFull: Bool { clua_isfull(shared) != 0 }

    /// Configures the process's allocator to return large blocks to the system when they are freed.
    public static func tuneMemory() { clua_tunememory() }

    /// Returns freed memory to the system.
    public static func releaseFreeMemory() { clua_trim() }

    /// Names the running code in the line that luafunc writes if it has to exit because native code outlives its
    /// deadline.
    public func setLabel(_ text: String) { clua_setlabel(state, text, text.utf8.count) }

    /// Names the next run, which appears in that line after the label.
    public func setRun(_ text: String) { clua_setrun(state, text, text.utf8.count) }

    public func setRun(_ text: RawSpan) {
        // C copies the bytes.
        text.withUnsafeBytes { raw in
            clua_setrun(state, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
        }
    }

    /// Changes the deadline of the running code that has called Swift, in nanoseconds of the monotonic clock.
    public func setDeadline(_ deadline: Int64) { shared.pointee.deadline = deadline }

    /// Called when an invocation begins. It resets the count of refused allocations, of which a few are allowed before
    /// the invocation ends.
    public func forgetRefusals() { shared.pointee.refusals = 0 }

    /// The main thread's stack. All code must leave it at the height at which it found it.
    public var stack: LuaStack { LuaStack(state: state) }

    fileprivate func add(_ name: String, _ body: @escaping HostFunction) -> Int32 {
        functions.append((name, body))
        return Int32(functions.count - 1)
    }

    /// After this call, an assignment to a global variable that does not exist is an error, except in a module of
    /// `lua_modules`.
    public func sealGlobals() {
        clua_pushcfunction(state, clua_sealglobals)
        // It fails only if there is no memory for a small table. Then the rule is not in force.
        if clua_pcall(state, 0, 0) != LUA_OK { stack.pop() }
    }

    /// A thread with an empty stack. An idle thread is reused if there is one.
    public func makeThread() -> LuaThread {
        if let thread = idleThreads.popLast() { return thread }
        guard let state = clua_newroot(state) else { preconditionFailure("no memory for a Lua thread") }
        return LuaThread(vm: self, state: state, reference: stack.reference())
    }

    /// Takes back a thread in any state. A thread that failed or still waits is not reused, because its stack may be
    /// huge. Its to-be-closed variables are closed as long as there is time.
    ///
    /// - Parameter closingTime: the time budget of the code that closes the variables. This call reduces it.
    public func recycle(_ thread: LuaThread, _ closingTime: inout ClosingTime) {
        unfinished = nil
        if lua_status(thread.state) == LUA_OK, idleThreads.count < 16 {
            lua_settop(thread.state, 0)
            // If a slice ended just before the code did, the hook is still set and would end the next slice
            // immediately.
            if lua_gethook(thread.state) != nil { clua_disarm(thread.state) }
            idleThreads.append(thread)
        } else {
            if closingTime.ticks > 0 { closingTime.ticks = clua_close(thread.state, closingTime.ticks) }
            stack.release(thread.reference)
        }
    }

    /// Drops a thread that exceeded its deadline. Its to-be-closed variables are not closed: after an error in a hook,
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
                // A continuation has no entry in `functions`. Lua calls a function without a name '?'.
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

/// The time budget of the code that closes the variables of an invocation's threads. It is about ten milliseconds for
/// all threads together, counted in ticks of the timer that ends time slices.
public struct ClosingTime: Equatable, Sendable {
    var ticks: Int32 = 3

    public init() {}
}

/// The timer that ends time slices.
public enum Preemption {
    /// Starts the timer for the calling thread. It runs as long as the thread lives. It counts the thread's CPU time,
    /// so it costs nothing while the thread is idle. Returns false if the system has no such timer.
    public static func start(slice milliseconds: Int) -> Bool { clua_startticking(Int32(milliseconds)) == 0 }
}

/// A value that the VM protects from the garbage collector.
public struct LuaReference: Equatable, Sendable {
    let slot: Int32
}

/// Values that the stack's VM makes and keeps.
extension LuaStack {
    /// The VM of this stack. The pointer is unretained, which is safe because the VM owns the state and so is alive.
    var vm: LuaVM? {
        clua_vm(state).pointee.vm.map { Unmanaged<LuaVM>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The VM whose stack this is.
    public var owner: LuaVM? { vm }

    /// Pushes a function that calls `body`. `body` lives as long as the VM. Error messages call the function `name`.
    /// [+1]
    public func push(function name: String, _ body: @escaping HostFunction) {
        guard let vm else { return pushNil() }
        clua_pushhostfunction(state, vm.add(name, body))
    }

    /// Compiles the text of a file, but never binary code, and pushes the chunk. Pushes nothing on failure. [+1]
    public func load(_ text: RawSpan, name: String) throws(LuaFailure) {
        let code = text.extracting(SourceText.codeStart(text)..<text.byteCount)
        // Lua reads the text only before `clua_load` returns.
        let status = code.withUnsafeBytes { raw in
            clua_load(state, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count, name, "t")
        }
        do throws(LuaFailure) {
            try check(status)
        } catch {
            let file = name.hasPrefix("@") ? String(name.dropFirst()) : name
            throw LuaFailure(message: SourceText.explanation(of: error.message, code, file: file) ?? error.message)
        }
    }

    /// If the status is an error, removes the message from the top of the stack and throws it.
    func check(_ status: CInt) throws(LuaFailure) {
        guard status == LUA_OK else {
            defer { pop() }
            throw LuaFailure(message: string(at: -1) ?? "")
        }
    }

    /// Stores the top value for a later `push(_:)`. [-1]
    public func reference() -> LuaReference { LuaReference(slot: luaL_ref(state, clua_registry())) }

    /// Pushes the stored value. [+1]
    public func push(_ reference: LuaReference) { lua_rawgeti(state, clua_registry(), Int64(reference.slot)) }

    public func release(_ reference: LuaReference) { luaL_unref(state, clua_registry(), reference.slot) }
}

/// The trampoline calls this function.
private func dispatch(_ state: OpaquePointer?, _ function: Int32) -> Int32 {
    guard let state else { return 0 }
    let stack = LuaStack(state: state)
    return stack.vm?.call(Int(function), on: stack) ?? 0
}
