import FunctionsModel
package import Lua

/// luafunc's own Lua modules, which `require` opens.
enum Modules {
    typealias Opener = @Sendable (LuaStack, FunctionVM.Scope) throws(LuaError) -> Void

    /// The functions that open the modules. Each pushes its module's table. [+1]
    static let openers: [String: Opener] = [
        "azure": openAzure, "base64": openBase64, "crypto": openCrypto, "http": openHTTP, "json": openJSON,
        "jwt": openJWT, "log": openLog, "mcp": openMCP, "task": openTask, "time": openTime, "url": openURL,
        "uuid": openUUID,
    ]

    /// The beginning of the names by which luafunc's own modules are found even if the app has a module of that name.
    static let ownPrefix = "luafunc."

    /// Finds a module for `require`. It leaves a module of luafunc, or the text and the name of one of the app's files.
    static func find(on stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Int {
        guard let name = stack.string(at: 1), name.utf8.count <= nameLimit else {
            return refuse("the name of a module has at most \(nameLimit) bytes", on: stack)
        }
        if name.hasPrefix(ownPrefix) {
            let own = String(name.dropFirst(ownPrefix.count))
            guard openers[own] != nil else { return refuse(missingOwn(name, own), on: stack) }
            try open(own, onto: stack, scope)
            return 1
        }
        // The app's own module comes first, so that a new module of luafunc never breaks an app.
        switch scope.files.find(name, from: scope.function.directory, looked: { scope.note($0) }) {
        case .text(let text, let file):
            let code = text.span.bytes
            stack.push(bytes: code.extracting(SourceText.codeStart(code)..<code.byteCount))
            stack.push(file)
            return 2
        case .native(let file):
            let advice =
                openers[name] == nil
                ? AppFiles.advice(forNative: name) : "luafunc's own is '\(ownPrefix)\(name)'"
            return refuse(
                "module '\(name)' is a C module (\(file)), which luafunc does not load; \(advice)", on: stack)
        case .outside(let problem):
            return refuse("module '\(name)': \(problem)", on: stack)
        case .missing(let tried):
            guard openers[name] != nil else { return refuse(missing(name, tried), on: stack) }
            try open(name, onto: stack, scope)
            return 1
        }
    }

    /// Leaves the results for a module that is not found. [+2]
    private static func refuse(_ reason: String, on stack: LuaStack) -> Int {
        stack.pushNil()
        stack.push(reason)
        return 2
    }

    /// The maximum length of a module's name, which is the maximum length of a path on Linux.
    private static let nameLimit = 4096

    /// The names of luafunc's own modules.
    static var names: [String] { openers.keys.sorted() }

    private static func missingOwn(_ name: String, _ own: String) -> String {
        let meant = NearestName.find(own, among: names).map { " (did you mean '\(ownPrefix)\($0)'?)" } ?? ""
        return "module '\(name)' not found\(meant): luafunc's own modules are \(names.joined(separator: ", "))"
    }

    private static func missing(_ name: String, _ tried: [String]) -> String {
        let own = names.joined(separator: ", ")
        let places = tried.map { "\n\tno file '\($0)'" }.joined()
        let advice = advice(onMissing: name).map { "; \($0)" } ?? ""
        return "module '\(name)' not found\(advice):\n\tnot one of luafunc's own (\(own))\(places)"
    }

    /// What to write instead of the name of a module that does not exist.
    static func advice(onMissing name: String) -> String? {
        if name.contains("/") { return "write '.' between the parts of a name" }
        if name.hasPrefix("lib.") { return "leave 'lib.' out" }
        if name == "dkjson" { return "luafunc's own is 'json'" }
        return AppFiles.replacement(forNative: name).map { "it is a C module, which luafunc does not load: \($0)" }
    }

    /// Pushes the table of one of luafunc's own modules. [+1]
    static func open(_ name: String, onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        if let module = scope.modules[name] { return stack.push(module) }
        guard let open = openers[name] else { throw .message("module '\(name)' not found") }
        try open(stack, scope)
        refuseUnknownMembers(of: name, on: stack)
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

    /// Runs a chunk that can fail only for lack of memory, stack or time. After its arguments it receives `wrap` and
    /// `fail` (``LuaStack/pushOwnHelpers()``).
    static func run(_ chunk: LuaChunk, arguments: Int, onto stack: LuaStack) throws(LuaError) {
        stack.pushOwnHelpers()
        do throws(LuaFailure) {
            try stack.run(chunk, arguments: arguments + 2)
        } catch {
            throw .message(error.message)
        }
    }
}

extension LuaStack {
    /// Pushes a function that returns what `open` pushes at its first call. [+1]
    func pushLate(_ open: @escaping (LuaStack) throws(LuaError) -> Void) {
        var opened: LuaReference?
        push(function: "open") { stack throws(LuaError) in
            if let opened {
                stack.push(opened)
            } else {
                try open(stack)
                stack.pushValue(at: -1)
                opened = stack.reference()
            }
            return 1
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

    /// Checks that the argument is a table whose members all have one of these names.
    ///
    /// - Parameter sentence: how the error begins, such as "json.encode has no option".
    package func checkMembers(of index: Int, _ names: [String], _ sentence: String) throws(LuaError) {
        try argumentTable(index)
        var unknown: String?
        var pairs = 0
        pushNil()
        // If there are more pairs than names, one of the first of them is unknown.
        while pairs <= names.count, next(of: index) {
            let name = messageText(at: -2) ?? numberText(at: -2) ?? type(at: -2).name
            if !names.contains(name) || type(at: -2) != .string { unknown = name }
            pop()
            pairs += 1
        }
        if pairs > names.count { pop() }
        guard let unknown else { return }
        throw .message(
            "\(sentence) '\(unknown)'\(NearestName.question(unknown, among: names)); there are "
                + names.map { "'\($0)'" }.joined(separator: ", "))
    }

    func wrongArgument(_ index: Int, _ expected: String) -> LuaError {
        .argument(index, expected: "\(expected) expected, got \(type(at: index).name)")
    }
}
