import FunctionsModel
import Lua

/// The table of options that a script passes to a function of a module.
struct Options {
    let stack: LuaStack
    let index: Int
    /// The name of the function, which every error begins with.
    let function: String

    /// Throws if the value is not a table, or has a field that is not one of the names.
    init(at index: Int, of stack: LuaStack, for function: String, names: [String]) throws(LuaError) {
        try stack.checkMembers(of: index, names, "\(function) has no option")
        (self.stack, self.index, self.function) = (stack, index, function)
    }

    func error(_ reason: String) -> LuaError { .message("\(function): \(reason)") }

    /// Pushes the option's value. Returns false, and pushes nothing, if it is not set. [+1 or 0]
    func push(_ name: String) -> Bool {
        if stack.pushField(name, of: index) != .nil { return true }
        stack.pop()
        return false
    }

    /// The bytes of a text; nil if the option is not set. [0]
    func bytes(_ name: String, upTo limit: Int) throws(LuaError) -> [UInt8]? {
        guard push(name) else { return nil }
        defer { stack.pop() }
        guard stack.withBytes(at: -1, { $0.byteCount <= limit }) == true, let bytes = stack.bytes(at: -1) else {
            throw error("\(name) must be text of at most \(ByteCount.text(limit))")
        }
        return bytes
    }

    func text(_ name: String, upTo limit: Int) throws(LuaError) -> String? {
        try bytes(name, upTo: limit).map { String(decoding: $0, as: UTF8.self) }
    }

    /// An integer in the range; nil if the option is not set. [0]
    func integer(_ name: String, _ range: ClosedRange<Int64>) throws(LuaError) -> Int? {
        guard push(name) else { return nil }
        defer { stack.pop() }
        guard let number = stack.integer(at: -1), range ~= number else {
            let most = range.upperBound == .max ? "" : " to \(range.upperBound)"
            throw error("\(name) must be a whole number, \(range.lowerBound)\(most.isEmpty ? " or more" : most)")
        }
        return Int(number)
    }

    /// The texts of an option that is one text or a list of them; nil if the option is not set. [0]
    func texts(_ name: String) throws(LuaError) -> [[UInt8]]? {
        guard push(name) else { return nil }
        defer { stack.pop() }
        if stack.type(at: -1) == .string { return [try element(of: name)] }
        guard stack.type(at: -1) == .table else { throw error("\(name) must be text or a list of texts") }
        stack.expandDeferred(at: -1)
        let count = stack.length(at: -1)
        guard 1...Self.listLimit ~= count else {
            throw error("\(name) must be text or a list of 1 to \(Self.listLimit) texts")
        }
        var texts: [[UInt8]] = []
        for position in 1...count {
            defer { stack.pop() }
            stack.pushElement(position, of: -1)
            texts.append(try element(of: name))
        }
        return texts
    }

    private func element(of name: String) throws(LuaError) -> [UInt8] {
        guard stack.withBytes(at: -1, { $0.byteCount <= Self.textLimit }) == true, let bytes = stack.bytes(at: -1)
        else {
            throw error("\(name) must be text or a list of texts, each of at most \(ByteCount.text(Self.textLimit))")
        }
        return bytes
    }

    private static let textLimit = 4 << 10
    private static let listLimit = 100
}
