public import EventLoop
public import Log

/// Puts every saved change into effect: loads what it affects beside the running app, and switches only if all of it
/// loads.
public struct AppReloader: Sendable {
    private let loader: AppLoader
    private let workers: WorkerGroup
    private let logger: Logger
    private let app: FunctionApp

    /// Must be made before the app is served, as it reads files that scripts may require late.
    ///
    /// - Parameter app: the app that the workers will serve.
    public init(loader: AppLoader, app: FunctionApp, workers: WorkerGroup, logger: Logger) {
        app.files.readAll()
        self.loader = loader
        self.app = app
        self.workers = workers
        self.logger = logger
    }

    /// Watches and loads on its own thread, as reading an app may take long; until the program ends. Throws if the
    /// system starts no more threads.
    public func start() throws(StreamError) {
        let loop = EventLoop()
        try Thread.start(named: "reload") { loop.run() }
        loop.submit { [self] in _ = loop.task { try await run(on: loop) } }
    }

    private func run(on loop: EventLoop) async throws {
        // Keeps one element, for a change saved while the previous one is being loaded.
        let (saves, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let watcher = FileWatcher(
            loop, folders: { [loader] in loader.folders },
            looking: { [logger] in logger.warning("saves take effect within a second: \($0)") },
            changed: { continuation.yield() })
        defer { watcher.close() }
        var state = State(app: app)
        for await _ in saves { await reload(&state) }
    }

    private struct State {
        var app: FunctionApp
        /// The message about the last save, so that it is logged only once.
        var complaint: String?
    }

    private func reload(_ state: inout State) async {
        let start = ContinuousClock.now
        do throws(Problem) {
            let newer = try loader.load()
            newer.files.readAll()
            let changes = await changes(from: state.app, to: newer)
            try check(newer, since: state.app)
            let failures = await workers.prepare(changes.compactMap { newer.functions[$0] }, of: newer)
            // A function that could not be loaded before does not hold the save back.
            let failing = await workers.failing()
            if let (name, failure) = failures.filter({ !failing.contains($0.key) }).min(by: { $0.key < $1.key }) {
                throw newer.problem(failure, loading: name)
            }
            await workers.replace(with: newer, changed: changes)
            let older = state.app
            state = State(app: newer)
            for warning in newer.warnings where !older.warnings.contains(warning) { logger.warning("\(warning)") }
            for (name, problem) in newer.broken where problem != older.broken[name] { logger.error("\(problem)") }
            if let summary = summary(of: changes, from: older, to: newer) {
                logger.info(
                    "\(summary) in \(start.duration(to: .now).milliseconds) ms",
                    [.event(LogKey.reloaded)])
            }
            for failure in failures.sorted(by: { $0.key < $1.key }) { logger.report(.error, failure.value.text) }
        } catch {
            complain(error, &state)
        }
    }

    /// Describes what takes effect; nil if nothing noticeable has changed.
    private func summary(of changes: Set<String>, from older: FunctionApp, to newer: FunctionApp) -> String? {
        func list(_ verb: String, _ names: some Sequence<String>) -> String? {
            let names = names.sorted { $0.lowercased() < $1.lowercased() }
            return names.isEmpty ? nil : "\(verb) \(names.joined(separator: ", "))"
        }
        let parts = [
            list("reloaded", changes.filter { older.functions[$0] != nil && newer.functions[$0] != nil }),
            list("added", changes.filter { older.functions[$0] == nil }),
            list("removed", changes.filter { newer.functions[$0] == nil }),
            newer.host == older.host ? nil : "reloaded host.json",
        ].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// The functions that are new, gone or changed, in themselves or in a module.
    private func changes(from older: FunctionApp, to newer: FunctionApp) async -> Set<String> {
        let sources = await workers.sources()
        let names = Set(older.functions.keys).union(newer.functions.keys)
        return names.filter { name in
            guard let function = older.functions[name], newer.functions[name] != nil else { return true }
            let own: Set = [function.script, "\(function.directory)/function.json"]
            return newer.files.differs(from: older.files, in: own.union(sources[name] ?? []))
        }
    }

    /// Throws if the save has broken a function; one that never worked does not hold the save back.
    private func check(_ newer: FunctionApp, since older: FunctionApp) throws(Problem) {
        for name in newer.names where older.functions[name] != nil {
            if let problem = newer.broken[name] { throw problem }
        }
    }

    private func complain(_ problem: Problem, _ state: inout State) {
        var text = "\(problem); the version before goes on"
        if let excerpt = SourceExcerpt([problem.description], files: loader.freshFiles) {
            text += "\n\(excerpt.text)"
        }
        guard text != state.complaint else { return }
        state.complaint = text
        logger.report(.error, text)
    }
}

extension FunctionApp {
    /// The reason why a function cannot be loaded, with the place in its script.
    public func problem(_ failure: InvocationFailure, loading name: String) -> Problem {
        let script = functions[name]?.script ?? name
        var problem: Problem
        if failure.fault == .limit {
            problem = Problem(script, "takes too long or too much memory to load: \(failure.text)")
        } else if let place = SourceExcerpt.place(failure.message) {
            return Problem(place.file, line: place.line, place.rest)
        } else {
            let isAtPlace = failure.text.hasPrefix("\(script): ")
            problem = Problem(script, isAtPlace ? String(failure.text.dropFirst(script.count + 2)) : failure.text)
        }
        problem.isReport = true
        return problem
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
