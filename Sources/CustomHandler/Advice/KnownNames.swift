package import FunctionsModel
import Log
import Lua

/// The names that every script may use: globals, and the members of Lua's libraries and of luafunc's modules. They are
/// read from a VM, so that no list can differ from what runs.
package struct KnownNames: Sendable {
    package enum Value: Sendable {
        case function
        case table([String: Value])
        case other
    }

    package let globals: [String: Value]
    /// Without the prefix `luafunc.`.
    package let modules: [String: Value]

    /// Returns nil if no VM can be made for the function.
    package init?(of function: Function, in files: AppFiles) {
        let pool = FunctionPool(
            function, files: files, timeLimit: Deadline.Limit(nil, .host), dismantle: { _ in })
        guard let vm = try? FunctionVM(pool: pool, options: InvocationOptions(logger: .silent)) else { return nil }
        let stack = vm.lua.stack
        let level = stack.count
        defer { stack.setCount(level) }
        stack.pushTable()
        for (index, name) in Modules.names.enumerated() {
            stack.push(Modules.ownPrefix + name)
            stack.setElement(index + 1, of: -2)
        }
        do throws(LuaFailure) {
            try stack.run(Self.chunk, arguments: 1)
        } catch {
            return nil
        }
        var tables: [[String: Value]] = []
        for position in [1, 2] {
            stack.pushElement(position, of: level + 1)
            tables.append(Self.members(of: stack, depth: position == 1 ? 2 : 3))
            stack.pop()
        }
        globals = tables[0]
        modules = tables[1]
    }

    private static let chunk = LuaChunk(
        """
        local names = ...
        local modules = {}
        for _, name in ipairs(names) do modules[name:sub(9)] = require(name) end
        return { _G, modules }
        """, hasLines: false)

    /// The fields of the table on top. [0]
    private static func members(of stack: LuaStack, depth: Int) -> [String: Value] {
        var members: [String: Value] = [:]
        guard stack.reserve(8) else { return members }
        stack.forEachPair(at: -1) { () throws(Never) in
            guard stack.type(at: -2) == .string, let name = stack.string(at: -2, upTo: 64) else { return }
            switch stack.type(at: -1) {
            case .function: members[name] = .function
            // What lies deeper is not known, so that it can be anything.
            case .table where depth > 1: members[name] = .table(Self.members(of: stack, depth: depth - 1))
            default: members[name] = .other
            }
        }
        return members
    }

    // MARK: Sentences

    /// What to write instead of a global that does not exist.
    ///
    /// - Parameter function: the function whose handler is the code, if it is one.
    package func advice(onGlobal name: String, in function: Function?, declared: Set<String>) -> String? {
        if let advice = Advice.global(name, in: function) { return advice }
        let known = globals.keys.sorted() + declared.sorted()
        return NearestName.find(name, among: known).map { "did you mean '\($0)'?" }
    }

    /// What to write instead of a member of a standard library that does not exist.
    package func advice(onMember name: String, of library: String) -> String? {
        let path = "\(library).\(name)"
        if let advice = OlderLua.members[path] ?? OlderLua.refused[path] { return advice }
        guard case .table(let members)? = globals[library] else { return nil }
        return NearestName.find(name, among: members.keys.sorted()).map { "did you mean '\(library).\($0)'?" }
    }

    /// What the invocation says about a member that a module of luafunc does not have.
    ///
    /// - Parameter path: the module and the members that it has, such as `crypto` and `aesGcm`.
    package func sentence(onMember name: String, of path: [String]) -> String {
        var members: [String: Value] = modules
        for part in path { if case .table(let inner)? = members[part] { members = inner } }
        return ModuleMembers.unknown(name, of: path.joined(separator: "."), members: members.keys.sorted())
    }

    /// Whether a global, or a member such as `table.getn`, belongs to another version of Lua.
    package static func isOfOlderLua(_ name: String) -> Bool {
        OlderLua.globals[name] != nil || OlderLua.members[name] != nil
    }

    /// What to do instead of calling a function of the standard library that a script must not call.
    package static func advice(onCalling path: String) -> String? {
        let parts = path.split(separator: ".").map(String.init)
        switch parts.count {
        case 1: return Sandbox.advice(onCalling: parts[0], of: "base")
        case 2: return Sandbox.advice(onCalling: parts[1], of: parts[0])
        default: return nil
        }
    }

    /// What to write instead of a text that does not compile.
    package static func advice(onSyntax message: String, of text: [UInt8]) -> String? {
        let site = ErrorSite(message[...], nil)
        return Advice.syntax(site.reason, source: site.source { _ in text })
    }

    // MARK: Modules

    /// What `require` finds.
    package enum Found: Sendable {
        case luafunc(String)
        /// One of Lua's libraries.
        case standard
        case file(String)
        /// The file is behind a link out of the app.
        case outside
        case nothing(message: String, remedy: String?)
    }

    package func find(_ module: String, from directory: String, in files: AppFiles) -> Found {
        if case .table? = globals[module] { return .standard }
        if module.hasPrefix(Modules.ownPrefix) {
            let own = String(module.dropFirst(Modules.ownPrefix.count))
            if Modules.openers[own] != nil { return .luafunc(own) }
            return .nothing(
                message: "there is no module '\(module)'\(NearestName.question(own, among: Modules.names))",
                remedy: "luafunc's own modules are \(Modules.names.joined(separator: ", "))")
        }
        switch files.find(module, from: directory, looked: { _ in }) {
        case .text(_, let file): return .file(file)
        case .outside: return .outside
        case .native(let file):
            if Modules.openers[module] != nil {
                return .nothing(
                    message: "module '\(module)' is a C module (\(file)), which luafunc does not load",
                    remedy: "luafunc's own is '\(Modules.ownPrefix)\(module)'")
            }
            return .nothing(
                message: "module '\(module)' is a C module (\(file)), which luafunc does not load",
                remedy: AppFiles.advice(forNative: module))
        case .missing:
            if Modules.openers[module] != nil { return .luafunc(module) }
            return .nothing(message: "there is no module '\(module)'", remedy: Modules.advice(onMissing: module))
        }
    }

    /// The names of luafunc's modules.
    package static var moduleNames: [String] { Modules.names }
}
