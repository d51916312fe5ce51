internal import CLua
import JSON

/// How a thread stopped.
public enum Step {
    /// The function returned; its results are the `count` values on top of the stack.
    case finished(count: Int)
    /// The function raised an error. The error value is on top of the stack; its frames have not been unwound.
    case failed(Cause)
    /// The thread's time slice is over. Resume it without a completion.
    case preempted
    /// The VM exceeds its memory limit. The caller collects its garbage piece by piece and then resumes the thread like
    /// a preempted one, unless the VM is still full.
    case needsMemory
    /// The thread waits for an operation. Resume it with a completion that pushes the results or throws.
    case waiting(any Operation)

    public enum Cause: Sendable {
        case error, memory, deadline
        /// Code that was called from C, and that the end of a time slice cannot interrupt, ran for too long.
        case held

        /// Whether no code of the thread may run any more, not even to close its variables.
        public var isFinal: Bool { self == .deadline || self == .held }
    }
}

/// A Lua thread (coroutine). Its VM creates and keeps it.
public struct LuaThread {
    unowned let vm: LuaVM
    let state: OpaquePointer
    let reference: LuaReference

    public var stack: LuaStack { LuaStack(state: state) }

    /// Calls the function that lies below `arguments` values on the stack, or continues a stopped thread, until the
    /// thread stops again.
    ///
    /// - Parameters:
    ///   - deadline: the time at which running code ends, in nanoseconds of the monotonic clock; nil for no deadline.
    ///   - complete: completes the function in which the thread waits.
    public func resume(arguments: Int = 0, deadline: Int64? = nil, complete: HostFunction? = nil) -> Step {
        var results: Int32 = 0
        let shared = clua_vm(state)
        shared?.pointee.deadline = deadline ?? .max
        vm.completion = complete
        let status = clua_resume(state, vm.state, Int32(arguments), &results)
        switch status {
        case LUA_OK: return .finished(count: Int(results))
        case LUA_YIELD:
            switch shared?.pointee.reason {
            case CLUA_WAITING: return vm.operation.map { .waiting($0) } ?? .preempted
            case CLUA_PRESSED: return .needsMemory
            default: return .preempted
            }
        default: return .failed(cause(status))
        }
    }

    private func cause(_ status: Int32) -> Step.Cause {
        guard let shared = clua_vm(state), shared.pointee.expired != 0, shared.pointee.exhausted == 0 else {
            return status == LUA_ERRMEM ? .memory : .error
        }
        return shared.pointee.held != 0 ? .held : .deadline
    }

    /// The failure that `resume` has just reported, with the calls that were active. [0]
    public func failure() -> LuaFailure {
        LuaFailure(message: stack.message(at: -1), traceback: traceback)
    }

    /// The active calls, innermost first.
    public var traceback: [String] { Traceback.frames(of: state) }
}

extension LuaStack {
    /// The maximum size of an error's text in bytes. The text goes to the log, to the caller and into a traceback.
    private static let messageLimit = 64 << 10

    /// The text at `index`, cut to `limit` bytes; nil for anything but a string.
    public func string(at index: Int, upTo limit: Int) -> String? {
        withBytes(at: index) { text in
            text.extracting(first: limit).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// The text at `index` for a message, cut if it is too long; nil for anything but a string.
    public func messageText(at index: Int) -> String? {
        let isCut = withBytes(at: index) { $0.byteCount > Self.messageLimit } ?? false
        return string(at: index, upTo: Self.messageLimit).map { isCut ? $0 + " … (cut)" : $0 }
    }

    /// Whether the code of an invocation is running in this VM.
    var isInsideRun: Bool { clua_vm(state).pointee.current != nil }

    /// The text of an error value: the string itself, the result of `__tostring`, a table as JSON, or else as `print`
    /// shows it.
    func message(at index: Int) -> String {
        let index = absolute(index)
        switch type(at: index) {
        case .string:
            return messageText(at: index) ?? ""
        case .nil:
            return "an error without a message (nil)"
        case .table where luaL_getmetafield(state, Int32(index), "__tostring") == LuaType.nil.rawValue:
            let writer = JSONWriter(for: vm)
            writer.limit = Self.messageLimit
            do throws(JSONError) {
                try writer.append(at: index, of: self)
                return writer.text
            } catch {
                return shown(at: index)
            }
        case .table:
            pop()
            fallthrough
        default:
            clua_pushtostring(state)
            return told(at: index, "__tostring")
        }
    }

    private func shown(at index: Int) -> String {
        do throws(LuaError) {
            try pushTableText()
        } catch {
            return "(error object is a table value)"
        }
        return told(at: index, "text")
    }

    /// The text that the function on top makes of the value at `index`. [-1]
    ///
    /// - Parameter what: what makes it, for a message.
    private func told(at index: Int, _ what: String) -> String {
        defer { pop() }
        let status = clua_tell(state, Int32(index))
        // In these cases, Lua's message speaks of memory whichever limit was reached.
        if status == LUA_ERRMEM || clua_vm(state).pointee.expired != 0 {
            return "(error object is a \(type(at: index).name) value; its \(what) takes too much time or memory)"
        }
        return messageText(at: -1) ?? "(error object is a \(type(at: index).name) value)"
    }

    /// The active calls of this stack's thread, innermost first.
    public var traceback: [String] { Traceback.frames(of: state) }
}

/// The call stack of a thread that failed, as lines for people.
enum Traceback {
    /// The number of levels shown at each end of a deep stack. The levels between them are omitted, as in Lua.
    private static let shown: Int32 = 11

    static func frames(of state: OpaquePointer) -> [String] {
        let depth = depth(of: state)
        guard depth > 2 * shown else { return (0..<depth).compactMap { frame($0, of: state) } }
        return (0..<shown).compactMap { frame($0, of: state) }
            + ["...\t(skipping \(depth - 2 * shown) levels)"]
            + (depth - shown..<depth).compactMap { frame($0, of: state) }
    }

    /// Finds the depth by binary search, because `lua_getstack` walks the stack and a runaway recursion is 200,000
    /// levels deep.
    static func depth(of state: OpaquePointer) -> Int32 {
        var record = lua_Debug()
        var low: Int32 = 0
        var high: Int32 = 1
        while lua_getstack(state, high, &record) != 0 {
            low = high
            high *= 2
        }
        while low < high {
            let middle = (low + high) / 2
            if lua_getstack(state, middle, &record) != 0 { low = middle + 1 } else { high = middle }
        }
        return high
    }

    /// One line of the traceback; nil for what is inside luafunc, which does not belong in a user's traceback.
    private static func frame(_ level: Int32, of state: OpaquePointer) -> String? {
        var record = lua_Debug()
        guard lua_getstack(state, level, &record) != 0, lua_getinfo(state, "Sln", &record) != 0,
            clua_isinside(state, level, &record) == 0
        else { return nil }
        // The functions on the stack own these names, so the pointers are valid.
        let source = String(cString: record.source)
        let name = record.name.map { String(cString: $0) }
        // Where code has no debug information, Lua names a function '?'.
        if source == "=[C]" { return name == "?" ? nil : name.map { "[C]: in function '\($0)'" } }
        guard source.hasPrefix("@") else { return nil }
        let what =
            if let name {
                "function '\(name)'"
            } else if String(cString: record.what) == "main" {
                "main chunk"
            } else {
                "function <line \(record.linedefined)>"
            }
        return "\(source.dropFirst()):\(record.currentline): in \(what)"
    }
}
