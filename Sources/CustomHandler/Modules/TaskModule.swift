import Lua

extension Modules {
    /// The module `task`: sleep, spawn and all. They wait without blocking the thread.
    static func openTask(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        let tasks = TaskObjects(stack, scope)
        pushTable(
            [
                (
                    "sleep",
                    { stack throws(LuaError) in
                        let seconds = try stack.argumentNumber(1)
                        guard seconds >= 0, seconds < 1e9 else {
                            throw .argument(1, expected: "seconds of 0 or more expected")
                        }
                        return stack.wait(for: Wait.sleep(.nanoseconds(Int64(seconds * 1e9))))
                    }
                ),
                (
                    "spawn",
                    { stack throws(LuaError) in
                        guard stack.type(at: 1) == .function else { throw stack.wrongArgument(1, "function") }
                        tasks.forgetEnded(stack)
                        tasks.push(try tasks.spawn(arguments: stack.count - 1, from: stack), onto: stack)
                        return 1
                    }
                ),
                ("all", { stack throws(LuaError) in try tasks.all(on: stack) }),
            ], onto: stack)
    }
}

/// The objects by which a script knows its tasks.
private final class TaskObjects {
    private let scope: FunctionVM.Scope
    /// The mark of a task object, which gives it its methods. Element 1 of the object is the task's number.
    private let mark: LuaReference
    /// The objects by number, as long as the script holds them.
    private let objects: LuaReference

    init(_ stack: LuaStack, _ scope: FunctionVM.Scope) {
        self.scope = scope
        stack.pushTable()
        stack.pushTable()
        stack.push("v" as StaticString)
        stack.setField("__mode", of: -2)
        stack.setMetatable()
        objects = stack.reference()
        stack.pushTable()
        stack.push("task" as StaticString)
        stack.setField("__name", of: -2)
        stack.push(false)
        stack.setField("__metatable", of: -2)
        stack.pushValue(at: -1)
        mark = stack.reference()
        Modules.pushTable(
            [
                ("join", { [unowned self] stack throws(LuaError) in try join(on: stack) }),
                ("cancel", { [unowned self] stack throws(LuaError) in try cancel(on: stack) }),
            ], onto: stack)
        stack.setField("__index", of: -2)
        stack.pop()
    }

    func push(_ task: ScriptTask, onto stack: LuaStack) {
        stack.pushTable(array: 1)
        stack.push(task.number)
        stack.setElement(1, of: -2)
        stack.setMetatable(at: -1, mark)
        stack.push(objects)
        stack.pushValue(at: -2)
        stack.setElement(Int(task.number), of: -2)
        stack.pop()
    }

    func forgetEnded(_ stack: LuaStack) {
        stack.push(objects)
        scope.running?.spawned?.forgetEnded { number in
            defer { stack.pop() }
            return stack.pushElement(Int(number), of: -1) != .nil
        }
        stack.pop()
    }

    /// Begins a task with the function and the arguments on top of the stack. [-1 - arguments]
    func spawn(arguments: Int, from stack: LuaStack) throws(LuaError) -> ScriptTask {
        guard let execution = scope.running, !execution.hasEnded else {
            throw .message("tasks can be started only during an invocation")
        }
        let thread = execution.vm.lua.makeThread()
        guard thread.stack.reserve(arguments + 1) else { throw .message("too many arguments") }
        stack.move(arguments + 1, to: thread.stack)
        let task = ScriptTask(.spawned, thread, of: execution, arguments: arguments)
        execution.add(task)
        return task
    }

    /// Implements `task.all(functions)`. The list may be long, so it is processed in steps.
    func all(on stack: LuaStack) throws(LuaError) -> Int {
        guard stack.type(at: 1) == .table else {
            throw .message("task.all takes a list of functions: task.all { f, g }")
        }
        stack.setCount(1)
        stack.expandDeferred(at: 1)
        // Lua may report a huge length for a list with holes, so elements are checked before memory is reserved.
        let count = stack.length(at: 1)
        var checked = 0
        var numbers: [Int64] = []
        return try stack.work { [self] stack throws(LuaError) in
            if checked < count {
                let end = min(checked + Stretch.steps, count)
                while checked < end {
                    guard stack.pushElement(checked + 1, of: 1) == .function else {
                        throw .message("task.all takes a list of functions; element \(checked + 1) is not a function")
                    }
                    stack.pop()
                    checked += 1
                }
                return .more(after: 0)
            }
            let end = min(numbers.count + 100, count)
            while numbers.count < end {
                stack.pushElement(numbers.count + 1, of: 1)
                numbers.append(try spawn(arguments: 0, from: stack).number)
            }
            if numbers.count < count { return .more(after: 0) }
            return .results(stack.wait(for: Wait.tasks(numbers, returnsList: true)))
        }
    }

    // MARK: Methods

    private func join(on stack: LuaStack) throws(LuaError) -> Int {
        let task = try task(on: stack, "join")
        guard task.hasEnded || !task.thread.isRunning else { throw .message("a task cannot join itself") }
        return stack.wait(for: Wait.tasks([task.number], returnsList: false))
    }

    /// Returns whether the task was still running. A task cannot cancel itself.
    private func cancel(on stack: LuaStack) throws(LuaError) -> Int {
        let task = try task(on: stack, "cancel")
        let isCancelled = !task.hasEnded && !task.thread.isRunning
        if isCancelled { scope.running?.spawned?.cancel(task) }
        stack.push(isCancelled)
        return 1
    }

    private func task(on stack: LuaStack, _ method: String) throws(LuaError) -> ScriptTask {
        guard stack.hasMetatable(at: 1, mark) else { throw .message("call it with a colon: task:\(method)()") }
        stack.pushElement(1, of: 1)
        defer { stack.pop() }
        guard let number = stack.integer(at: -1), let task = scope.running?.task(number) else {
            throw .message("the task belongs to another invocation")
        }
        return task
    }
}
