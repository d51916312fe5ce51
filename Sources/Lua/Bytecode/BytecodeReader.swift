/// Reads the form in which Lua 5.4.4 dumps a function (ldump.c). Every read is checked, so that any bytes may be passed.
struct BytecodeReader {
    private let bytes: [UInt8]
    private var position = 0
    private var functions: [LuaPrototype?] = []

    /// More than Lua's compiler nests.
    private static let mostNested = 250

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The functions of a dump; nil if it is not whole, or of another version or build of Lua.
    static func functions(in dump: [UInt8]) -> [LuaPrototype]? {
        var reader = BytecodeReader(dump)
        do throws(Unreadable) {
            try reader.readHeader()
            _ = try reader.readFunction(in: nil, depth: 0)
        } catch {
            return nil
        }
        guard reader.position == dump.count else { return nil }
        return reader.functions.compactMap(\.self)
    }

    private struct Unreadable: Error {}

    // MARK: Parts

    /// Lua's mark, the version, the sizes of an instruction, an integer and a number, and one of each of the latter.
    private static let header: [UInt8] =
        [0x1b, 0x4c, 0x75, 0x61, 0x54, 0, 0x19, 0x93, 0x0d, 0x0a, 0x1a, 0x0a, 4, 8, 8]
        + [0x78, 0x56, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 0x28, 0x77, 0x40]

    private mutating func readHeader() throws(Unreadable) {
        for byte in Self.header where try readByte() != byte { throw Unreadable() }
        // The number of the main chunk's upvalues, which the function itself repeats.
        _ = try readByte()
    }

    /// Reads a function and those inside it. Returns its index.
    private mutating func readFunction(in parent: Int?, depth: Int) throws(Unreadable) -> Int {
        guard depth < Self.mostNested else { throw Unreadable() }
        let index = functions.count
        functions.append(nil)
        _ = try readString()
        let firstLine = try readInteger()
        _ = try readInteger()
        let parameters = Int(try readByte())
        let isVararg = try readByte() != 0
        let registers = Int(try readByte())
        let code = try readCode()
        let constants = try readList { reader throws(Unreadable) in try reader.readConstant() }
        let places = try readList(of: 3) { reader throws(Unreadable) in
            let (isLocal, index) = (try reader.readByte() != 0, Int(try reader.readByte()))
            _ = try reader.readByte()
            return (isLocal: isLocal, index: index)
        }
        let inner = try readList { reader throws(Unreadable) in
            try reader.readFunction(in: index, depth: depth + 1)
        }
        let lines = try readLines(count: code.count, from: firstLine)
        let locals = try readList(of: 3) { reader throws(Unreadable) in
            LuaPrototype.Local(
                name: try reader.readString() ?? "", start: try reader.readInteger(), end: try reader.readInteger())
        }
        let names = try readList { reader throws(Unreadable) in try reader.readString() ?? "" }
        guard names.count == places.count else { throw Unreadable() }
        functions[index] = LuaPrototype(
            parent: parent, firstLine: firstLine, parameters: parameters, isVararg: isVararg, registers: registers,
            code: code, lines: lines, constants: constants,
            upvalues: zip(names, places).map { LuaPrototype.Upvalue(name: $0, isLocal: $1.isLocal, index: $1.index) },
            functions: inner, locals: locals)
        return index
    }

    private mutating func readCode() throws(Unreadable) -> [LuaInstruction] {
        let count = try readCount(of: 4)
        var code: [LuaInstruction] = []
        code.reserveCapacity(count)
        for _ in 0..<count {
            var word: UInt32 = 0
            for shift in stride(from: UInt32(0), to: 32, by: 8) { word |= UInt32(try readByte()) << shift }
            guard word & 0x7f < LuaOpcode.count else { throw Unreadable() }
            code.append(LuaInstruction(word))
        }
        return code
    }

    private mutating func readConstant() throws(Unreadable) -> LuaConstant {
        switch try readByte() {
        case 0x00: return .nil
        case 0x01: return .boolean(false)
        case 0x11: return .boolean(true)
        case 0x03: return .integer(Int64(bitPattern: try readWord()))
        case 0x13: return .number(Double(bitPattern: try readWord()))
        case 0x04, 0x14: return .string(try readString() ?? "")
        default: throw Unreadable()
        }
    }

    /// Reads the line of each instruction. Lua keeps the distance to the line before, or, where that is not possible,
    /// the mark -128 and the line in a second list.
    private mutating func readLines(count: Int, from firstLine: Int) throws(Unreadable) -> [Int32] {
        let steps = try readList { reader throws(Unreadable) in Int8(bitPattern: try reader.readByte()) }
        let exact = try readList(of: 2) { reader throws(Unreadable) in
            (instruction: try reader.readInteger(), line: try reader.readInteger())
        }
        guard steps.count == count else { throw Unreadable() }
        var line = firstLine
        var next = 0
        var lines: [Int32] = []
        lines.reserveCapacity(count)
        for (instruction, step) in steps.enumerated() {
            if step == -128 {
                guard next < exact.count, exact[next].instruction == instruction else { throw Unreadable() }
                line = exact[next].line
                next += 1
            } else {
                line += Int(step)
            }
            guard let line = Int32(exactly: line), line >= 0 else { throw Unreadable() }
            lines.append(line)
        }
        return lines
    }

    // MARK: Elements

    private mutating func readByte() throws(Unreadable) -> UInt8 {
        guard position < bytes.count else { throw Unreadable() }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func readWord() throws(Unreadable) -> UInt64 {
        var word: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 8) { word |= UInt64(try readByte()) << shift }
        return word
    }

    /// Seven bits in each byte, the highest first; the last byte has its highest bit set.
    private mutating func readInteger() throws(Unreadable) -> Int {
        var value = 0
        while true {
            let byte = try readByte()
            guard value <= Int.max >> 8 else { throw Unreadable() }
            value = value << 7 | Int(byte & 0x7f)
            if byte & 0x80 != 0 { return value }
        }
    }

    /// The number of elements that follow, each of at least `least` bytes.
    private mutating func readCount(of least: Int) throws(Unreadable) -> Int {
        let count = try readInteger()
        guard count <= (bytes.count - position) / least else { throw Unreadable() }
        return count
    }

    private mutating func readList<Element>(
        of least: Int = 1, _ read: (inout BytecodeReader) throws(Unreadable) -> Element
    ) throws(Unreadable) -> [Element] {
        let count = try readCount(of: least)
        var list: [Element] = []
        list.reserveCapacity(count)
        for _ in 0..<count { list.append(try read(&self)) }
        return list
    }

    /// nil stands for a name that was left out.
    private mutating func readString() throws(Unreadable) -> String? {
        let size = try readInteger()
        guard size > 0 else { return nil }
        guard size - 1 <= bytes.count - position else { throw Unreadable() }
        defer { position += size - 1 }
        return String(decoding: bytes[position..<position + size - 1], as: UTF8.self)
    }
}
