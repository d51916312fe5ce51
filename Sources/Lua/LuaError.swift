internal import CLua

/// Why a Swift function called from Lua does not return: the trampoline raises it in Lua.
public enum LuaError: Error {
    /// A sentence, raised with the place of the call before it.
    case message(String)
    /// Argument `index` is not what it should be: Lua's own "bad argument" sentence.
    case argument(Int, expected: String)
    /// The value on top of the stack is raised as it is.
    case value
    /// No error: the thread waits for the operation. When it is resumed, the completion given then takes this
    /// function's place.
    case wait(any Operation)
    /// The time limit is over: nothing goes on, whatever the script does with errors.
    case timeLimit
    /// The VM holds as much as it may. Raised as Lua's own "not enough memory".
    case memoryLimit
    /// Work goes on after others have had their turn. Only `LuaStack.work` throws it.
    case paused
}

/// Something a Lua thread waits for. What it is and how long it takes is the business of whoever resumes the thread.
public protocol Operation: Sendable {}

/// Why a chunk or a call ended without results.
public struct LuaFailure: Error, Sendable, Equatable {
    /// Lua's message, with file and line where Lua knows them.
    public var message: String
    /// Where it happened, innermost call first; empty for a chunk that does not compile.
    public var traceback: [String]

    public init(message: String, traceback: [String] = []) {
        self.message = message
        self.traceback = traceback
    }
}
