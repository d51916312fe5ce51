internal import CLua

/// One step of long work.
public typealias WorkStep = (LuaStack) throws(LuaError) -> Progress

public enum Progress {
    /// The work is not complete; the step has processed this many bytes.
    case more(after: Int)
    /// The work is complete; this many results are on top of the stack.
    case results(Int)
}

/// The amount of long work that may be done between two checks of the limits.
public enum Stretch {
    /// Bytes of input or output.
    public static let bytes = 64 << 10
    /// Elements, fields or other counted things.
    public static let steps = 10_000
}

/// Statistics about the checks of the limits in a VM.
public struct LimitChecks: Sendable {
    public internal(set) var count = 0
    /// The total number of bytes processed between checks, and the largest number between two checks.
    public internal(set) var bytes = 0
    public internal(set) var longest = 0

    mutating func add(_ more: Int) {
        count += 1
        bytes = bytes.addingReportingOverflow(more).partialValue
        longest = max(longest, more)
    }
}

/// Long work that Swift does for a script. No hook can interrupt it, and allocations are not refused while it runs.
/// Therefore it works in steps of at most `Stretch` and checks the limits after each.
extension LuaStack {
    /// Calls `step` until it returns results. If the time slice ends in between, other invocations run first. A Swift
    /// function called from Lua must return the result of this call.
    ///
    /// The stack keeps its height between steps.
    public func work(_ step: @escaping WorkStep) throws(LuaError) -> Int {
        while true {
            switch try step(self) {
            case .results(let count): return count
            case .more(let bytes):
                guard try mayGoOn(after: bytes) else {
                    vm?.unfinished = step
                    return Int(CLUA_AGAIN)
                }
            }
        }
    }

    /// Throws if a limit was reached. Returns false if the time slice is over and the thread can yield.
    @discardableResult
    public func mayGoOn(after bytes: Int) throws(LuaError) -> Bool {
        vm?.limitChecks.add(bytes)
        if let fault = vm?.fault.take() { throw fault }
        switch clua_look(state) {
        case CLUA_GOON: return true
        case CLUA_PAUSE: return false
        case CLUA_EXPIRED: throw .timeLimit
        default:
            guard hasRoom(for: memoryLimit / 16) else { throw .memoryLimit }
            return true
        }
    }

    /// Throws if the VM has no room for `bytes` more bytes. Code calls this before it uses much memory, because no
    /// allocation is refused while Swift code runs.
    public func demand(_ bytes: Int) throws(LuaError) {
        guard hasRoom(for: bytes) else { throw .memoryLimit }
    }

    /// Whether the VM has room for `bytes` more bytes. Collects garbage first if necessary.
    public func hasRoom(for bytes: Int) -> Bool {
        if fits(bytes) { return true }
        clua_collect(state)
        return fits(bytes)
    }

    private func fits(_ bytes: Int) -> Bool {
        guard let shared = clua_vm(state) else { return true }
        let (sum, overflow) = shared.pointee.used.addingReportingOverflow(bytes)
        return !overflow && sum <= shared.pointee.limit
    }

    /// In bytes.
    public var memoryLimit: Int { clua_vm(state).pointee.limit }
}

/// Bytes that Swift holds for an invocation, such as a body, an answer or a download. They count against the VM's
/// memory limit while this object exists.
public final class HeldBytes {
    private let account: Account?
    public private(set) var count = 0

    /// The account of the VM's memory that Lua and all holders of bytes share.
    final class Account {
        /// nil once the VM is gone, since an object that holds bytes may outlive the VM.
        var stack: LuaStack?

        init(_ stack: LuaStack) { self.stack = stack }
    }

    public init(_ vm: LuaVM?) { account = vm?.account }

    deinit { set(0) }

    /// Changes the number of held bytes. Returns false, and changes nothing, if the VM would exceed its limit.
    public func hold(_ count: Int) -> Bool {
        if let stack = account?.stack, count > self.count, !stack.hasRoom(for: count - self.count) { return false }
        set(count)
        return true
    }

    /// Changes the number of held bytes regardless of the limit, which the next check enforces.
    public func set(_ count: Int) {
        if let stack = account?.stack { clua_vm(stack.state).pointee.used += count - self.count }
        self.count = count
    }
}
