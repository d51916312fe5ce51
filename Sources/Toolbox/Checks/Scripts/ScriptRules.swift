import CustomHandler
import FunctionsModel

/// Finds what is wrong in one file, knowing the app's other files.
struct ScriptRules {
    let file: String
    let facts: ScriptFacts
    let names: KnownNames
    let declared: DeclaredGlobals
    /// The function in whose folder the file is.
    let owner: Function?
    /// The functions that use the file.
    let users: Set<String>
    /// The app settings that are known.
    let settings: [String: String]
    /// Whether only tests run the file.
    let isTest: Bool
    /// Whether `require` finds luafunc's own module of this name.
    let isOwnModule: (String) -> Bool
    private(set) var findings: [Finding] = []
    /// The paths of what the file tests for, so that it knows what to do without.
    private var tested: Set<String> = []
    /// The globals that the file assigns anywhere.
    private let assigned: Set<String>
    private let asksVersion: Bool

    init(
        _ file: String, _ facts: ScriptFacts, names: KnownNames, declared: DeclaredGlobals, owner: Function?,
        users: Set<String>, settings: [String: String], isTest: Bool, isOwnModule: @escaping (String) -> Bool
    ) {
        self.file = file
        self.facts = facts
        self.names = names
        self.declared = declared
        self.owner = owner
        self.users = users
        self.settings = settings
        self.isTest = isTest
        self.isOwnModule = isOwnModule
        assigned = Set(facts.assignments.map(\.name))
        asksVersion = facts.references.contains { $0.kind == .global && $0.name == "_VERSION" }
        for (index, reference) in facts.references.enumerated() where reference.uses.contains(.tested) {
            tested.insert(facts.path(index))
        }
    }

    /// What exists in tests only.
    private static let testGlobals: Set = ["test", "describe", "skip", "expect", "invoke", "stub", "clock"]

    mutating func run() {
        checkReferences()
        checkAssignments()
        for line in facts.writing where !isTest {
            add(.warning, .unavailable, line, "a function cannot write files", "use a blob binding")
        }
    }

    mutating func add(_ severity: Finding.Severity, _ rule: Rule, _ line: Int, _ message: String, _ remedy: String?) {
        // What no function uses breaks none.
        let severity = severity == .error && users.isEmpty ? .warning : severity
        var finding = Finding(
            severity, rule, file, line: line, message, remedy: remedy,
            function: owner?.name ?? (users.count == 1 ? users.first : nil))
        if finding.function == nil { finding.users = users }
        findings.append(finding)
    }

    // MARK: References

    private mutating func checkReferences() {
        // Each name is reported once.
        var seen: [String: Int] = [:]
        for (index, reference) in facts.references.enumerated() {
            if facts.isGuarded(reference.function) { continue }
            let path = facts.path(index)
            let count = findings.count
            switch reference.kind {
            case .global: checkGlobal(reference)
            case .member: checkMember(index, reference, path)
            case .setting: checkSetting(reference)
            case .module: break
            }
            guard findings.count > count, let finding = findings.last else { continue }
            let key = "\(finding.rule.rawValue) \(path)"
            if let first = seen[key] {
                findings.removeLast()
                // A call says more than a read.
                if finding.severity > findings[first].severity { findings[first] = finding }
            } else {
                seen[key] = count
            }
        }
    }

    private mutating func checkGlobal(_ reference: ScriptFacts.Reference) {
        let name = reference.name
        guard !facts.replacesGlobals else { return }
        if names.globals[name] != nil {
            guard reference.uses.contains(.called), !declared.names.contains(name) else { return }
            return checkCall(name, reference)
        }
        guard !declared.isOpen, !declared.names.contains(name), !tested.contains(name),
            !isTest || !Self.testGlobals.contains(name),
            // It is reported where it is assigned.
            !assigned.contains(name), !isOlderLua(name)
        else { return }
        let handler = owner.flatMap { $0.script == file ? $0 : nil }
        let known = isTest ? declared.names.union(Self.testGlobals) : declared.names
        let remedy =
            names.advice(onGlobal: name, in: handler, declared: known)
            ?? "write local \(name) = …, or require the module that has it"
        let (severity, effect) = effect(reference)
        if severity == .warning, reference.uses.contains(.written) { return }
        add(severity, .undefinedGlobal, reference.line, "there is no global '\(name)', \(effect)", remedy)
    }

    /// Whether a name belongs to another version of Lua, in a file that asks which version runs it.
    private func isOlderLua(_ name: String) -> Bool {
        asksVersion && KnownNames.isOfOlderLua(name)
    }

    private func effect(_ reference: ScriptFacts.Reference) -> (Finding.Severity, String) {
        if reference.uses.contains(.called) { return (.error, "so the call fails") }
        if reference.uses.contains(.needed) { return (.error, "so its use fails") }
        return (.warning, "so the value is nil")
    }

    private mutating func checkCall(_ path: String, _ reference: ScriptFacts.Reference) {
        guard let advice = KnownNames.advice(onCalling: path), !tested.contains(path) else { return }
        if isTest, path == "os.exit" { return }
        // Libraries have functions that no function calls.
        add(
            owner == nil ? .warning : .error, .unavailable, reference.line,
            "\(path) is not available in a function", advice)
    }

    private mutating func checkMember(_ index: Int, _ reference: ScriptFacts.Reference, _ path: String) {
        var parts = [reference.name]
        var root = facts.references[reference.parent]
        while root.kind == .member {
            parts.insert(root.name, at: 0)
            root = facts.references[root.parent]
        }
        let parent = facts.path(reference.parent)
        guard !declared.mayHave(path, of: parent) else { return }
        var known: KnownNames.Value?
        var isLuas = true
        switch root.kind {
        case .global where !declared.names.contains(root.name) && !facts.replacesGlobals:
            known = names.globals[root.name]
        case .module:
            let name = root.name.hasPrefix("luafunc.") ? String(root.name.dropFirst(8)) : root.name
            if names.modules[name] != nil {
                guard isOwnModule(root.name) else { return }
                known = names.modules[name]
                isLuas = false
                parts.insert(name, at: 0)
            } else {
                known = names.globals[name]
            }
        default: return
        }
        if isLuas { parts.insert(root.name, at: 0) }
        for part in parts.dropFirst().dropLast() {
            guard case .table(let members)? = known else { return }
            known = members[part]
        }
        guard case .table(let members)? = known, !members.isEmpty, root.name != "_G" else { return }
        let name = parts.joined(separator: ".")
        if members[reference.name] != nil { return checkUse(of: name, reference, isLuas: isLuas) }
        guard isLuas else {
            let sentence = names.sentence(onMember: reference.name, of: parts.dropLast())
            return add(.error, .unknownMember, reference.line, sentence)
        }
        guard parts.count == 2, !tested.contains(path), !isOlderLua(name) else { return }
        let (severity, effect) = effect(reference)
        add(
            owner == nil ? .warning : severity, .unknownMember, reference.line,
            "\(parts[0]) has no member '\(reference.name)', \(effect)",
            names.advice(onMember: reference.name, of: parts[0]) ?? "docs/lua.md names what Lua's libraries have here")
    }

    /// Adds a finding whose sentence says after a semicolon, or after its first sentence, how to put it right.
    private mutating func add(_ severity: Finding.Severity, _ rule: Rule, _ line: Int, _ sentence: String) {
        let mark = sentence.contains("; ") ? "; " : ". "
        let parts = sentence.split(separator: mark, maxSplits: 1)
        let remedy = parts.count == 2 ? parts[1].prefix(1).lowercased() + parts[1].dropFirst() : nil
        add(severity, rule, line, parts.first.map { String($0) } ?? sentence, remedy)
    }

    private mutating func checkUse(of name: String, _ reference: ScriptFacts.Reference, isLuas: Bool) {
        guard reference.uses.contains(.called) else { return }
        if reference.uses.contains(.method) {
            // A text's own methods are members of 'string'.
            return add(
                .warning, .methodCall, reference.line, "\(name) is called with a colon, so it gets the module first",
                "write \(name)(…)")
        }
        if isLuas { checkCall(name, reference) }
    }

    private mutating func checkSetting(_ reference: ScriptFacts.Reference) {
        let name = reference.name
        guard !isTest, settings[name] == nil, reference.uses.isDisjoint(with: [.tested, .compared]),
            !Self.isOfSystem(name)
        else { return }
        add(
            .warning, .unsetSetting, reference.line, "the app setting '\(name)' is not known here",
            "set it in local.settings.json or with --settings, and in Azure as an app setting")
    }

    /// Whether Azure or the operating system sets a variable.
    private static func isOfSystem(_ name: String) -> Bool {
        ["WEBSITE_", "FUNCTIONS_", "AZURE_", "AzureWebJobs"].contains { name.hasPrefix($0) }
            || ["HOME", "HOMEDRIVE", "HOMEPATH", "LANG", "PATH", "PWD", "TEMP", "TMP", "TMPDIR", "TZ", "USER"]
                .contains(name)
    }

    // MARK: Assignments

    private mutating func checkAssignments() {
        // The code of a test runs while its file loads, as far as it is known.
        guard !facts.replacesGlobals, !declared.isOpen, !isTest else { return }
        var seen: Set<String> = []
        for assignment in facts.assignments where !declared.runsWhileLoading(assignment.function, of: file) {
            let name = assignment.name
            guard names.globals[name] == nil, !declared.names.contains(name), !facts.isGuarded(assignment.function),
                seen.insert(name).inserted
            else { continue }
            add(
                .error, .globalAssignment, assignment.line,
                "the global '\(name)' is assigned in a function, which fails when the function runs",
                "write local \(name) = …, or declare it at the top level of the script")
        }
    }

    // MARK: Results

    /// Checks the tables that a handler returns.
    mutating func checkResults(of function: Function, in files: AppFiles) {
        var handlers: Set<Int> = []
        for returned in facts.functions.first?.functions ?? [] where returned.name == function.entryPoint {
            handlers.insert(returned.function)
        }
        // A table of functions needs an entry point, a function does not.
        for returned in facts.functions.first?.functions ?? [] where returned.name == nil {
            handlers.insert(returned.function)
        }
        for handler in handlers where facts.functions.indices.contains(handler) {
            let problems = ReturnedTable.problems(
                of: facts.functions[handler].tables, returnedBy: function, in: files)
            findings += problems.map { Finding(.error, $0, .unknownOutput, function: function.name) }
        }
    }
}
