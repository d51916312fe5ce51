import Lua

/// luafunc's own Lua modules, opened by `require`.
enum Modules {
    typealias Opener = @Sendable (LuaStack, FunctionVM.Scope) throws(LuaError) -> Void

    /// Pushes the module's table. [+1]
    static let openers: [String: Opener] = [
        "azure": openAzure, "base64": openBase64, "crypto": openCrypto, "http": openHTTP, "json": openJSON,
        "log": openLog, "task": openTask, "time": openTime, "url": openURL, "uuid": openUUID,
    ]

    /// What `require` asks: leaves a module of luafunc, or the text and the name of a file of the app.
    static func find(on stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Int {
        let name = stack.string(at: 1) ?? ""
        if let open = openers[name] {
            try open(stack, scope)
            return 1
        }
        switch scope.files.find(name, from: scope.function.directory) {
        case .text(let text, let file):
            stack.push(bytes: text)
            stack.push(file)
            return 2
        case .native(let file):
            throw .message("module '\(name)' is a C module (\(file)); luafunc runs modules of Lua text only")
        case .missing(let tried):
            let own = openers.keys.sorted().joined(separator: ", ")
            let places = tried.map { "\n\tno file '\($0)'" }.joined()
            throw .message("module '\(name)' not found:\n\tnot one of luafunc's own (\(own))\(places)")
        }
    }

    /// Pushes a table of functions. [+1]
    static func pushTable(_ functions: [(String, HostFunction)], onto stack: LuaStack) {
        stack.pushTable(hash: functions.count)
        for (name, body) in functions {
            stack.push(function: name, body)
            stack.setField(name, of: -2)
        }
    }

    /// Runs luafunc's own Lua text, which can only fail for want of memory.
    static func run(_ source: String, arguments: Int, onto stack: LuaStack) throws(LuaError) {
        do throws(LuaFailure) {
            try stack.run(source, arguments: arguments)
        } catch {
            throw .message(error.message)
        }
    }
}

/// Arguments of a Swift function, checked as Lua's own functions check theirs.
extension LuaStack {
    func argumentText(_ index: Int) throws(LuaError) -> String {
        guard let text = string(at: index) else { throw wrongArgument(index, "string") }
        return text
    }

    func argumentBytes(_ index: Int) throws(LuaError) -> [UInt8] {
        let bytes = withBytes(at: index) { span in span.withUnsafeBytes { [UInt8]($0) } }
        guard let bytes else { throw wrongArgument(index, "string") }
        return bytes
    }

    func argumentNumber(_ index: Int) throws(LuaError) -> Double {
        guard let number = number(at: index) else { throw wrongArgument(index, "number") }
        return number
    }

    func argumentTable(_ index: Int) throws(LuaError) {
        guard type(at: index) == .table else { throw wrongArgument(index, "table") }
        expandDeferred(at: index)
    }

    func wrongArgument(_ index: Int, _ expected: String) -> LuaError {
        .argument(index, expected: "\(expected) expected, got \(type(at: index).name)")
    }
}
