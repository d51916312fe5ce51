public import EventLoop
package import FunctionsModel
package import Log

/// Puts saved changes into effect, function by function. It loads everything that a change affects beside the running
/// app, and then switches in one step to everything that loads. A function that does not load keeps its previous
/// version.
public struct AppReloader: Sendable {
    private let loader: AppLoader
    private let workers: WorkerGroup
    private let logger: Logger
    private let app: FunctionApp
    private let check: Check

    /// Finds what is wrong in the scripts of an app beyond what keeps them from loading.
    package typealias Check = @Sendable (FunctionApp) async -> [Finding]

    /// Creates the reloader. This must happen before the app is served, because it reads files that scripts may require
    /// late.
    ///
    /// - Parameter app: the app that the workers will serve.
    package init(
        loader: AppLoader, app: FunctionApp, workers: WorkerGroup, logger: Logger, check: @escaping Check
    ) {
        app.files.readAll()
        self.loader = loader
        self.app = app
        self.workers = workers
        self.logger = logger
        self.check = check
    }

    /// Watches the app and loads changes on a thread of its own, because reading an app may take long. It runs until
    /// the program ends. Throws if the system cannot start another thread.
    public func start() throws(StreamError) {
        let loop = EventLoop()
        try Thread.start(named: "reload") { loop.run() }
        loop.submit { [self] in _ = loop.task { try await run(on: loop) } }
    }

    private func run(on loop: EventLoop) async throws {
        // The stream keeps one element, for a change that is saved while the previous one is being loaded.
        let (saves, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let watcher = FileWatcher(
            loop, folders: { [loader] in loader.walk() },
            looking: { [logger] in logger.warning("saves may take up to a second to take effect: \($0)") },
            changed: { continuation.yield() })
        defer { watcher.close() }
        // These problems were reported when the app started.
        var state = State(app: app, failed: ReloadAttempt.failed(in: app), linksOutside: app.linksOutside)
        let failures = await workers.check(app)
        let problems = failures.map { ($0, app.problem($1, loading: $0)) }
        state.findings = await tellFindings(
            in: app, known: [], unloaded: app.broken.merging(problems) { own, _ in own }, kept: [])
        for await _ in saves { await reload(&state) }
    }

    private struct State {
        /// The app that the workers serve.
        var app: FunctionApp
        /// The saved versions that do not load, by function name.
        var failed: [String: FailedVersion] = [:]
        /// The saved host.json, if the host would refuse it.
        var failedHost: FailedVersion?
        var linksOutside: [Problem]
        /// What is wrong in the scripts, as far as it was reported.
        var findings: Set<Finding> = []
        /// The reason why the app folder cannot be read.
        var unreadable: Problem?
    }

    private func reload(_ state: inout State) async {
        let start = ContinuousClock.now
        let saved: FunctionApp
        do throws(Problem) {
            saved = try loader.load(earlier: state.app.host)
        } catch {
            if error != state.unreadable { logger.error("\(error); the previous version keeps running") }
            return state.unreadable = error
        }
        saved.files.readAll()
        let running = state.app
        let attempt = await ReloadAttempt(saved, after: running, failed: state.failed, workers)
        await workers.replace(with: attempt.app, changed: attempt.replaced)
        let report = ReloadReport(logger, files: saved.files)
        var whole = attempt.whole
        if let summary = attempt.summary {
            // One line says both that a function was reloaded and that it loads again.
            let healed = whole.subtracting(attempt.undone).intersection(attempt.replaced)
            whole.subtract(healed)
            let more = ReloadReport.sorted(healed).map { "; \($0) loads now" }.joined()
            logger.info(
                "\(summary) in \(start.duration(to: .now).milliseconds) ms\(more)",
                [.event(LogKey.reloaded)] + (attempt.kept.isEmpty ? [] : [.kept(attempt.kept)]))
        }
        report.tellWhole(whole, unchanged: attempt.undone)
        report.tell(attempt.news, kept: attempt.kept)
        let failedHost = saved.hostProblem.map { FailedVersion($0, saved.files, sources: ["host.json"]) }
        report.tellHost(failedHost, before: state.failedHost)
        let known = Set(running.warnings)
        for warning in saved.warnings where !known.contains(warning) { logger.warning("\(warning)") }
        if let note = saved.takenModuleNames, note != running.takenModuleNames { logger.info("\(note)") }
        let links = saved.linksOutside
        for link in links where !state.linksOutside.contains(link) { logger.error("\(link)") }
        let older = await workers.failures().map { ($0, attempt.app.problem($1, loading: $0)) }
        let findings = await tellFindings(
            in: attempt.app, known: state.findings,
            unloaded: attempt.failed.mapValues(\.problem).merging(older) { own, _ in own }, kept: attempt.kept)
        state = State(
            app: attempt.app, failed: attempt.failed, failedHost: failedHost, linksOutside: links, findings: findings)
    }

    /// Reports what is wrong in the scripts of functions that load, and what `luafunc start` marks. Returns all findings.
    ///
    /// - Parameters:
    ///   - known: the findings that were reported before.
    ///   - unloaded: why functions do not load, which has been reported already.
    private func tellFindings(
        in app: FunctionApp, known: Set<Finding>, unloaded: [String: Problem], kept: Set<String>
    ) async -> Set<Finding> {
        let findings = await check(app).filter { finding in
            finding.severity != .note && finding.function.map { unloaded[$0] == nil } ?? true
        }
        var errors: [String: Problem] = [:]
        for finding in findings {
            let problem = finding.problem
            if finding.severity == .error {
                for function in finding.function.map({ [$0] }) ?? finding.users.subtracting(unloaded.keys) {
                    errors[function] = errors[function] ?? problem
                }
            }
            guard !known.contains(finding) else { continue }
            var text = problem.description
            if let excerpt = SourceExcerpt([text], files: app.files) { text += "\n\(excerpt.text)" }
            logger.report(
                finding.severity == .error ? .error : .warning, text, finding.function.map { [.function($0)] } ?? [])
        }
        LoadReport(logger)?.tell(unloaded, kept: kept, errors: errors)
        return Set(findings)
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
