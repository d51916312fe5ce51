internal import CLua

/// A step of long work.
public typealias WorkStep = (LuaStack) throws(LuaError) -> Progress

public enum Progress {
    /// Not done yet, after this many bytes.
    case more(after: Int)
    /// Done; this many results are on top of the stack.
    case results(Int)
}

/// How much long work may do between two checks of the limits.
public enum Stretch {
    /// Bytes of input or output.
    public static let bytes = 64 << 10
    /// Elements, fields or other counted things.
    public static let steps = 10_000
}

/// Statistics about the checks of the limits in a VM.
public struct LimitChecks: Sendable {
    public internal(set) var count = 0
    /// The bytes of work between the checks, and the maximum between two.
    public internal(set) var bytes = 0
    public internal(set) var longest = 0

    mutating func add(_ more: Int) {
        count += 1
        bytes = bytes.addingReportingOverflow(more).partialValue
        longest = max(longest, more)
    }
}

/// Long work in Swift for a script. No hook can stop it, and memory is not refused while it runs, so it works in steps
/// of at most `Stretch` and checks the limits after each.
extension LuaStack {
    /// Calls `step` until it has its results, and lets others have their turn if a time slice ends in between. A Swift
    /// function called from Lua must return what this returns.
    ///
    /// The stack stays the same between steps.
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

    /// Throws if a limit was reached; returns false if the slice is over and the thread can yield.
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

    /// Throws if the VM has no room for that many more bytes. Call it before using much memory, as nothing is refused
    /// while Swift code runs.
    public func demand(_ bytes: Int) throws(LuaError) {
        guard hasRoom(for: bytes) else { throw .memoryLimit }
    }

    /// Whether the VM has room for that many more bytes, after a collection if necessary.
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

/// Bytes that Swift holds for an invocation: a body, an answer, a download. They count as the VM's own while this
/// object exists.
public final class HeldBytes {
    private let account: Account?
    public private(set) var count = 0

    /// The common account of Lua and of everybody who holds bytes for its code.
    final class Account {
        /// nil once the VM is gone; an owner of held bytes may outlive it.
        var stack: LuaStack?

        init(_ stack: LuaStack) { self.stack = stack }
    }

    public init(_ vm: LuaVM?) { account = vm?.account }

    deinit { set(0) }

    /// Changes the number of held bytes; returns false, and changes nothing, if the VM would exceed its limit.
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
