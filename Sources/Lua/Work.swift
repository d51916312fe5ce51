internal import CLua

/// A step of long work.
public typealias WorkStep = (LuaStack) throws(LuaError) -> Progress

public enum Progress {
    /// Not done yet, after so many bytes.
    case more(after: Int)
    /// Done; so many results are on top of the stack.
    case results(Int)
}

/// How much long work does between two looks at the limits.
public enum Stretch {
    /// Bytes of input or output.
    public static let bytes = 64 << 10
    /// Elements, fields or other things that are counted.
    public static let steps = 10_000
}

/// What was looked at in a VM so far.
public struct Looks: Sendable {
    public internal(set) var count = 0
    /// The bytes of work between the looks, and the most between two.
    public internal(set) var bytes = 0
    public internal(set) var longest = 0

    mutating func add(_ more: Int) {
        count += 1
        bytes = bytes.addingReportingOverflow(more).partialValue
        longest = max(longest, more)
    }
}

/// Swift code that works for a script and may take long. No hook can stop it, and nothing is refused while it runs: so
/// it works in steps of at most `Stretch`, and looks at the limits after each.
extension LuaStack {
    /// Calls `step` until it has its results, and lets others have their turn where a time slice ends in between. What a
    /// Swift function called from Lua does, it does last in this.
    ///
    /// The stack stays as it is from one step to the next.
    public func work(_ step: @escaping WorkStep) throws(LuaError) -> Int {
        while true {
            switch try step(self) {
            case .results(let count): return count
            case .more(let bytes):
                guard try mayGoOn(after: bytes) else {
                    vm?.unfinished = step
                    throw .paused
                }
            }
        }
    }

    /// Throws if a limit was reached; answers false if the slice is over and the thread can yield.
    @discardableResult
    public func mayGoOn(after bytes: Int) throws(LuaError) -> Bool {
        vm?.looks.add(bytes)
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

    /// Throws if the VM cannot hold so many bytes more. Whoever is about to take much asks first, since nothing is refused
    /// while Swift code runs.
    public func demand(_ bytes: Int) throws(LuaError) {
        guard hasRoom(for: bytes) else { throw .memoryLimit }
    }

    /// Whether the VM can hold so many bytes more, without its garbage if need be.
    public func hasRoom(for bytes: Int) -> Bool {
        if fits(bytes) { return true }
        clua_collect(state)
        return fits(bytes)
    }

    private func fits(_ bytes: Int) -> Bool {
        guard let host = clua_host(state) else { return true }
        let (sum, overflow) = host.pointee.used.addingReportingOverflow(bytes)
        return !overflow && sum <= host.pointee.limit
    }

    /// In bytes.
    public var memoryLimit: Int { clua_host(state).pointee.limit }
}

/// Bytes that Swift holds for an invocation: a body, an answer, a download. They count as the VM's own until this is gone.
public final class HeldBytes {
    private let account: Account?
    public private(set) var count = 0

    /// Where Lua and whoever holds bytes for its code are counted together.
    final class Account {
        /// nil once the VM is gone, which who holds bytes may outlive.
        var stack: LuaStack?

        init(_ stack: LuaStack) { self.stack = stack }
    }

    public init(_ vm: LuaVM?) { account = vm?.account }

    deinit { set(0) }

    /// Holds that many from now on; false, with no change, if the VM would hold more than it may.
    public func hold(_ count: Int) -> Bool {
        if let stack = account?.stack, count > self.count, !stack.hasRoom(for: count - self.count) { return false }
        set(count)
        return true
    }

    /// Holds that many, whatever the limit is. The next look at the limits finds it.
    public func set(_ count: Int) {
        if let stack = account?.stack { clua_host(stack.state).pointee.used += count - self.count }
        self.count = count
    }
}
