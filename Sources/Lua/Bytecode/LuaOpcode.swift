/// The operations of Lua 5.4.4's virtual machine, in the order of their numbers (lopcodes.h).
public enum LuaOpcode: UInt8, Sendable {
    case move, loadI, loadF, loadK, loadKX, loadFalse, loadFalseSkip, loadTrue, loadNil
    case getUpvalue, setUpvalue
    case getTabUp, getTable, getI, getField
    case setTabUp, setTable, setI, setField
    case newTable, selfCall
    case addI, addK, subK, mulK, modK, powK, divK, idivK, bandK, borK, bxorK, shrI, shlI
    case add, sub, mul, mod, pow, div, idiv, band, bor, bxor, shl, shr
    case mmBin, mmBinI, mmBinK
    case unm, bnot, not, len, concat
    case close, toBeClosed, jump
    case eq, lt, le, eqK, eqI, ltI, leI, gtI, geI
    case test, testSet
    case call, tailCall, `return`, return0, return1
    case forLoop, forPrep, tforPrep, tforCall, tforLoop
    case setList, closure, vararg, varargPrep, extraArg

    /// The number of operations.
    static let count = 83
}

/// One instruction, with the fields that lopcodes.h names. Which fields it has depends on its operation.
public struct LuaInstruction: Sendable, Equatable {
    public let code: UInt32

    @inlinable
    public init(_ code: UInt32) { self.code = code }

    /// The reader of bytecode refuses numbers that are no operation.
    @inlinable
    public var operation: LuaOpcode { LuaOpcode(rawValue: UInt8(code & 0x7f)) ?? .extraArg }

    @inlinable
    public var a: Int { Int(code >> 7 & 0xff) }
    @inlinable
    public var b: Int { Int(code >> 16 & 0xff) }
    @inlinable
    public var c: Int { Int(code >> 24) }
    @inlinable
    public var k: Bool { code >> 15 & 1 != 0 }
    @inlinable
    public var bx: Int { Int(code >> 15) }
    @inlinable
    public var ax: Int { Int(code >> 7) }
    /// The distance of a jump from the next instruction.
    @inlinable
    public var jump: Int { Int(code >> 7) - 0xff_ffff }
}
