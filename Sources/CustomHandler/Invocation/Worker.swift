import NIOCore

/// Runs invocations on one event loop, and owns all Lua state there.
///
/// Its executor is the loop itself: a connection of that loop reaches it without a hop or a task.
public actor Worker {
    nonisolated let eventLoop: any EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    private var state = State.starting([])
    private var machines: [String: Result<FunctionVM, InvocationFailure>] = [:]

    private enum State {
        /// The app is still being read; requests wait for it.
        case starting([(Request, EventLoopPromise<Response>)])
        case serving(FunctionApp, InvocationOptions)
    }

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func adopt(_ app: FunctionApp, _ options: InvocationOptions) {
        guard case .starting(let waiting) = state else { return }
        state = .serving(app, options)
        for (request, reply) in waiting { respond(to: request, reply: reply) }
    }

    /// Loads functions ahead of their first call, one at a time with other work between; answers the failures.
    func load(_ names: [String]) async -> [String: InvocationFailure] {
        var failures: [String: InvocationFailure] = [:]
        for name in names {
            guard case .serving(let app, let options) = state, let function = app.functions[name] else { continue }
            if case .failure(let failure) = machine(for: function, app, options) { failures[name] = failure }
            await Task.yield()
        }
        return failures
    }

    /// Answers one request; `reply` is completed on this loop, at once if the function does not wait.
    func respond(to request: Request, reply: EventLoopPromise<Response>) {
        if request.isProbe { return reply.succeed(.ready) }
        switch state {
        case .starting(let waiting):
            state = .starting(waiting + [(request, reply)])
        case .serving(let app, let options):
            switch PayloadWire.route(request, app) {
            case .respond(let response): reply.succeed(response)
            case .invoke(let invocation):
                reply.succeed(PayloadWire.response(invoke(invocation, app, options), to: invocation))
            }
        }
    }

    /// Invocation in, outcome out: the one way into a function.
    private func invoke(_ invocation: Invocation, _ app: FunctionApp, _ options: InvocationOptions) -> Outcome {
        switch machine(for: invocation.function, app, options) {
        case .success(let machine): machine.invoke(invocation)
        case .failure(let failure): .failed(failure)
        }
    }

    private func machine(
        for function: Function, _ app: FunctionApp, _ options: InvocationOptions
    ) -> Result<FunctionVM, InvocationFailure> {
        if let machine = machines[function.name] { return machine }
        let machine = Result { () throws(InvocationFailure) in try FunctionVM(function, app: app, options: options) }
        machines[function.name] = machine
        return machine
    }
}
