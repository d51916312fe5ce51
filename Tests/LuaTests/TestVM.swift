import JSON

@testable import Lua

/// A sandboxed VM for one test. What `print` writes is in `lines`.
final class TestVM {
    final class Lines { var all: [String] = [] }

    let vm: LuaVM
    private let lines = Lines()

    var printed: [String] { lines.all }

    init(memoryLimit: Int = 64 << 20, modules: [String: String] = [:], lines record: LineRecord? = nil) throws {
        let lines = lines
        vm = try LuaVM(
            memoryLimit: memoryLimit,
            sandbox: Sandbox(
                write: { stack throws(LuaError) in
                    lines.all.append(stack.string(at: 2) ?? "")
                    return 0
                },
                output: { stack throws(LuaError) in
                    lines.all.append("\(stack.string(at: 1) ?? ""): \(stack.string(at: 2) ?? "")")
                    return 0
                },
                find: { stack throws(LuaError) in
                    let name = stack.string(at: 1) ?? ""
                    guard let text = modules[name] else {
                        stack.pushNil()
                        stack.push("module '\(name)' not found")
                        return 2
                    }
                    stack.push(text)
                    stack.push("lib/\(name).lua")
                    return 2
                }), lines: record)
    }

    /// Pushes the value of a JSON text, then null.
    func read(_ text: String) throws {
        try JSONReader.read(text.utf8Span.span.bytes, onto: vm.stack) { reader throws(JSONError) in
            try reader.pushValue()
        }
        vm.stack.pushNull()
    }

    /// Pushes the value of a JSON text on a stack of this VM, whose members are read on first access.
    func pushDeferred(_ text: String, onto stack: LuaStack? = nil) throws {
        let stack = stack ?? vm.stack
        try stack.pushChecked(text.utf8Span.span.bytes)
        try JSONReader.read(checked: -1, of: stack) { reader throws(JSONError) in
            if !reader.pushesDeferred(.members) { try reader.pushValue() }
        }
        stack.remove(at: stack.count - 1)
    }

    func readError(_ text: [UInt8]) -> String? {
        defer { vm.stack.setCount(0) }
        do throws(JSONError) {
            try JSONReader.read(text.span.bytes, onto: vm.stack) { reader throws(JSONError) in try reader.pushValue() }
            return nil
        } catch {
            return error.description
        }
    }

    /// Calls the chunk with all values on the main stack. Returns its boolean result.
    func evaluate(_ source: String) throws -> Bool {
        try vm.stack.run(LuaChunk(source), arguments: vm.stack.count)
        defer { vm.stack.pop() }
        return vm.stack.boolean(at: -1)
    }

    func push(_ expression: String) throws {
        vm.stack.pushNull()
        try vm.stack.run(LuaChunk("local null = ... return \(expression)"), arguments: 1)
    }

    func write(_ expression: String) throws -> String {
        try push(expression)
        defer {
            vm.stack.pop()
            vm.writer.truncate()
        }
        try vm.writer.append(at: -1, of: vm.stack)
        return vm.writer.text
    }

    /// Runs a script on a thread, as a function's handler runs. Returns the text of its first result.
    func run(_ source: String) throws(LuaFailure) -> String {
        let thread = vm.makeThread()
        defer {
            var closingTime = ClosingTime()
            vm.recycle(thread, &closingTime)
        }
        try thread.stack.load(source.utf8Span.span.bytes, name: "@test.lua")
        var step = thread.resume()
        while case .needsMemory = step {
            vm.beginCollection()
            while vm.collectPiece() {}
            if vm.isFull { throw LuaFailure(message: "not enough memory") }
            step = thread.resume()
        }
        switch step {
        case .failed: throw thread.failure()
        case .preempted, .needsMemory, .waiting: throw LuaFailure(message: "stopped")
        case .finished(let count):
            if count == 0 { return "" }
            thread.stack.setCount(1)
            return thread.stack.string(at: 1) ?? thread.stack.message(at: 1)
        }
    }
}
