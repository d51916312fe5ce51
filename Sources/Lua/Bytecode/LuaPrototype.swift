/// One function of a compiled file: its code and what Lua keeps to explain it.
public struct LuaPrototype: Sendable {
    /// Index of the function around it, in the file's list; nil for the file's main chunk.
    public let parent: Int?
    /// The line of `function`; 0 for the main chunk.
    public let firstLine: Int
    public let parameters: Int
    public let isVararg: Bool
    /// The number of registers.
    public let registers: Int
    public let code: [LuaInstruction]
    /// The line of each instruction.
    public let lines: [Int32]
    public let constants: [LuaConstant]
    public let upvalues: [Upvalue]
    /// The functions inside, as indices of the file's list.
    public let functions: [Int]
    /// In the order in which they come into scope. At any instruction, those in scope occupy the registers from 0 up in
    /// this order.
    public let locals: [Local]

    /// A variable of a function around this one.
    public struct Upvalue: Sendable {
        public let name: String
        /// Whether `index` is a register of the function around this one, or one of its own upvalues.
        public let isLocal: Bool
        public let index: Int
    }

    /// A local variable, which is in scope from instruction `start` to the one before `end`.
    public struct Local: Sendable {
        public let name: String
        public let start: Int
        public let end: Int
    }

    /// The name of the constant at `index`; nil if it is not a string.
    public func name(_ index: Int) -> String? {
        guard constants.indices.contains(index), case .string(let text) = constants[index] else { return nil }
        return text
    }
}

public enum LuaConstant: Sendable, Equatable {
    case `nil`
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    /// Bytes that are not UTF-8 are replaced.
    case string(String)
}
