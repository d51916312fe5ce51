import Lua

/// Reads what a file's code does from its bytecode. It goes through each function once, from the first instruction to the
/// last, and keeps what is known about the value in each register. What it does not know for certain is unknown.
struct ScriptScanner {
    enum Value {
        case unknown
        /// The table of globals. It is written, as in `_G.x`, or meant, as in `x`.
        case environment(isWritten: Bool)
        case text(String)
        case `nil`
        case reference(Int)
        /// A function of this file.
        case closure(Int)
        /// A table that the running function has made.
        case table(Int)
        /// The member of this name of an unknown value.
        case field(String)
    }

    /// A table under construction.
    struct Table {
        var fields: [(name: String, line: Int, value: Value)] = []
        let line: Int
        /// The instruction that makes it.
        let start: Int
        /// Whether a field is set on some ways only.
        var isLoose = false
        /// Whether it has, or may get, other elements than these fields.
        var isOpen = false
    }

    private(set) var facts = ScriptFacts()
    let code: [LuaPrototype]
    private let variables: ScriptVariables
    /// The known values of each function's upvalues.
    private var captured: [[Value]]

    // The state of the function that is scanned.
    var index = 0
    private var scope = ScriptScope([])
    private var registers: [Value] = []
    /// The instruction that wrote each register last.
    private var writers: [Int] = []
    /// All registers from here on are unknown.
    private var top = 0
    private(set) var tables: [Table] = []
    var position = 0
    /// Jumps over instructions, with the first instruction after each, in the order of the jumps.
    private var skips: [(from: Int, to: Int)] = []

    /// What the code of a file does.
    static func facts(of bytecode: LuaBytecode) -> ScriptFacts {
        var scanner = ScriptScanner(bytecode.functions)
        for index in bytecode.functions.indices { scanner.scan(index) }
        return scanner.facts
    }

    private init(_ functions: [LuaPrototype]) {
        code = functions
        variables = ScriptVariables(functions)
        captured = functions.map { Array(repeating: .unknown, count: $0.upvalues.count) }
        if captured.first?.isEmpty == false { captured[0][0] = .environment(isWritten: false) }
        facts.functions = functions.map { ScriptFacts.FunctionFacts(parent: $0.parent) }
    }

    var function: LuaPrototype { code[index] }
    var line: Int { Int(function.lines[position]) }
    /// Whether every run of the function comes to this instruction.
    private var isCertain: Bool { skips.isEmpty }
    var isCertainWhileLoading: Bool { isCertain && index == 0 }

    private mutating func scan(_ index: Int) {
        self.index = index
        let function = code[index]
        scope = ScriptScope(function.locals)
        registers = Array(repeating: .unknown, count: function.registers + 4)
        writers = Array(repeating: -1, count: registers.count)
        top = 0
        tables = []
        skips = []
        let sources = Self.sources(ofJumpsIn: function)
        for position in function.code.indices {
            self.position = position
            while let last = skips.last, last.to <= position { skips.removeLast() }
            let old = scope.move(to: position)
            for register in min(old, scope.active.count)..<scope.active.count
            where variables.isChanged(scope.active[register], of: index) {
                set(register, .unknown)
            }
            if sources[position] != .max { forgetTemporaries(writtenAfter: sources[position]) }
            scan(function.code[position])
        }
    }

    /// The first instruction that jumps to each instruction; `Int.max` for those to which none jumps.
    private static func sources(ofJumpsIn function: LuaPrototype) -> [Int] {
        var sources = Array(repeating: Int.max, count: function.code.count)
        for (position, instruction) in function.code.enumerated() {
            guard let target = instruction.target(from: position), sources.indices.contains(target) else { continue }
            // The end of a loop jumps to its beginning.
            sources[target] = min(sources[target], target <= position ? -1 : position)
        }
        return sources
    }

    // MARK: Registers

    func value(_ register: Int) -> Value { registers.indices.contains(register) ? registers[register] : .unknown }

    mutating func set(_ register: Int, _ value: Value) {
        guard registers.indices.contains(register) else { return }
        registers[register] = value
        if register < scope.active.count, variables.isChanged(scope.active[register], of: index) {
            registers[register] = .unknown
        }
        writers[register] = position
        top = max(top, register + 1)
    }

    mutating func forget(from register: Int) {
        while top > register {
            top -= 1
            registers[top] = .unknown
            writers[top] = position
        }
    }

    /// At a place to which several ways lead, a register is known only if all of them have left it alone.
    private mutating func forgetTemporaries(writtenAfter source: Int) {
        for register in min(scope.active.count, top)..<top where writers[register] >= source {
            registers[register] = .unknown
        }
    }

    /// The values from a register up to the last that is set.
    func values(from register: Int, count: Int?) -> [Value] {
        let end = count.map { register + $0 } ?? max(top, register)
        return (register..<end).map(value)
    }

    func constant(_ index: Int) -> Value {
        guard function.constants.indices.contains(index) else { return .unknown }
        switch function.constants[index] {
        case .string(let text): return .text(text)
        case .nil: return .nil
        default: return .unknown
        }
    }

    func upvalue(_ upvalue: Int) -> Value {
        captured[index].indices.contains(upvalue) ? captured[index][upvalue] : .unknown
    }

    // MARK: References

    mutating func add(_ kind: ScriptFacts.Reference.Kind, _ name: String, parent: Int = -1) -> Value {
        let depth = parent < 0 ? 0 : facts.references[parent].depth + 1
        guard depth <= Self.deepest else { return .field(name) }
        facts.references.append(
            ScriptFacts.Reference(kind: kind, name: name, parent: parent, depth: depth, line: line, function: index))
        return .reference(facts.references.count - 1)
    }

    /// No library has members of members of members.
    private static let deepest = 3

    mutating func use(_ value: Value, _ use: ScriptFacts.Uses) {
        if case .reference(let index) = value { facts.references[index].uses.insert(use) }
    }

    /// Whether a value is what this path leads to, such as `os.getenv`.
    func name(of value: Value) -> String? {
        guard case .reference(let index) = value else { return nil }
        let reference = facts.references[index]
        // No path with more parts is asked for.
        return reference.depth > 1 || reference.kind == .setting ? nil : facts.path(index)
    }

    /// The value of a member.
    private mutating func member(_ key: Value, of base: Value) -> Value {
        guard case .text(let name) = key else {
            use(base, .needed)
            return .unknown
        }
        switch base {
        case .environment(let isWritten):
            if name == "_G" { return .environment(isWritten: true) }
            let value = add(.global, name)
            if isWritten { use(value, .written) }
            return value
        case .reference(let parent):
            use(base, .needed)
            return add(.member, name, parent: parent)
        default: return .field(name)
        }
    }

    private mutating func assign(_ value: Value, to key: Value, of base: Value) {
        if case .closure(let inner) = value, case .text(let name) = key { facts.functions[inner].names.insert(name) }
        switch (base, key) {
        case (.environment, .text(let name)):
            facts.assignments.append(ScriptFacts.Assignment(name: name, line: line, function: index))
        case (.environment, _): facts.hasOpenGlobals = true
        case (.reference(let parent), .text(let name)):
            use(base, .needed)
            facts.members.insert("\(facts.path(parent)).\(name)")
        case (.reference(let parent), _):
            use(base, .needed)
            facts.opened.insert(facts.path(parent))
        case (.table(let table), .text(let name)):
            if case .nil = value {
                if tables[table].fields.contains(where: { $0.name == name }) { tables[table].isOpen = true }
                return
            }
            if let last = skips.last, last.from > tables[table].start { tables[table].isLoose = true }
            tables[table].fields.append((name, line, value))
            return
        case (.table(let table), _): tables[table].isOpen = true
        default: break
        }
        release(value)
    }

    /// Other code gets a value, and may change it if it is a table.
    mutating func release(_ value: Value) {
        guard case .table(let table) = value, !tables[table].isOpen else { return }
        tables[table].isOpen = true
        for field in tables[table].fields { release(field.value) }
    }

    // MARK: Instructions

    private mutating func scan(_ instruction: LuaInstruction) {
        let (a, b, c) = (instruction.a, instruction.b, instruction.c)
        if let target = instruction.target(from: position), target > position + 1 {
            skips.append((position, target))
        }
        switch instruction.operation {
        case .move: set(a, value(b))
        case .loadK: set(a, constant(instruction.bx))
        case .loadKX:
            let next = position + 1
            set(a, function.code.indices.contains(next) ? constant(function.code[next].ax) : .unknown)
        case .loadNil: for register in a...a + b { set(register, .nil) }
        case .getUpvalue: set(a, upvalue(b))
        case .setUpvalue:
            if case .environment = upvalue(b) { facts.replacesGlobals = true }
            release(value(a))
        case .getTabUp: set(a, member(constant(c), of: upvalue(b)))
        case .getTable: set(a, member(value(c), of: value(b)))
        case .getI:
            use(value(b), .needed)
            set(a, .unknown)
        case .getField: set(a, member(constant(c), of: value(b)))
        case .setTabUp: assign(instruction.k ? constant(c) : value(c), to: constant(b), of: upvalue(a))
        case .setTable: assign(instruction.k ? constant(c) : value(c), to: value(b), of: value(a))
        case .setI: assign(instruction.k ? constant(c) : value(c), to: .unknown, of: value(a))
        case .setField: assign(instruction.k ? constant(c) : value(c), to: constant(b), of: value(a))
        case .newTable:
            tables.append(Table(line: line, start: position))
            set(a, .table(tables.count - 1))
        case .setList:
            if case .table(let table) = value(a) { tables[table].isOpen = true }
            for element in values(from: a + 1, count: b == 0 ? nil : b) { release(element) }
        case .selfCall: scanMethod(a, base: value(b), key: instruction.k ? constant(c) : value(c))
        case .test: use(value(a), .tested)
        case .testSet:
            use(value(b), .tested)
            set(a, .unknown)
        case .not:
            use(value(b), .tested)
            set(a, .unknown)
        case .eqK:
            // A setting that is compared with a text may be absent; a global may not.
            if case .nil = constant(b) { use(value(a), .tested) } else { use(value(a), .compared) }
        case .lt, .le, .ltI, .leI, .gtI, .geI:
            use(value(a), .needed)
            if [.lt, .le].contains(instruction.operation) { use(value(b), .needed) }
        case .addI, .addK, .subK, .mulK, .modK, .powK, .divK, .idivK, .bandK, .borK, .bxorK, .shrI, .shlI, .unm, .bnot,
            .len:
            use(value(b), .needed)
            set(a, .unknown)
        case .add, .sub, .mul, .mod, .pow, .div, .idiv, .band, .bor, .bxor, .shl, .shr:
            use(value(b), .needed)
            use(value(c), .needed)
            set(a, .unknown)
        case .concat:
            for value in values(from: a, count: b) { use(value, .needed) }
            forget(from: a)
        case .call: scanCall(a, arguments: b == 0 ? nil : b - 1, hasResult: c != 1)
        case .tailCall: scanCall(a, arguments: b == 0 ? nil : b - 1, hasResult: false)
        case .return: if b == 2 { scanReturn(value(a)) }
        case .return1: scanReturn(value(a))
        case .closure: scanClosure(a, instruction.bx)
        default:
            for register in (instruction.written ?? 0..<0).clamped(to: 0..<registers.count) { set(register, .unknown) }
        }
    }

    private mutating func scanMethod(_ register: Int, base: Value, key: Value) {
        release(base)
        if case .text(let name) = key, case .text = base {
            // Texts have the members of 'string'.
            let library = add(.global, "string")
            set(register, member(.text(name), of: library))
        } else {
            if case .text("ask") = key { facts.questions.append(line) }
            let method = member(key, of: base)
            if case .reference = base { use(method, .method) }
            set(register, method)
        }
        set(register + 1, base)
    }

    private mutating func scanClosure(_ register: Int, _ number: Int) {
        guard function.functions.indices.contains(number) else { return set(register, .unknown) }
        let inner = function.functions[number]
        for (upvalue, place) in variables.places[inner].enumerated() {
            switch place {
            case .upvalue(let outer): captured[inner][upvalue] = self.upvalue(outer)
            case .local(let local) where !variables.isChanged(local, of: index):
                let source = code[inner].upvalues[upvalue].index
                let isItself = source >= scope.active.count
                captured[inner][upvalue] = isItself ? .closure(inner) : value(source)
                if !isItself { release(value(source)) }
            default:
                // The function may change a table in a variable that changes.
                release(value(code[inner].upvalues[upvalue].index))
            }
            // The table belongs to this function's list.
            if case .table = captured[inner][upvalue] { captured[inner][upvalue] = .unknown }
        }
        set(register, .closure(inner))
    }

    mutating func change(_ body: (inout ScriptFacts) -> Void) { body(&facts) }
}
