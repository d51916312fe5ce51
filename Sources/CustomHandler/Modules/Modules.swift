import FunctionsModel
import Lua

/// luafunc's own Lua modules, which `require` opens.
enum Modules {
    typealias Opener = @Sendable (LuaStack, FunctionVM.Scope) throws(LuaError) -> Void

    /// The functions that open the modules. Each pushes its module's table. [+1]
    static let openers: [String: Opener] = [
        "azure": openAzure, "base64": openBase64, "crypto": openCrypto, "http": openHTTP, "json": openJSON,
        "log": openLog, "task": openTask, "time": openTime, "url": openURL, "uuid": openUUID,
    ]

    /// Finds a module for `require`. It leaves a module of luafunc, or the text and the name of one of the app's files.
    static func find(on stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Int {
        guard let name = stack.string(at: 1), name.utf8.count <= nameLimit else {
            stack.pushNil()
            stack.push("the name of a module has at most \(nameLimit) bytes")
            return 2
        }
        if openers[name] != nil {
            try open(name, onto: stack, scope)
            return 1
        }
        switch scope.files.find(name, from: scope.function.directory, looked: { scope.note($0) }) {
        case .text(let text, let file):
            stack.push(bytes: text)
            stack.push(file)
            return 2
        case .native(let file):
            stack.pushNil()
            stack.push("module '\(name)' is a C module (\(file)); luafunc runs modules of Lua text only")
            return 2
        case .outside(let problem):
            stack.pushNil()
            stack.push("module '\(name)': \(problem)")
            return 2
        case .missing(let tried):
            stack.pushNil()
            stack.push(missing(name, tried))
            return 2
        }
    }

    /// The maximum length of a module's name, which is the maximum length of a path on Linux.
    private static let nameLimit = 4096

    private static func missing(_ name: String, _ tried: [String]) -> String {
        let own = openers.keys.sorted().joined(separator: ", ")
        let places = tried.map { "\n\tno file '\($0)'" }.joined()
        let advice =
            if name.contains("/") {
                "; write '.' between the parts of a name"
            } else if name.hasPrefix("lib.") {
                "; leave 'lib.' out"
            } else if name == "cjson" || name == "dkjson" {
                "; luafunc's own is 'json'"
            } else {
                ""
            }
        return "module '\(name)' not found\(advice):\n\tnot one of luafunc's own (\(own))\(places)"
    }

    /// Pushes the table of one of luafunc's own modules. [+1]
    static func open(_ name: String, onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        if let module = scope.modules[name] { return stack.push(module) }
        guard let open = openers[name] else { throw .message("module '\(name)' not found") }
        try open(stack, scope)
        stack.pushValue(at: -1)
        scope.modules[name] = stack.reference()
    }

    /// Pushes a table of functions. [+1]
    static func pushTable(_ functions: [(String, HostFunction)], onto stack: LuaStack) {
        stack.pushTable(hash: functions.count)
        for (name, body) in functions {
            stack.push(function: name, body)
            stack.setField(name, of: -2)
        }
    }

    /// Runs a chunk that can fail only for lack of memory, stack or time.
    static func run(_ chunk: LuaChunk, arguments: Int, onto stack: LuaStack) throws(LuaError) {
        do throws(LuaFailure) {
            try stack.run(chunk, arguments: arguments)
        } catch {
            throw .message(error.message)
        }
    }
}

/// Reads the arguments of a Swift function, checked as Lua's own functions check theirs.
extension LuaStack {
    func argumentText(_ index: Int) throws(LuaError) -> String {
        guard let text = string(at: index) else { throw wrongArgument(index, "string") }
        return text
    }

    func argumentBytes(_ index: Int) throws(LuaError) -> [UInt8] {
        guard let bytes = bytes(at: index) else { throw wrongArgument(index, "string") }
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
