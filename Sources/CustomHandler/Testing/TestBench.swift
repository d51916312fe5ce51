import EventLoop
import Log
import Lua

/// What the worker of a test file has instead of the outside world: a clock, stubs for HTTP requests, and settings.
final class TestBench {
    let clock: FakeClock
    let stubs: HTTPStubs
    /// What `os.getenv` returns.
    var environment: [String: String]
    /// When running code of functions ends, in nanoseconds of the system's monotonic clock. It is the end of the test,
    /// because the fake clock stands still while code runs.
    var codeDeadline = Int64.max
    /// The time limit of a test.
    var testLimit = Deadline.Limit(nil, .test)
    /// Called with each line that a script logs.
    var logged: ((FunctionVM, String) -> Void)?

    init(_ loop: EventLoop, environment: [String: String]) {
        clock = FakeClock(loop)
        stubs = HTTPStubs(loop, clock)
        self.environment = environment
    }

    /// Limits the real time of the code of an execution.
    func limit(_ execution: Execution) {
        execution.codeDeadline = min(execution.deadline.limit.end(from: .now).nanoseconds, codeDeadline)
    }

    /// The limit that has ended an execution: its own, on the fake clock or in real time, or that of the test.
    func limit(thatEnded execution: Execution) -> Deadline.Limit {
        let isOfTest = execution.codeDeadline == codeDeadline && !execution.deadline.hasPassed(at: clock.now)
        return isOfTest || execution.deadline.isNever ? testLimit : execution.deadline.limit
    }

    // MARK: VMs

    /// Gives a VM the clock and the settings of the test.
    func prepare(_ vm: FunctionVM) throws(LuaError) {
        let stack = vm.lua.stack
        stack.push(function: "time") { [clock] stack throws(LuaError) in
            stack.push(clock.time)
            return 1
        }
        stack.push(function: "clock") { [clock] stack throws(LuaError) in
            stack.push(Double(clock.now.nanoseconds) / 1e9)
            return 1
        }
        stack.push(function: "getenv") { [unowned self] stack throws(LuaError) in
            if let value = environment[try stack.argumentText(1)] { stack.push(value) } else { stack.pushNil() }
            return 1
        }
        try Modules.run(Self.timeChunk, arguments: 3, onto: stack)
        stack.pop()
    }

    private static let timeChunk = LuaChunk(
        #"""
        local now, clock, getenv, wrap = ...
        local date, time, floor = os.date, os.time, math.floor
        os.clock = wrap(function() return clock() end)
        os.getenv = wrap(function(...) return getenv(...) end)
        os.time = wrap(function(parts)
            if parts == nil then return floor(now()) end
            return time(parts)
        end)
        os.date = wrap(function(format, at) return date(format, at or floor(now())) end)
        """#)
}
