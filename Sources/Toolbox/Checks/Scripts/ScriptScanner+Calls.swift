import Lua

extension ScriptScanner {
    /// Functions that change none of the tables that they get.
    private static let readers: Set = [
        "assert", "error", "getmetatable", "ipairs", "load", "next", "pairs", "print", "rawequal", "rawget", "rawlen",
        "select", "tonumber", "tostring", "type", "math.type", "table.concat", "table.unpack", "@json.encode",
    ]

    /// - Parameter count: the number of arguments; nil for all values above the function.
    mutating func scanCall(_ register: Int, arguments count: Int?, hasResult: Bool) {
        let called = value(register)
        let arguments = values(from: register + 1, count: count)
        use(called, .called)
        let name = name(of: called)
        scanCalled(called)
        var results: [Value] = []
        switch name {
        case "require":
            if case .text(let module)? = arguments.first { results = [require(module, isGuarded: false)] }
        case "pcall", "xpcall":
            results = [.unknown]
            if self.name(of: arguments.first ?? .unknown) == "require", arguments.count > 1,
                case .text(let module) = arguments[name == "pcall" ? 1 : arguments.count - 1]
            {
                results.append(require(module, isGuarded: true))
            }
            if case .closure(let inner)? = arguments.first { change { $0.functions[inner].isGuarded = true } }
        case "setmetatable", "debug.setmetatable":
            if case .environment? = arguments.first { change { $0.hasOpenGlobals = true } }
        case "rawset":
            if case .environment? = arguments.first {
                if arguments.count > 1, case .text(let name) = arguments[1] {
                    change { $0.declared.insert(name) }
                } else {
                    change { $0.hasOpenGlobals = true }
                }
            }
        case "os.getenv":
            if case .text(let setting)? = arguments.first { results = [add(.setting, setting)] }
        case "io.open":
            let line = line
            if arguments.count > 1, case .text(let mode) = arguments[1], mode.contains(where: { "wa+".contains($0) }) {
                change { $0.writing.append(line) }
            }
        case "type": use(arguments.first ?? .unknown, .tested)
        default: break
        }
        pass(arguments, to: name)
        forget(from: register)
        if hasResult { for (offset, result) in results.enumerated() { set(register + offset, result) } }
    }

    /// Notes which function is called, to find out later which functions run while the file loads.
    private mutating func scanCalled(_ called: Value) {
        let index = index
        switch called {
        case .closure(let inner): change { $0.functions[index].calls.insert(inner) }
        case .field(let name): change { $0.functions[index].called.insert(name) }
        case .reference(let reference): change { $0.functions[index].called.insert($0.references[reference].name) }
        default: break
        }
    }

    private mutating func pass(_ arguments: [Value], to name: String?) {
        let reads = name.map(Self.readers.contains) ?? false
        let index = index
        for (position, argument) in arguments.enumerated() {
            // 'setmetatable' changes its first argument only.
            let isRead = reads || name == "setmetatable" && position > 0
            switch argument {
            case .closure(let inner): change { $0.functions[index].calls.insert(inner) }
            case .table: if !isRead || name == "assert" { release(argument) }
            case .reference(let reference): if !isRead { change { $0.opened.insert($0.path(reference)) } }
            case .environment: if !isRead, name != "rawset" { change { $0.hasOpenGlobals = true } }
            default: break
            }
        }
    }

    private mutating func require(_ module: String, isGuarded: Bool) -> Value {
        let requirement = ScriptFacts.Requirement(
            module: module, line: line, isGuarded: isGuarded || facts.isGuarded(index),
            isCertain: isCertainWhileLoading)
        change { $0.requirements.append(requirement) }
        return add(.module, module)
    }
}
