import CLua

@testable import Lua

/// A bare state with Lua's own libraries, for comparisons.
enum StockLua {
    /// The text a script returns, or its error.
    static func run(_ script: String) throws -> String {
        guard let state = luaL_newstate() else { throw LuaFailure(message: "no memory for a Lua state") }
        // The linker replaces Lua's lookup of '__call' by CLua's (calls.c), which needs this structure.
        let host = UnsafeMutablePointer<CLuaVM>.allocate(capacity: 1)
        host.initialize(to: CLuaVM())
        let space = UnsafeMutableRawPointer(state) - MemoryLayout<UnsafeRawPointer>.size
        space.storeBytes(of: host, as: UnsafeMutablePointer<CLuaVM>.self)
        defer {
            lua_close(state)
            host.deallocate()
        }
        luaL_openlibs(state)
        if luaL_loadbufferx(state, script, script.utf8.count, "@test.lua", "t") == LUA_OK {
            lua_pcallk(state, 0, 1, 0, 0, nil)
        }
        return LuaStack(state: state).string(at: -1) ?? ""
    }
}

extension TestVM {
    /// Runs a script whose slice is over at every instruction of Lua, and at every `stride` steps of C code. Stops
    /// after `most` slices.
    func runInSlices(_ source: String, stride: Int32, most: Int = .max) throws -> (text: String, slices: Int) {
        let thread = vm.makeThread()
        defer {
            var closingTime = ClosingTime()
            vm.recycle(thread, &closingTime)
        }
        let host = clua_vm(thread.state)
        host?.pointee.stride = stride
        defer { host?.pointee.stride = CLUA_STRIDE }
        try thread.stack.load(source.utf8Span.span.bytes, name: "@test.lua")
        var slices = 0
        while true {
            clua_arm(thread.state)
            switch thread.resume() {
            case .preempted:
                slices += 1
                if slices == most { return ("", slices) }
            case .failed: throw thread.failure()
            case .needsMemory, .waiting: throw LuaFailure(message: "stopped")
            case .finished(let count):
                thread.stack.setCount(max(count, 1))
                thread.stack.setCount(1)
                return (thread.stack.string(at: 1) ?? thread.stack.message(at: 1), slices)
            }
        }
    }

    /// The number of slices that end in a script's C code. The script is stopped after `most`.
    func countSlices(_ source: String, most: Int) throws -> Int {
        let thread = vm.makeThread()
        defer {
            var closingTime = ClosingTime()
            vm.recycle(thread, &closingTime)
        }
        try thread.stack.load(source.utf8Span.span.bytes, name: "@test.lua")
        var slices = 0
        while slices < most {
            clua_arm(thread.state)
            guard case .preempted = thread.resume() else { break }
            if Self.isInC(thread) { slices += 1 }
        }
        return slices
    }

    /// Whether C called the function that does nothing.
    private static func isInC(_ thread: LuaThread) -> Bool {
        var record = lua_Debug()
        guard lua_getstack(thread.state, 1, &record) != 0, lua_getinfo(thread.state, "S", &record) != 0 else {
            return false
        }
        return String(cString: record.what) == "C"
    }
}
