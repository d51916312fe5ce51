import Lua
import NIOCore
import NIOPosix

/// One worker for each event loop, all showing the same app.
public struct WorkerGroup: Sendable {
    let eventLoops: MultiThreadedEventLoopGroup
    let workers: [Worker]
    private let outbound: OutboundClient

    /// - Parameter settings: app settings; `SSL_CERT_FILE` names the certificates that outbound requests trust instead
    ///   of the system's.
    public init(threads: Int, settings: [String: String] = [:]) {
        LuaVM.tuneMemory()
        eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        workers = eventLoops.makeIterator().map { Worker(eventLoop: $0) }
        outbound = OutboundClient(eventLoops: eventLoops, trustRoots: settings["SSL_CERT_FILE"])
    }

    func worker(of eventLoop: any EventLoop) -> Worker {
        // Every loop of the group has its worker, and there are as few as the machine has cores.
        workers.first { $0.eventLoop === eventLoop } ?? workers[0]
    }

    /// Shows the app to all workers: calls that came before wait no longer.
    public func adopt(_ app: FunctionApp, options: InvocationOptions) {
        for worker in workers {
            worker.eventLoop.execute { worker.assumeIsolated { $0.adopt(app, options, outbound) } }
        }
    }

    /// Loads these functions of a newer app beside those that run; answers why those that do not load do not.
    func prepare(_ functions: [Function], of app: FunctionApp) async -> [String: InvocationFailure] {
        await workers[0].prepare(functions, of: app)
    }

    /// Functions that cannot be loaded, as far as the first worker has tried.
    func failing() async -> Set<String> { await workers[0].failing() }

    /// Shows a newer app to all workers; the first has what was prepared. Each worker changes between two requests.
    func replace(with app: FunctionApp, changed: Set<String>) async {
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
        let done = eventLoops.any().makePromise(of: Value.self)
        done.completeWithTask(body)
        return try done.futureResult.wait()
    }

    /// Loads every function once, and answers why those that do not load do not.
    public func check(_ app: FunctionApp) async -> [String: InvocationFailure] {
        await workers[0].load(app.functions.keys.sorted())
    }
}
