public import EventLoop
public import FunctionsModel
public import HTTP
import Lua
import Synchronization

/// The workers, one for each event loop. All of them serve the same app. Each worker stays on its loop; other threads
/// use this group.
public final class WorkerGroup: Sendable {
    /// The first loop, which exists from the start.
    public let loop: EventLoop
    private let state = Mutex(State())
    private let trust: ClientTrust
    private let userAgent: String
    private let streams = OpenStreams()
    /// What `os.getenv` returns in tests; nil for a group that does not run tests.
    private let testEnvironment: [String: String]?

    private struct State {
        var added: [EventLoop] = []
        /// Whether the first worker has received a request.
        var firstIsUsed = false
        var shown: (app: FunctionApp, options: InvocationOptions)?
    }

    /// - Parameters:
    ///   - loop: the first worker's loop.
    ///   - settings: app settings; `SSL_CERT_FILE` names the certificates that outbound requests trust instead of the
    ///     system's.
    ///   - version: luafunc's version, for the header `User-Agent` of outbound requests.
    public convenience init(loop: EventLoop, settings: [String: String] = [:], version: String = "0") {
        self.init(loop: loop, settings: settings, version: version, tests: false)
    }

    /// - Parameter tests: whether the functions get a fake clock, stubs in place of HTTP requests, and only these
    ///   settings.
    package init(loop: EventLoop, settings: [String: String], version: String, tests: Bool) {
        LuaVM.tuneMemory()
        testEnvironment = tests ? settings : nil
        self.loop = loop
        userAgent = "luafunc/\(version)"
        trust = ClientTrust(settings["SSL_CERT_FILE"].map { .file($0) } ?? .system)
    }

    /// The responder of the first loop. Use it only on that loop's thread.
    public var responder: any HTTPResponder { worker(on: loop) }

    /// Adds workers for the same app, each on a loop with its own thread. Returns what an HTTP server needs to give
    /// them connections. Throws if the system cannot start another thread.
    public func add(
        _ count: Int
    ) throws(StreamError) -> [(loop: EventLoop, responder: @Sendable () -> any HTTPResponder)] {
        var added: [(loop: EventLoop, responder: @Sendable () -> any HTTPResponder)] = []
        for _ in 0..<count {
            let loop = EventLoop()
            try Thread.start(named: "loop") { loop.run() }
            state.withLock { $0.added.append(loop) }
            added.append((loop, { [self] in worker(on: loop) }))
        }
        return added
    }

    /// The worker of a loop, made on first use. Call it only on the loop's thread.
    func worker(on loop: EventLoop) -> Worker {
        if let worker = loop[resident: self] as? Worker { return worker }
        let bench = testEnvironment.map { TestBench(loop, environment: $0) }
        let worker = Worker(loop: loop, trust: trust, userAgent: userAgent, streams: streams, bench: bench)
        loop[resident: self] = worker
        if loop === self.loop {
            // The reference is weak, because with a single thread nothing needs the group once it has made its worker.
            worker.firstRequest = { [weak self] in self?.state.withLock { $0.firstIsUsed = true } }
        }
        if let (app, options) = state.withLock({ $0.shown }) { worker.install(app, options) }
        return worker
    }

    /// Runs `body` with the worker of a loop, on the loop's thread.
    func perform(on loop: EventLoop, _ body: @escaping @Sendable (Worker) -> Void) {
        if loop.isCurrent { body(worker(on: loop)) } else { loop.submit { [self] in body(worker(on: loop)) } }
    }

    func ask<Answer: Sendable>(
        _ loop: EventLoop, _ question: @escaping @Sendable (Worker, @escaping (Answer) -> Void) -> Void
    ) async -> Answer {
        await withCheckedContinuation { continuation in
            perform(on: loop) { worker in question(worker) { continuation.resume(returning: $0) } }
        }
    }

    private var loops: [EventLoop] { [loop] + state.withLock { $0.added } }

    /// The loop whose worker loads functions before their first call.
    private var preloading: EventLoop { state.withLock { $0.firstIsUsed ? loop : $0.added.first ?? loop } }

    /// Gives the app to all workers.
    public func install(_ app: FunctionApp, options: InvocationOptions) {
        state.withLock { $0.shown = (app, options) }
        // A worker that is made later serves the app from the start.
        for loop in loops {
            perform(on: loop) { if $0.scheduler?.app !== app { $0.install(app, options) } }
        }
    }

    /// Loads these functions of a newer app beside the running ones. Returns the failures.
    ///
    /// - Parameter limit: the time that one function may take.
    func prepare(
        _ functions: [Function], of app: FunctionApp, limit: Duration = .seconds(5)
    ) async -> [String: InvocationFailure] {
        await ask(preloading) { $0.prepare(functions, of: app, limit: limit, end: $1) }
    }

    /// The files on which each prepared function depends.
    func preparedSources() async -> [String: Set<String>] { await ask(preloading) { $1($0.preparedSources) } }

    /// Loads versions of functions only to find out whether they load. Returns the failure of each.
    func tryOut(_ versions: [FunctionVersion], limit: Duration = .seconds(5)) async -> [InvocationFailure?] {
        await ask(preloading) { $0.tryOut(versions, limit: limit, end: $1) }
    }

    /// The functions that could not be loaded, with the reasons. Functions that no one has tried to load are not
    /// included.
    func failures() async -> [String: InvocationFailure] { await ask(preloading) { $1($0.failures) } }

    /// Switches all workers to a newer app. One of them has the app's new functions prepared. Each worker switches
    /// between two requests.
    func replace(with app: FunctionApp, changed: Set<String>) async {
        state.withLock { $0.shown?.app = app }
        for loop in loops { await ask(loop) { $1($0.replace(with: app, changed: changed)) } }
    }

    /// The files on which each function depends, including those that only some worker's invocations have read.
    func sources() async -> [String: Set<String>] {
        var sources: [String: Set<String>] = [:]
        for loop in loops { sources.merge(await ask(loop) { $1($0.sources) }) { $0.union($1) } }
        return sources
    }

    /// Ends the streams that would go on after their invocations, and the waits for clients' answers. A server that stops
    /// calls this before it waits for its responses.
    public func endStreams() { streams.close() }

    /// Closes the functions' outbound connections. Nothing is invoked afterwards.
    public func shutdown() async {
        for loop in loops {
            await ask(loop) { [self] worker, end in
                worker.close()
                loop[resident: self] = nil
                end(())
            }
        }
    }

    /// Loads every function once, and returns the failures.
    ///
    /// - Parameter limit: the time that one function may take; nil for the time limit of an invocation.
    public func check(_ app: FunctionApp, limit: Duration? = nil) async -> [String: InvocationFailure] {
        await ask(preloading) { $0.load(app.functions.keys.sorted(), limit: limit, end: $1) }
    }
}
