internal import CLua

/// Why a Swift function called from Lua does not return; the trampoline raises it as a Lua error.
public enum LuaError: Error {
    /// A sentence, raised with the position of the call in front.
    case message(String)
    /// Argument `index` is wrong: Lua's own "bad argument" sentence.
    case argument(Int, expected: String)
    /// Raises the value on top of the stack unchanged.
    case value
    /// The time limit is over: nothing continues, whatever the script does with errors.
    case timeLimit
    /// The VM has reached its memory limit. Raised as Lua's own "not enough memory".
    case memoryLimit
}

extension LuaStack {
    /// Makes the thread wait for the operation. A Swift function called from Lua must return what this returns, as C
    /// functions return `lua_yield`; the completion given to the next `resume` then takes its place.
    public func wait(for operation: any Operation) -> Int {
        vm?.operation = operation
        return Int(CLUA_WAIT)
    }
}

/// Something that a Lua thread waits for. Its meaning is up to the code that resumes the thread.
public protocol Operation: Sendable {}

/// Why a chunk or a call ended without results.
public struct LuaFailure: Error, Sendable, Equatable {
    /// Lua's message, with file and line if Lua knows them.
    public var message: String
    /// The calls at the failure, innermost first; empty for a chunk that does not compile.
    public var traceback: [String]

    public init(message: String, traceback: [String] = []) {
        self.message = message
        self.traceback = traceback
    }
}
