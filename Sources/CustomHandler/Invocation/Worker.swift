import Logging
import Lua
import NIOCore

/// Runs invocations on one event loop, and owns all Lua state there.
///
/// Its executor is the loop itself: a connection of that loop reaches it without a hop or a task.
public actor Worker {
    nonisolated let eventLoop: any EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    private var state = State.starting([])

    private enum State {
        /// The app is still being read; requests wait for it.
        case starting([(Request, EventLoopPromise<Response>)])
        case serving(FunctionApp, Scheduler)
    }

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func adopt(_ app: FunctionApp, _ options: InvocationOptions, _ outbound: OutboundClient) {
        guard case .starting(let waiting) = state else { return }
        if !Preemption.start(slice: options.slice) {
            options.logger.warning("there is no timer on this system that could end time slices and time limits")
        }
        state = .serving(app, Scheduler(eventLoop: eventLoop, app: app, options: options, outbound: outbound))
        for (request, reply) in waiting { respond(to: request, reply: reply) }
    }

    /// Loads functions ahead of their first call, one after the other, with other work between; answers the failures.
    func load(_ names: [String]) async -> [String: InvocationFailure] {
        var failures: [String: InvocationFailure] = [:]
        for name in names {
            guard case .serving(let app, let scheduler) = state, let function = app.functions[name] else { continue }
            failures[name] = await withCheckedContinuation { continuation in
                scheduler.load(function) { continuation.resume(returning: $0) }
            }
            await Task.yield()
        }
        return failures
    }

    /// Answers one request; `reply` is completed on this loop, at once if the function neither waits nor takes long.
    func respond(to request: Request, reply: EventLoopPromise<Response>) {
        if request.isProbe { return reply.succeed(.ready) }
        switch state {
        case .starting(let waiting):
            state = .starting(waiting + [(request, reply)])
        case .serving(let app, let scheduler):
            switch PayloadWire.route(request, app) {
            case .respond(let response): reply.succeed(response)
            case .invoke(let invocation):
                scheduler.begin(invocation) { outcome in reply.succeed(PayloadWire.response(outcome, to: invocation)) }
            }
        }
    }
}
