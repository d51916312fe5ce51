import Lua

/// Finds out which local variables of a file keep the value with which they begin. Only of those it is known, at any
/// place, what they hold.
struct ScriptVariables {
    /// By function, and by the variable's position in the function's list.
    private var changed: [[Bool]]
    /// Where the upvalues of each function are in the function around it.
    private(set) var places: [[Place]]

    enum Place {
        case local(Int)
        case upvalue(Int)
        case unknown
    }

    init(_ functions: [LuaPrototype]) {
        changed = functions.map { Array(repeating: false, count: $0.locals.count) }
        places = functions.map { Array(repeating: .unknown, count: $0.upvalues.count) }
        var assigned = functions.map { _ in Set<Int>() }
        for (index, function) in functions.enumerated() {
            var scope = ScriptScope(function.locals)
            for (position, instruction) in function.code.enumerated() {
                scope.move(to: position)
                if instruction.operation == .setUpvalue { assigned[index].insert(instruction.b) }
                if instruction.operation == .closure, function.functions.indices.contains(instruction.bx) {
                    let inner = function.functions[instruction.bx]
                    places[inner] = functions[inner].upvalues.map { upvalue in
                        guard upvalue.isLocal else { return .upvalue(upvalue.index) }
                        return scope.local(in: upvalue.index, after: position).map { .local($0) } ?? .unknown
                    }
                }
                guard let written = instruction.written else { continue }
                for register in written.clamped(to: 0..<scope.active.count) {
                    changed[index][scope.active[register]] = true
                }
            }
        }
        // A function comes after the one around it.
        for index in functions.indices.reversed() {
            guard let outer = functions[index].parent else { continue }
            for upvalue in assigned[index] where places[index].indices.contains(upvalue) {
                switch places[index][upvalue] {
                case .local(let local): changed[outer][local] = true
                case .upvalue(let next): assigned[outer].insert(next)
                case .unknown: break
                }
            }
        }
    }

    func isChanged(_ local: Int, of function: Int) -> Bool { changed[function][local] }
}

/// The local variables in scope, while one goes through a function's code. A variable's position is its register.
struct ScriptScope {
    private let locals: [LuaPrototype.Local]
    private var next = 0
    /// Positions in the function's list.
    private(set) var active: [Int] = []

    init(_ locals: [LuaPrototype.Local]) { self.locals = locals }

    /// Goes on to an instruction. Returns how many variables were in scope before and still are.
    @discardableResult
    mutating func move(to position: Int) -> Int {
        while let last = active.last, locals[last].end <= position { active.removeLast() }
        let old = active.count
        while next < locals.count, locals[next].start <= position {
            if locals[next].end > position { active.append(next) }
            next += 1
        }
        return old
    }

    /// The variable in a register that a closure captures. A `local function` captures itself before it is in scope.
    func local(in register: Int, after position: Int) -> Int? {
        if register < active.count { return active[register] }
        return register == active.count && next < locals.count && locals[next].start == position + 1 ? next : nil
    }
}

extension LuaInstruction {
    /// The registers that it changes, as far as variables can be among them; nil if it changes none.
    var written: Range<Int>? {
        switch operation {
        case .setUpvalue, .setTabUp, .setTable, .setI, .setField, .mmBin, .mmBinI, .mmBinK, .close, .toBeClosed, .jump,
            .eq, .lt, .le, .eqK, .eqI, .ltI, .leI, .gtI, .geI, .test, .return, .return0, .return1, .setList,
            .varargPrep, .extraArg:
            nil
        case .loadNil: a..<a + b + 1
        case .selfCall: a..<a + 2
        case .forLoop, .forPrep: a..<a + 4
        case .tforPrep: a + 3..<a + 4
        case .tforLoop: a + 2..<a + 3
        case .tforCall: a + 4..<256 + a
        case .call, .tailCall, .vararg: a..<256 + a
        default: a..<a + 1
        }
    }

    /// The instruction to which one jumps; nil if it does not jump. A comparison skips the jump after it, so it counts
    /// as no jump itself.
    func target(from position: Int) -> Int? {
        switch operation {
        case .jump: position + 1 + jump
        case .loadFalseSkip: position + 2
        case .forLoop: position + 1 - bx
        case .forPrep: position + 2 + bx
        case .tforPrep: position + 1 + bx
        case .tforLoop: position + 1 - bx
        default: nil
        }
    }
}
