import Lua

extension Modules {
    /// The module `task`: sleep, spawn and all. They wait without blocking the thread.
    static func openTask(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        // The task objects by number, as long as the script holds them.
        stack.pushTable()
        stack.pushTable()
        stack.push("v" as StaticString)
        stack.setField("__mode", of: -2)
        stack.setMetatable()
        stack.pushValue(at: -1)
        let objects = stack.reference()
        stack.push(function: "sleep") { stack throws(LuaError) in
            let seconds = try stack.argumentNumber(1)
            guard seconds >= 0, seconds < 1e9 else { throw .argument(1, expected: "seconds of 0 or more expected") }
            return stack.wait(for: Wait.sleep(.nanoseconds(Int64(seconds * 1e9))))
        }
        stack.push(function: "spawn") { stack throws(LuaError) in
            guard stack.type(at: 1) == .function else { throw stack.wrongArgument(1, "function") }
            guard let execution = scope.running, !execution.hasEnded else {
                throw .message("tasks can be started only during an invocation")
            }
            stack.push(objects)
            execution.spawned?.forgetEnded { number in
                defer { stack.pop() }
                return stack.pushElement(Int(number), of: -1) != .nil
            }
            stack.pop()
            let arguments = stack.count - 1
            let thread = execution.vm.lua.makeThread()
            guard thread.stack.reserve(arguments + 1) else { throw .message("too many arguments") }
            stack.move(arguments + 1, to: thread.stack)
            stack.push(execution.add(ScriptTask(.spawned, thread, of: execution, arguments: arguments)))
            return 1
        }
        stack.push(function: "join") { stack throws(LuaError) in
            let isList = stack.type(at: 1) == .table
            var numbers: [Int64] = []
            func add(at index: Int) throws(LuaError) {
                guard let number = stack.integer(at: index), scope.running?.task(number) != nil else {
                    throw .message("the task belongs to another invocation, or was cancelled")
                }
                numbers.append(number)
            }
            guard isList else {
                try add(at: 1)
                return stack.wait(for: Wait.tasks(numbers, returnsList: false))
            }
            // The list may come from the script and have holes, for which Lua may report a huge length.
            for position in 0..<stack.length(at: 1) {
                stack.pushElement(position + 1, of: 1)
                try add(at: -1)
                stack.pop()
            }
            return stack.wait(for: Wait.tasks(numbers, returnsList: true))
        }
        try run(taskChunk, arguments: 4, onto: stack)
    }

    private static let taskChunk = LuaChunk(
        """
        local objects, sleep, spawn, join = ...
        local setmetatable, error, type = setmetatable, error, type

        local Task = { __name = "task", __metatable = false }
        Task.__index = { join = function(self)
            if type(self) ~= "table" then error("call it with a colon: task:join()", 2) end
            return join(self[1])
        end }

        return {
            sleep = sleep,
            spawn = function(f, ...)
                local number = spawn(f, ...)
                local task = setmetatable({ number }, Task)
                objects[number] = task
                return task
            end,
            all = function(functions)
                if type(functions) ~= "table" then error("task.all takes a list of functions", 2) end
                for index = 1, #functions do
                    if type(functions[index]) ~= "function" then
                        error("task.all takes a list of functions; element " .. index .. " is not a function", 2)
                    end
                end
                local numbers = {}
                for index = 1, #functions do numbers[index] = spawn(functions[index]) end
                return join(numbers)
            end,
        }
        """)
}
