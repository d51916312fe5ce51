import EventLoop
import FunctionsModel
import HTTP
import Log
import Lua

/// Runs invocations on one event loop and owns all Lua state there. It is made on its loop's thread and never leaves
/// it. Other threads use `WorkerGroup`.
final class Worker: HTTPResponder {
    let loop: EventLoop
    // Both nil until there is an app.
    private var dispatcher: Dispatcher?
    private(set) var scheduler: Scheduler?
    /// Functions of a newer app that are loaded but not yet in service.
    private var prepared: [String: FunctionPool] = [:]
    private let outbound: OutboundClient
    let streams: LoopStreams
    /// What a worker of tests has instead of the outside world.
    let bench: TestBench?
    /// The test file that runs here.
    var tests: TestScript?
    /// Called once, for the first request.
    var firstRequest: (() -> Void)?

    init(loop: EventLoop, trust: ClientTrust, userAgent: String, streams: OpenStreams, bench: TestBench? = nil) {
        self.loop = loop
        self.streams = LoopStreams(loop, streams)
        self.bench = bench
        outbound = OutboundClient(loop: loop, trust: trust, userAgent: userAgent, bench: bench)
    }

    /// Starts to serve the app. Requests that arrive earlier get status 503.
    func install(_ app: FunctionApp, _ options: InvocationOptions) {
        if !Preemption.start(slice: options.slice) {
            options.logger.warning("this system has no timer to enforce time slices and time limits")
        }
        dispatcher = Dispatcher(app: app, callerCheck: options.callerCheck, logger: options.logger)
        scheduler = Scheduler(
            loop: loop, app: app, options: options, outbound: outbound, streams: streams, bench: bench)
    }

    // MARK: Requests

    /// Answers one request, immediately if the function neither waits nor takes long.
    func respond(to request: HTTPRequest, through connection: HTTPConnection) {
        answer(request, to: connection)
    }

    /// The limit of a request's body, which is the function's memory limit. The host discards the body of an error
    /// status, so luafunc reads a payload from the host to its end, and the function reports the failure (host-contract
    /// §9.1).
    func bodyLimit(of request: HTTPRequest) -> BodyLimit {
        guard let dispatcher, let scheduler else { return BodyLimit() }
        switch dispatcher.destination(of: request) {
        case .invoke(let number, let wire):
            let limit = scheduler.memoryLimit(of: number)
            guard wire.isPayload, request.isOfHost else { return BodyLimit(bytes: limit) }
            return BodyLimit(bytes: limit, excess: .dropped)
        // The response does not depend on the body.
        case .respond, .probe: return BodyLimit(bytes: 0, excess: .dropped)
        }
    }

    func requestTimeout(for request: HTTPRequest) -> Duration {
        guard let dispatcher, let scheduler,
            case .invoke(let number, _) = dispatcher.destination(of: request)
        else { return Self.longestTimeout }
        return min(scheduler.timeLimit(of: number) ?? Self.longestTimeout, Self.longestTimeout)
    }

    /// The timeout for a function without a time limit or with a longer one.
    private static let longestTimeout = Duration.seconds(300)

    /// Whether a half-closed connection means that the caller has given up its request. This is true of the host:
    /// unlike other clients, it never closes its half and then waits for the response. Nor do callers who want events.
    func halfCloseMeansGone(_ request: HTTPRequest) -> Bool { request.isOfHost || request.wantsEvents }

    func answer(_ request: HTTPRequest, to caller: some ResponseSink) {
        if let told = firstRequest.take() { told() }
        guard let dispatcher, let scheduler else {
            if request.isProbe { return Self.answerProbe(to: caller) }
            return caller.respond(
                HTTPResponse.problem(
                    status: 503, title: "There is no app yet", detail: "it is being loaded; try again"))
        }
        if let refusal = dispatcher.callerCheck.refusal(of: request) { return caller.respond(refusal) }
        switch dispatcher.destination(of: request) {
        case .invoke(let number, let wire): scheduler.begin(number, request, wire, caller: caller)
        case .respond(let response): caller.respond(response)
        case .probe: Self.answerProbe(to: caller)
        }
    }

    /// Gives a caller's own request to a function, whatever its route.
    func invoke(_ function: String, _ request: HTTPRequest, _ caller: some ResponseSink) {
        if let told = firstRequest.take() { told() }
        guard let scheduler, let number = scheduler.app.list.firstIndex(where: { $0.name == function && $0.isHTTP })
        else {
            return caller.respond(
                HTTPResponse.problem(
                    status: 404, title: "No such function",
                    detail: "the app has no function '\(function)' with an HTTP trigger"))
        }
        scheduler.begin(number, request, .forwarded([], isProxied: false), caller: caller)
    }

    private static func answerProbe(to caller: some ResponseSink) {
        caller.respond(
            status: 200, contentType: "text/plain; charset=utf-8", body: "luafunc is ready\n".utf8Span.span.bytes)
    }

    // MARK: Reload

    /// Loads functions of a newer app in VMs of their own, which serve no requests yet. `end` gets the failures.
    ///
    /// - Parameter limit: the time that one function may take.
    func prepare(
        _ functions: [Function], of app: FunctionApp, limit: Duration,
        end: @escaping ([String: InvocationFailure]) -> Void
    ) {
        guard let scheduler else { return end([:]) }
        dropPrepared()
        let pools = functions.map { scheduler.makePool($0, of: app) }
        for pool in pools { pool.loadLimit = Deadline.Limit(limit, .reload) }
        load(pools[...], [:]) { [self] failures in
            prepared = Dictionary(uniqueKeysWithValues: pools.map { ($0.function.name, $0) })
            end(failures)
        }
    }

    /// The files on which each prepared function depends, as far as it could be loaded.
    var preparedSources: [String: Set<String>] { prepared.mapValues(\.sources) }

    private func dropPrepared() {
        for pool in prepared.values { pool.retire() }
        prepared = [:]
    }

    /// Loads versions of functions only to find out whether they load. `end` gets the failure of each.
    ///
    /// - Parameter limit: the time that one version may take.
    func tryOut(
        _ versions: [FunctionVersion], limit: Duration, end: @escaping ([InvocationFailure?]) -> Void
    ) {
        tryOut(versions[...], limit, [], end: end)
    }

    private func tryOut(
        _ versions: ArraySlice<FunctionVersion>, _ limit: Duration, _ failures: [InvocationFailure?],
        end: @escaping ([InvocationFailure?]) -> Void
    ) {
        guard let version = versions.first, let scheduler else { return end(failures) }
        let pool = scheduler.makePool(version.function, of: scheduler.app)
        pool.files = version.files
        pool.loadLimit = Deadline.Limit(limit, .reload)
        scheduler.load(pool) { [self] failure in
            loop.perform { [self] in
                pool.retire()
                tryOut(versions.dropFirst(), limit, failures + [failure], end: end)
            }
        }
    }

    /// Loads functions before their first call. `end` gets the failures.
    ///
    /// - Parameter limit: the time that one function may take; nil for the time limit of an invocation.
    func load(_ names: [String], limit: Duration?, end: @escaping ([String: InvocationFailure]) -> Void) {
        guard let scheduler else { return end([:]) }
        let pools = names.compactMap(scheduler.pool)
        if let limit { for pool in pools { pool.loadLimit = Deadline.Limit(limit, .reload) } }
        load(pools[...], [:], end: end)
    }

    /// Loads one function after another, so that the loop can do other work in between.
    private func load(
        _ pools: ArraySlice<FunctionPool>, _ failures: [String: InvocationFailure],
        end: @escaping ([String: InvocationFailure]) -> Void
    ) {
        guard let pool = pools.first, let scheduler else { return end(failures) }
        scheduler.load(pool) { [self] failure in
            var failures = failures
            failures[pool.function.name] = failure
            loop.perform { [self] in load(pools.dropFirst(), failures, end: end) }
        }
    }

    /// The functions that failed to load here, with the reasons.
    var failures: [String: InvocationFailure] { scheduler?.failures ?? [:] }

    /// The files on which each loaded function depends.
    var sources: [String: Set<String>] { scheduler?.sources ?? [:] }

    /// Switches to a newer app, and uses the functions that were prepared for it on this worker.
    func replace(with app: FunctionApp, changed: Set<String>) {
        guard let scheduler else { return }
        scheduler.install(app, changed: changed, loaded: prepared)
        dispatcher?.app = app
        // Pools that are in service now are kept. The others did not load, or their functions keep their version.
        for name in changed where app.functions[name] != nil { prepared[name] = nil }
        dropPrepared()
    }

    /// Closes the functions' outbound connections. Nothing is invoked afterwards.
    func close() {
        outbound.close()
        streams.close()
        guard let script = tests.take() else { return }
        script.close()
        scheduler?.retire()
    }
}

/// A function and the files from which its code is read.
struct FunctionVersion: Sendable {
    let function: Function
    let files: AppFiles
}
