import CustomHandler

/// What the code of one file does, as far as it can be told without the other files of the app.
struct ScriptFacts: Sendable {
    var references: [Reference] = []
    var assignments: [Assignment] = []
    var requirements: [Requirement] = []
    /// Calls of a method `ask`, which an MCP server's call has.
    var questions: [Int] = []
    /// Files that are opened for writing.
    var writing: [Int] = []
    /// Paths of members that are assigned, such as `string.trim`.
    var members: Set<String> = []
    /// Paths of tables that code elsewhere may change.
    var opened: Set<String> = []
    /// Globals that exist however they are set, as by `rawset`.
    var declared: Set<String> = []
    /// Whether code can set or read globals by names that are not in the source.
    var hasOpenGlobals = false
    /// Whether the file replaces its `_ENV`.
    var replacesGlobals = false
    var functions: [FunctionFacts] = []

    /// A read of a global, of a module's table, of a member of either, or of an app setting.
    struct Reference: Sendable {
        enum Kind: Sendable { case global, module, member, setting }

        let kind: Kind
        let name: String
        /// The reference whose member this is.
        let parent: Int
        /// The number of references above it. It is limited.
        let depth: Int
        let line: Int
        let function: Int
        var uses: Uses = []
    }

    struct Uses: OptionSet, Sendable {
        let rawValue: UInt8

        static let called = Uses(rawValue: 1)
        /// Used in a way that fails with nil: indexed, counted with, joined to a text.
        static let needed = Uses(rawValue: 2)
        /// Compared with nil, or used as a condition.
        static let tested = Uses(rawValue: 4)
        /// Called with a colon.
        static let method = Uses(rawValue: 8)
        /// Read from a written `_G`, with which code asks whether a global exists.
        static let written = Uses(rawValue: 16)
        /// Compared with a constant.
        static let compared = Uses(rawValue: 32)
    }

    struct Assignment: Sendable {
        let name: String
        let line: Int
        let function: Int
    }

    struct Requirement: Sendable {
        let module: String
        let line: Int
        /// Whether the code goes on if there is no such module.
        let isGuarded: Bool
        /// Whether loading the file always comes here.
        let isCertain: Bool
    }

    struct FunctionFacts: Sendable {
        let parent: Int?
        /// The names under which it is stored.
        var names: Set<String> = []
        /// Whether `pcall` calls it.
        var isGuarded = false
        /// The functions that it calls, or passes to other functions.
        var calls: Set<Int> = []
        /// The names of the functions that it calls.
        var called: Set<String> = []
        /// The functions that it returns, alone or in a table.
        var functions: [(name: String?, function: Int)] = []
        /// The tables that it returns.
        var tables: [ReturnedTable] = []
    }

    /// Such as `string.format`, or `json.decode` of a module.
    func path(_ index: Int) -> String {
        let reference = references[index]
        switch reference.kind {
        case .global, .setting: return reference.name
        case .module: return "\(Self.moduleMark)\(reference.name)"
        case .member: return "\(path(reference.parent)).\(reference.name)"
        }
    }

    /// Keeps the paths of modules apart from those of globals.
    static let moduleMark = "@"

    /// The functions that run while the file loads: those that its main chunk calls, by themselves or by one of the
    /// names, and those that these call.
    func loading(calling names: Set<String>) -> Set<Int> {
        var byName: [String: [Int]] = [:]
        for (index, function) in functions.enumerated() {
            for name in function.names { byName[name, default: []].append(index) }
        }
        var loading: Set<Int> = [0]
        var waiting = [0] + names.flatMap { byName[$0] ?? [] }
        loading.formUnion(waiting)
        var known = names
        while let index = waiting.popLast() {
            guard functions.indices.contains(index) else { continue }
            var next = functions[index].calls
            for name in functions[index].called where known.insert(name).inserted { next.formUnion(byName[name] ?? []) }
            waiting += next.filter { loading.insert($0).inserted }
        }
        return loading
    }

    /// Whether `pcall` catches what goes wrong in a function.
    func isGuarded(_ function: Int) -> Bool {
        var next: Int? = function
        while let index = next, functions.indices.contains(index) {
            if functions[index].isGuarded { return true }
            next = functions[index].parent
        }
        return false
    }
}
