internal import CLua

/// The reason why a Swift function called from Lua does not return. The trampoline raises it as a Lua error.
public enum LuaError: Error {
    /// A message. It is raised with the position of the call in front.
    case message(String)
    /// An argument is wrong. It is raised with Lua's own "bad argument" message.
    case argument(Int, expected: String)
    /// Raises the value on top of the stack unchanged.
    case value
    /// The time limit was exceeded. The code ends, even if the script catches errors.
    case timeLimit
    /// The VM has reached its memory limit. It is raised as Lua's own "not enough memory".
    case memoryLimit
}

extension LuaStack {
    /// Makes the thread wait for the operation. A Swift function called from Lua must return the result of this call,
    /// as C functions return `lua_yield`. The completion that is passed to the next `resume` then finishes the
    /// function.
    public func wait(for operation: any Operation) -> Int {
        vm?.operation = operation
        return Int(CLUA_WAIT)
    }
}

/// Something that a Lua thread waits for. The code that resumes the thread decides what it means.
public protocol Operation: Sendable {}

/// The failure of a chunk or a call.
public struct LuaFailure: Error, Sendable, Equatable {
    /// Lua's message, with file and line if Lua knows them.
    public var message: String
    /// The calls that were active at the failure, innermost first. Empty for a chunk that does not compile.
    public var traceback: [String]

    public init(message: String, traceback: [String] = []) {
        self.message = message
        self.traceback = traceback
    }
}
