import CustomHandler
import FunctionsModel

/// Which files each function needs, by what they require.
struct ScriptGraph {
    /// A module that is not found.
    struct Missing {
        let requirement: ScriptFacts.Requirement
        let message: String
        let remedy: String?
        /// The functions that need it.
        var functions: Set<String> = []
    }

    /// The functions that use each file. Files that only tests or nobody uses are missing.
    private(set) var users: [String: Set<String>] = [:]
    /// By file, and by the place in its list of requirements.
    private(set) var missing: [String: [Int: Missing]] = [:]
    private(set) var contents: [String: ScriptMemory.Content] = [:]
    /// The tests, and what they require.
    private var tested: Set<String> = []
    /// What files require that are neither tests nor used by a function.
    private var required: Set<String> = []
    private let app: FunctionApp
    private let names: KnownNames
    private let memory: ScriptMemory
    /// What `require` finds in the folders that all functions share.
    private var shared: [String: KnownNames.Found] = [:]

    /// - Parameters:
    ///   - functions: those to look at.
    ///   - isWhole: whether also to look at modules that no function needs.
    init(_ app: FunctionApp, _ functions: [Function], isWhole: Bool, _ names: KnownNames, _ memory: ScriptMemory) {
        self.app = app
        self.names = names
        self.memory = memory
        for function in functions { walk(from: function.script, in: function.directory, for: function.name) }
        var own = Set(functions.map(\.directory))
        // Nobody may require a module of 'lib', or a function's other files; they are looked at nevertheless.
        if isWhole { own.insert("lib") }
        for file in app.files.scripts where contents[file] == nil {
            if let folder = own.first(where: { file.hasPrefix($0 + "/") }) { walk(from: file, in: folder, for: nil) }
        }
    }

    /// Whether only tests run the file.
    func isTest(_ file: String) -> Bool {
        file.hasSuffix("_test.lua")
            || tested.contains(file) && users[file] == nil && !required.contains(file)
    }

    private mutating func walk(from start: String, in directory: String, for function: String?) {
        var seen: Set = [start]
        var waiting = [(file: start, isNeeded: true)]
        while let (file, isNeeded) = waiting.popLast() {
            if contents[file] == nil { contents[file] = memory.content(of: file, in: app.files) }
            if let function {
                users[file, default: []].insert(function)
            } else if start.hasSuffix("_test.lua") {
                tested.insert(file)
            } else if file != start {
                required.insert(file)
            }
            guard let facts = contents[file]?.facts else { continue }
            for (index, requirement) in facts.requirements.enumerated() {
                switch find(requirement.module, from: directory) {
                // A link out of the app is a finding of its own.
                case .luafunc, .standard, .outside: break
                case .file(let next):
                    let isNeeded = isNeeded && !requirement.isGuarded
                    if seen.insert(next).inserted { waiting.append((next, isNeeded)) }
                case .nothing(let message, let remedy):
                    // Libraries require what they can do without.
                    let isOwn = !file.hasPrefix(AppFiles.modules + "/")
                    guard isNeeded, !requirement.isGuarded, isOwn || requirement.isCertain else { continue }
                    var problem =
                        missing[file]?[index] ?? Missing(requirement: requirement, message: message, remedy: remedy)
                    if let function { problem.functions.insert(function) }
                    missing[file, default: [:]][index] = problem
                }
            }
        }
    }

    /// What `require` finds. Most functions have no modules of their own, and then it is the same for all.
    mutating func find(_ module: String, from directory: String) -> KnownNames.Found {
        let first = String(module.prefix { $0 != "." })
        let names = directory == "lib" ? [] : app.files.entries(of: directory) ?? []
        if names.contains(where: { $0 == first || $0 == first + ".lua" || $0 == first + ".so" }) {
            return self.names.find(module, from: directory, in: app.files)
        }
        if let known = shared[module] { return known }
        let found = self.names.find(module, from: "lib", in: app.files)
        shared[module] = found
        return found
    }

    /// The names of modules that the code in a folder can require.
    func moduleNames(in directory: String) -> [String] {
        let folders = Set([directory, "lib", AppFiles.modules])
        return KnownNames.moduleNames
            + folders.flatMap { app.files.entries(of: $0) ?? [] }.filter { $0.hasSuffix(".lua") && $0 != "handler.lua" }
            .map { String($0.dropLast(4)) }.sorted()
    }
}
