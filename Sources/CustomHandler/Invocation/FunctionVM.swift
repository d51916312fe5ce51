import Logging
import Lua
import NIOCore

/// One function loaded into a Lua VM of its own, ready to be invoked.
final class FunctionVM {
    let function: Function
    let vm: LuaVM
    let marks: Marks
    private let scope: Scope
    private let handler: LuaReference

    /// What the VM's Swift functions share: whose code runs, and what they may look at.
    final class Scope {
        let function: Function
        let files: ScriptFiles
        let logger: Logger
        let timeLimit: Duration?
        /// The invocation whose Lua code runs now; nil while the script loads.
        var running: Running?
        var marks: Marks?

        init(function: Function, files: ScriptFiles, logger: Logger, timeLimit: Duration?) {
            self.function = function
            self.files = files
            self.logger = logger
            self.timeLimit = timeLimit
        }

        func write(_ level: Logger.Level, _ text: String) {
            if running == nil {
                var log = InvocationLog(logger: logger)
                log.write(level, text)
            } else {
                running?.log.write(level, text)
            }
        }
    }

    /// One invocation while it runs.
    struct Running {
        let invocation: Invocation
        var log: InvocationLog
        /// nil for no limit.
        let deadline: NIODeadline?
    }

    /// Loads the script, which runs its top level.
    init(_ function: Function, app: FunctionApp, options: InvocationOptions) throws(InvocationFailure) {
        self.function = function
        let files = ScriptFiles(root: app.root)
        var logger = options.logger
        logger[metadataKey: LogKey.function] = "\(function.name)"
        let scope = Scope(
            function: function, files: files, logger: logger, timeLimit: function.limits.time ?? options.timeLimit)
        self.scope = scope
        do throws(LuaFailure) {
            vm = try LuaVM(
                memoryLimit: function.limits.memory ?? options.memoryLimit,
                sandbox: Sandbox(
                    write: { stack throws(LuaError) in
                        let level = Logger.Level(rawValue: stack.string(at: 1) ?? "") ?? .info
                        scope.write(level, stack.string(at: 2) ?? "")
                        return 0
                    },
                    find: { stack throws(LuaError) in try Modules.find(on: stack, scope) }))
            marks = try Marks(vm.stack, scope)
            scope.marks = marks
            handler = try Self.load(function, vm, files)
        } catch {
            throw InvocationFailure(.function, error.message, traceback: error.traceback)
        }
        vm.sealGlobals()
    }

    private static func load(_ function: Function, _ vm: LuaVM, _ files: ScriptFiles) throws(LuaFailure) -> LuaReference
    {
        let text: [UInt8]
        do throws(Problem) {
            text = try files.text(of: function.script)
        } catch {
            throw LuaFailure(message: error.description)
        }
        let thread = vm.makeThread()
        defer { vm.recycle(thread) }
        let stack = thread.stack
        try stack.load(text.span.bytes, name: "@\(function.script)")
        switch thread.resume(arguments: 0) {
        case .failed: throw thread.failure()
        case .yielded: throw LuaFailure(message: "\(function.script): the top level of a script cannot yield")
        case .finished(let count):
            if count == 0 { stack.pushNil() }
            stack.setCount(1)
        }
        if stack.type(at: 1) == .table {
            guard let entryPoint = function.entryPoint else {
                throw LuaFailure(
                    message: "\(function.script): the script returns a table; name the function to call in "
                        + "\"entryPoint\" of function.json, or return the function itself")
            }
            stack.pushField(entryPoint, of: 1)
            guard stack.type(at: -1) == .function else {
                throw LuaFailure(
                    message: "\(function.script): \"entryPoint\" in function.json is '\(entryPoint)', but the table "
                        + "that the script returns has no function of that name")
            }
        }
        guard stack.type(at: -1) == .function else {
            throw LuaFailure(
                message: "\(function.script): the script returns \(stack.type(at: -1).name), but it must return the "
                    + "handler: return function(data, metadata, context) ... end")
        }
        return stack.reference()
    }

    /// Runs one invocation to its end.
    func invoke(_ invocation: Invocation) -> Outcome {
        var logger = scope.logger
        logger[metadataKey: LogKey.invocation] = "\(invocation.id)"
        scope.running = Running(
            invocation: invocation, log: InvocationLog(logger: logger),
            deadline: scope.timeLimit.map { .now() + TimeAmount($0) })
        let thread = vm.makeThread()
        defer {
            vm.recycle(thread)
            scope.running = nil
        }
        do throws(InvocationFailure) {
            return .succeeded(try run(invocation, on: thread))
        } catch {
            var failure = error
            failure.logs = scope.running?.log.lines ?? []
            logger.error("\(failure.line)")
            return .failed(failure)
        }
    }

    private func run(_ invocation: Invocation, on thread: LuaThread) throws(InvocationFailure) -> ByteBuffer {
        let stack = thread.stack
        stack.push(handler)
        do throws(PayloadError) {
            try PayloadReader(function: function, marks: marks, stack: stack).pushArguments(invocation.payload)
        } catch {
            throw InvocationFailure(.request, error.description)
        }
        marks.pushContext(of: invocation, onto: stack)
        switch thread.resume(arguments: 3) {
        case .finished(let count):
            if count == 0 { stack.pushNil() }
            return try encode(at: count == 0 ? stack.count : stack.count - count + 1, of: stack)
        case .yielded:
            throw InvocationFailure(
                .function, "\(function.script): the handler yields outside any coroutine; nothing would resume it")
        case .failed:
            if function.isHTTP, stack.hasMetatable(at: -1, marks.httpResponse) {
                return try encode(at: stack.count, of: stack)
            }
            let failure = thread.failure()
            throw InvocationFailure(.function, failure.message, traceback: failure.traceback)
        }
    }

    /// Writes the value at `index`, what the handler returned or raised, as the response payload.
    private func encode(at index: Int, of stack: LuaStack) throws(InvocationFailure) -> ByteBuffer {
        let writer = vm.writer
        defer { writer.truncate() }
        let encoder = OutputEncoder(function: function, marks: marks, stack: stack, writer: writer)
        do throws(OutputError) {
            try encoder.append(at: index, logs: scope.running?.log.lines ?? [])
        } catch {
            throw InvocationFailure(.function, "\(function.script): \(error)")
        }
        return writer.withSpan { span in
            var buffer = ByteBufferAllocator().buffer(capacity: span.byteCount)
            buffer.writeBytes(span)
            return buffer
        }
    }
}

extension InvocationFailure {
    /// The first thing a reader of the log needs, on one line.
    var line: String {
        let place = traceback.first.map { " (\($0))" } ?? ""
        return (message + place).split(separator: "\n").joined(separator: " | ")
    }
}
