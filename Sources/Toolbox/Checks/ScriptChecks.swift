package import CustomHandler
package import FunctionsModel
import Lua

/// What `luafunc check` says about an app's scripts.
package enum ScriptChecks {
    /// - Parameters:
    ///   - failures: why the functions do not load, by name.
    ///   - settings: the app settings that are known.
    ///   - functions: the names of the functions to check; nil for all functions and `lib`.
    ///   - memory: what earlier checks have found out.
    package static func findings(
        in app: FunctionApp, failures: [String: InvocationFailure], settings: [String: String],
        of functions: Set<String>? = nil, memory: ScriptMemory = ScriptMemory()
    ) async -> [Finding] {
        var findings = check(app, settings, functions, memory)
        let places = Set(findings.filter { $0.severity == .error }.map { Place(file: $0.file, line: $0.line) })
        for (name, failure) in failures.sorted(by: { $0.key < $1.key }) {
            let problem = app.problem(failure, loading: name)
            // The reason has been found already.
            let isKnown = places.contains(Place(file: problem.file, line: problem.line))
            if isKnown, failure.reason != .limit, problem.traceback.isEmpty { continue }
            var finding = Finding(.error, problem, .scriptLoad, function: name)
            // No option of `check` sets the limit.
            finding.message = finding.message.replacing("--memory-limit, or ", with: "")
            findings.append(finding)
        }
        return findings
    }

    private struct Place: Hashable {
        let file: String
        let line: Int?
    }

    private static func check(
        _ app: FunctionApp, _ settings: [String: String], _ functions: Set<String>?, _ memory: ScriptMemory
    ) -> [Finding] {
        let checked = app.list.filter { functions?.contains($0.name) ?? true }
        guard let names = checked.lazy.compactMap({ memory.names(of: $0, in: app.files) }).first else { return [] }
        var graph = ScriptGraph(app, checked, isWhole: functions == nil, names, memory)
        let declared = DeclaredGlobals(graph.contents)
        var owners: [String: Function] = [:]
        for function in checked { owners[function.directory] = function }
        var findings: [Finding] = []
        var servers = ServerRules(app)
        for (file, content) in graph.contents.sorted(by: { $0.key < $1.key }) {
            let owner = owner(of: file, owners)
            let users = graph.users[file] ?? []
            findings += missing(of: file, graph, owner, declared)
            // The code of libraries is not the author's.
            if file.hasPrefix(AppFiles.modules + "/") { continue }
            switch content {
            case .failure(let failure):
                findings.append(syntax(failure, file, app.files, owner, users))
            case .facts(let facts):
                let directories = owner.map { [$0.directory] } ?? users.compactMap { app.functions[$0]?.directory }
                var own: [String: Bool] = [:]
                var rules = ScriptRules(
                    file, facts, names: names, declared: declared, owner: owner, users: users, settings: settings,
                    isTest: graph.isTest(file), isOwnModule: { module in own[module] ?? true })
                for module in Set(facts.requirements.map(\.module)) {
                    own[module] = (directories.isEmpty ? ["lib"] : directories).allSatisfy { directory in
                        if case .luafunc = graph.find(module, from: directory) { true } else { false }
                    }
                }
                rules.run()
                if !users.isEmpty { servers.read(file, facts, users: users) { own[$0] ?? true } }
                for function in checked where function.script == file {
                    rules.checkResults(of: function, in: app.files)
                }
                findings += rules.findings
            }
        }
        servers.finish(settings: settings)
        return findings + servers.findings
    }

    /// The function in whose folder a file is.
    private static func owner(of file: String, _ owners: [String: Function]) -> Function? {
        var folder = file[...]
        while let end = folder.lastIndex(of: "/") {
            folder = folder[..<end]
            if let owner = owners[String(folder)] { return owner }
        }
        return nil
    }

    private static func syntax(
        _ failure: LuaFailure, _ file: String, _ files: AppFiles, _ owner: Function?, _ users: Set<String>
    ) -> Finding {
        let advice = (try? files.text(of: file)).flatMap { KnownNames.advice(onSyntax: failure.message, of: $0) }
        let place = SourceExcerpt.place(failure.message)
        let problem = Problem(
            file, line: place?.line,
            (place?.rest ?? failure.message) + (advice.map { "; \($0)" } ?? ""))
        var finding = Finding(
            users.isEmpty ? .warning : .error, problem, .syntax,
            function: owner?.name ?? (users.count == 1 ? users.first : nil))
        if finding.function == nil { finding.users = users }
        return finding
    }

    private static func missing(
        of file: String, _ graph: ScriptGraph, _ owner: Function?, _ declared: DeclaredGlobals
    ) -> [Finding] {
        (graph.missing[file] ?? [:]).values.compactMap { missing in
            let name = missing.requirement.module
            guard !declared.mayHave(module: name) else { return nil }
            let users = missing.functions.sorted()
            var message = missing.message
            if owner == nil, !users.isEmpty {
                let more = users.count > 5 ? " and \(users.count - 5) more" : ""
                message +=
                    ", which \(users.prefix(5).joined(separator: ", "))\(more) "
                    + (users.count == 1 ? "needs" : "need")
            }
            // The functions of a library may be called or not.
            let isCertain = !users.isEmpty && (owner != nil || missing.requirement.isCertain)
            var finding = Finding(
                isCertain ? .error : .warning, .missingModule, file, line: missing.requirement.line, message,
                remedy: missing.remedy ?? nearest(to: name, graph.moduleNames(in: owner?.directory ?? "lib"))
                    ?? "put \(name.replacing(".", with: "/")).lua into lib/ or beside the handler, or install it into "
                    + "lua_modules",
                function: owner?.name ?? (users.count == 1 ? users.first : nil))
            if finding.function == nil { finding.users = Set(users) }
            return finding
        }
    }

    private static func nearest(to module: String, _ known: [String]) -> String? {
        if let other = known.first(where: { $0 != module && $0.lowercased() == module.lowercased() }) {
            return "the module is '\(other)'; Azure's file names differ in upper and lower case"
        }
        return NearestName.find(module, among: known).map { "did you mean '\($0)'?" }
    }
}
