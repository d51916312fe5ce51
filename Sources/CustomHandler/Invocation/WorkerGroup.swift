import Lua
import NIOConcurrencyHelpers
public import NIOCore
import NIOPosix

/// The workers, one for each event loop, all showing the same app.
public final class WorkerGroup: Sendable {
    /// The one that is there from the start.
    let first: Worker
    private let state = NIOLockedValueBox(State())
    private let outbound: OutboundClient

    private struct State {
        var added: [Worker] = []
        /// The first has a connection.
        var firstIsUsed = false
        var shown: (app: FunctionApp, options: InvocationOptions)?
    }

    /// - Parameters:
    ///   - eventLoop: of the first worker; a thread is made for it if there is none.
    ///   - settings: app settings; `SSL_CERT_FILE` names the certificates that outbound requests trust instead of the
    ///     system's.
    public init(eventLoop: (any EventLoop)? = nil, settings: [String: String] = [:]) {
        LuaVM.tuneMemory()
        let eventLoop = eventLoop ?? MultiThreadedEventLoopGroup(numberOfThreads: 1).any()
        first = Worker(eventLoop: eventLoop)
        outbound = OutboundClient(eventLoops: eventLoop, trustRoots: settings["SSL_CERT_FILE"])
    }

    /// Adds workers that show what the others show, each with a thread of its own, and answers their event loops.
    func add(_ count: Int) -> MultiThreadedEventLoopGroup {
        let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: count)
        let added = eventLoops.makeIterator().map { Worker(eventLoop: $0) }
        let shown = state.withLockedValue { state in
            state.added += added
            return state.shown
        }
        if let shown { for worker in added { adopt(shown.app, shown.options, worker) } }
        outbound.use(eventLoops)
        return eventLoops
    }

    private var workers: [Worker] { [first] + state.withLockedValue { $0.added } }

    /// The one that loads functions ahead of their first call.
    private var preloading: Worker { state.withLockedValue { $0.firstIsUsed ? first : $0.added.first ?? first } }

    /// The worker for a new connection of this event loop.
    func worker(of eventLoop: any EventLoop) -> Worker {
        state.withLockedValue { state in
            // Every loop has its worker, and there are about as few as the machine has cores.
            if let worker = state.added.first(where: { $0.eventLoop === eventLoop }) { return worker }
            state.firstIsUsed = true
            return first
        }
    }

    /// Shows the app to all workers: calls that came before wait no longer.
    public func adopt(_ app: FunctionApp, options: InvocationOptions) {
        state.withLockedValue { $0.shown = (app, options) }
        for worker in workers { adopt(app, options, worker) }
    }

    private func adopt(_ app: FunctionApp, _ options: InvocationOptions, _ worker: Worker) {
        worker.eventLoop.execute { [outbound] in worker.assumeIsolated { $0.adopt(app, options, outbound) } }
    }

    /// Loads these functions of a newer app beside those that run; answers why those that do not load do not.
    func prepare(_ functions: [Function], of app: FunctionApp) async -> [String: InvocationFailure] {
        await preloading.prepare(functions, of: app)
    }

    /// Functions that cannot be loaded, as far as they were tried.
    func failing() async -> Set<String> { await preloading.failing() }

    /// Shows a newer app to all workers; one has what was prepared. Each worker changes between two requests.
    func replace(with app: FunctionApp, changed: Set<String>) async {
        state.withLockedValue { $0.shown?.app = app }
        for worker in workers { await worker.replace(with: app, changed: changed) }
    }

    /// The files each function depends on, also those that only some worker's invocations have asked for.
    func sources() async -> [String: Set<String>] {
        var sources: [String: Set<String>] = [:]
        for worker in workers { sources.merge(await worker.sources()) { $0.union($1) } }
        return sources
    }

    /// Ends what the functions have open. Nothing is invoked afterwards.
    public func shutdown() async { await outbound.shutdown() }

    /// Blocks the calling thread until `body` is done, for a `main` that is not async.
    public func runAndWait<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
        let done = first.eventLoop.makePromise(of: Value.self)
        done.completeWithTask(body)
        return try done.futureResult.wait()
    }

    /// Loads every function once, and answers why those that do not load do not.
    public func check(_ app: FunctionApp) async -> [String: InvocationFailure] {
        await preloading.load(app.functions.keys.sorted())
    }
}
