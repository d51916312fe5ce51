import Logging
import Lua
import NIOCore
import NIOHTTP1

/// Runs invocations on one event loop, and owns all Lua state there.
///
/// Its executor is the loop itself: a connection of that loop reaches it without a hop or a task.
public actor Worker {
    nonisolated let eventLoop: any EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    /// nil until there is an app.
    private var scheduler: Scheduler?
    /// Functions of a newer app that are loaded, and not shown yet.
    private var prepared: [String: FunctionPool] = [:]

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Shows the app. Nothing is asked before: who connects meanwhile has no worker yet.
    func adopt(_ app: FunctionApp, _ options: InvocationOptions, _ outbound: OutboundClient) {
        if !Preemption.start(slice: options.slice) {
            options.logger.warning("there is no timer on this system that could end time slices and time limits")
        }
        scheduler = Scheduler(eventLoop: eventLoop, app: app, options: options, outbound: outbound)
    }

    /// Loads functions of a newer app in VMs of their own, which serve nobody yet; answers the failures.
    ///
    /// - Parameter limit: how long one may take.
    func prepare(
        _ functions: [Function], of app: FunctionApp, limit: TimeAmount = .seconds(5)
    ) async -> [String: InvocationFailure] {
        guard let scheduler else { return [:] }
        dropPrepared()
        var failures: [String: InvocationFailure] = [:]
        for function in functions {
            let pool = FunctionPool(function, files: app.files)
            pool.loadLimit = limit
            failures[function.name] = await withCheckedContinuation { continuation in
                scheduler.load(pool) { continuation.resume(returning: $0) }
            }
            prepared[function.name] = pool
        }
        return failures
    }

    private func dropPrepared() {
        for pool in prepared.values { pool.retire() }
        prepared = [:]
    }

    /// Functions that cannot be loaded here.
    func failing() -> Set<String> { scheduler?.failing ?? [] }

    /// Shows a newer app, with what was prepared of it here.
    func replace(with app: FunctionApp, changed: Set<String>) {
        guard let scheduler else { return }
        scheduler.adopt(app, changed: changed, loaded: prepared)
        prepared = [:]
    }

    /// The files each function depends on, as far as it is loaded.
    func sources() -> [String: Set<String>] {
        guard let scheduler else { return [:] }
        return Dictionary(
            uniqueKeysWithValues: scheduler.app.functions.keys.map { ($0, scheduler.sources(of: $0) ?? []) })
    }

    /// Loads functions ahead of their first call, one after the other, with other work between; answers the failures.
    func load(_ names: [String]) async -> [String: InvocationFailure] {
        var failures: [String: InvocationFailure] = [:]
        for name in names {
            guard let scheduler, let function = scheduler.app.functions[name] else { continue }
            failures[name] = await withCheckedContinuation { continuation in
                scheduler.load(function) { continuation.resume(returning: $0) }
            }
            await Task.yield()
        }
        return failures
    }

    /// Answers one request on this loop, at once if the function neither waits nor takes long.
    func respond(to request: Request, _ bound: NIOLoopBound<any Caller>) {
        let caller = bound.value
        if request.isProbe { return caller.respond(.ready) }
        guard let scheduler else {
            return caller.respond(
                ProblemDetails.response(
                    .serviceUnavailable, title: "There is no app yet", detail: "it is being loaded; try again"))
        }
        switch Dispatch(request: request, app: scheduler.app).destination() {
        case .respond(let response): caller.respond(response)
        case .invoke(let invocation): invoke(invocation, request, caller, scheduler)
        }
    }

    private func invoke(
        _ invocation: Invocation, _ request: Request, _ caller: any Caller, _ scheduler: Scheduler
    ) {
        switch invocation.input {
        case .payload:
            scheduler.begin(invocation) { caller.respond(PayloadWire.response($0, to: invocation)) }
        case .request:
            scheduler.begin(invocation, caller: caller) { outcome in
                caller.respond(
                    PlainWire.response(
                        outcome, to: request, of: invocation, files: scheduler.app.files,
                        showsErrors: scheduler.options.showsErrors))
            }
        }
    }
}
