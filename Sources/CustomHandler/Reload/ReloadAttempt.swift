import FunctionsModel

/// The result of loading a save. A function whose saved version loads gets that version; every other function keeps the
/// running one.
struct ReloadAttempt {
    /// The app to serve from now on.
    private(set) var app: FunctionApp
    /// The functions that are new, removed or different in `app`.
    var replaced: Set<String> { changes.subtracting(kept) }
    /// The functions that keep their previous version.
    private(set) var kept: Set<String> = []
    /// The saved versions that do not load, by function name.
    private(set) var failed: [String: FailedVersion] = [:]
    /// The problems of those versions that were not reported yet.
    private(set) var news: [String: Problem] = [:]
    /// The functions that did not load before the save but load now.
    private(set) var whole: Set<String> = []
    /// Those of them whose files match the running version again.
    var undone: Set<String> { whole.subtracting(changes) }

    private let saved: FunctionApp
    private let running: FunctionApp
    private let workers: WorkerGroup
    /// The functions of the running app that do not load. They have no version worth keeping.
    private let failing: Set<String>
    /// The files on which the running version of each function depends.
    private let sources: [String: Set<String>]
    /// The functions that are new, removed or different in the saved app, including those with a different module.
    private var changes: Set<String> = []

    /// Loads everything that has changed, beside the running app.
    ///
    /// - Parameter earlier: the versions that did not load after the last save.
    init(
        _ saved: FunctionApp, after running: FunctionApp, failed earlier: [String: FailedVersion],
        _ workers: WorkerGroup
    ) async {
        self.saved = saved
        self.running = running
        self.workers = workers
        app = saved
        failing = Set(await workers.failures().keys)
        sources = await workers.sources()
        changes = findChanges()
        failed = Self.failed(in: saved)
        // A version that has not changed since it failed would fail again.
        for (name, version) in earlier where saved.functions[name] != nil && !version.isBlocked {
            let isUnchanged = changes.contains(name) ? !version.differs(in: saved.files) : failing.contains(name)
            if isUnchanged { failed[name] = version }
        }
        await load()
        keep()
        news = failed.filter { $0.value.isNews(after: earlier[$0.key]) }.mapValues(\.problem)
        whole = Set(earlier.keys).union(running.broken.keys).union(failing.intersection(changes))
            .filter { app.functions[$0] != nil && failed[$0] == nil }
    }

    /// The functions whose function.json does not load.
    static func failed(in app: FunctionApp) -> [String: FailedVersion] {
        var failed: [String: FailedVersion] = [:]
        for (name, problem) in app.broken {
            let folder = app.layout.folder(of: name)
            let file = app.host.serverRoutes == nil ? "\(folder)/function.json" : "host.json"
            let sources = [file, "\(folder)/handler.lua"]
            failed[name] = FailedVersion(problem, app.files, sources: Set(sources))
        }
        return failed
    }

    private func findChanges() -> Set<String> {
        Set(running.functions.keys).union(saved.functions.keys).filter { name in
            guard running.functions[name] != nil, saved.functions[name] != nil else { return true }
            let older = running.files(of: name)
            return saved.files.differs(from: older, in: files(of: name).union(sources[name] ?? []))
        }
    }

    /// The files of a function without those that its script requires.
    private func files(of name: String) -> Set<String> {
        var files: Set<String> = []
        for function in [running.functions[name], saved.functions[name]].compactMap(\.self) {
            files.formUnion([function.script, function.file])
        }
        return files
    }

    private mutating func load() async {
        let names = changes.filter { saved.functions[$0] != nil && failed[$0] == nil }
        guard !names.isEmpty else { return }
        let failures = await workers.prepare(names.sorted().compactMap { saved.functions[$0] }, of: saved)
        let loaded = await workers.preparedSources()
        func fail(_ name: String, _ failure: InvocationFailure) {
            let all = files(of: name).union(loaded[name] ?? []).union(sources[name] ?? [])
            failed[name] = FailedVersion(saved.problem(failure, loading: name), saved.files, sources: all)
        }
        for (name, failure) in failures { fail(name, failure) }
        let late = names.filter { failures[$0] == nil && !failing.contains($0) }.flatMap { name in
            LateModule.all(
                of: name, from: running, to: saved, sources: sources[name] ?? [], loaded: loaded[name] ?? [])
        }
        for (module, failure) in await LateModule.failures(of: late, workers) where failed[module.function] == nil {
            fail(module.function, failure)
        }
    }

    /// Decides which functions keep their version: those that failed, and those whose route still belongs to another
    /// function.
    private mutating func keep() {
        var more = Set(failed.keys)
        repeat {
            kept.formUnion(more.filter { running.functions[$0] != nil && !failing.contains($0) })
            app = saved.keeping(kept, of: running)
            let clashes = app.broken.filter { failed[$0.key] == nil }
            for (name, problem) in clashes {
                failed[name] = FailedVersion(problem, saved.files, sources: files(of: name), isBlocked: true)
            }
            more = Set(clashes.keys)
        } while !more.isEmpty
    }

    /// A description of the changes that take effect; nil if there are none worth mentioning.
    var summary: String? {
        func list(_ verb: String, _ names: Set<String>) -> String? {
            let names = names.sorted { $0.lowercased() < $1.lowercased() }
            return names.isEmpty ? nil : "\(verb) \(names.joined(separator: ", "))"
        }
        let parts = [
            list("reloaded", replaced.filter { running.functions[$0] != nil && app.functions[$0] != nil }),
            list("added", replaced.filter { running.functions[$0] == nil && app.functions[$0] != nil }),
            list("removed", replaced.filter { app.functions[$0] == nil && app.broken[$0] == nil }),
            app.host == running.host ? nil : "reloaded host.json",
        ].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
