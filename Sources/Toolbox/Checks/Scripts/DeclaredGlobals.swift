import FunctionsModel

/// The globals and members that an app's files make. A global that any file assigns while it loads exists for every file:
/// which of them share a VM is known only when they run.
struct DeclaredGlobals {
    private(set) var names: Set<String> = []
    /// Paths of members that some file assigns, such as `string.trim`.
    private(set) var members: Set<String> = []
    /// Paths of tables that code may change in ways that are not known.
    private(set) var opened: Set<String> = []
    /// Whether globals may exist whose names are not in any source.
    private(set) var isOpen = false
    /// The functions that run while their file loads, by file.
    private var loading: [String: Set<Int>] = [:]

    init(_ contents: [String: ScriptMemory.Content]) {
        let files = contents.compactMapValues(\.facts)
        readLoading(files)
        for (file, facts) in files {
            let isModule = file.hasPrefix(AppFiles.modules + "/")
            // A module of 'lua_modules' may set globals at any time.
            names.formUnion(
                facts.assignments.filter { isModule || runsWhileLoading($0.function, of: file) }.map(\.name))
            names.formUnion(facts.declared)
            members.formUnion(facts.members)
            opened.formUnion(facts.opened)
            if facts.hasOpenGlobals { isOpen = true }
        }
    }

    private mutating func readLoading(_ files: [String: ScriptFacts]) {
        // Only assignments in functions make it necessary to know when these run.
        guard files.values.contains(where: { $0.assignments.contains { $0.function != 0 } }) else { return }
        var called: Set<String> = []
        var count = -1
        while called.count > count {
            count = called.count
            for (file, facts) in files {
                let functions = facts.loading(calling: called)
                loading[file] = functions
                for index in functions where facts.functions.indices.contains(index) {
                    called.formUnion(facts.functions[index].called)
                }
            }
        }
    }

    func runsWhileLoading(_ function: Int, of file: String) -> Bool {
        function == 0 || loading[file]?.contains(function) == true
    }

    /// Whether an app's code may have made the member of this path.
    func mayHave(_ path: String, of parent: String) -> Bool {
        members.contains(path) || opened.contains(parent) || names.contains(parent)
    }

    /// Whether an app's code may have made the module itself.
    func mayHave(module: String) -> Bool {
        ["package.loaded", "package.preload"].contains { members.contains("\($0).\(module)") || opened.contains($0) }
    }
}
