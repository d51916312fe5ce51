import EventLoop
import FunctionsModel
import HTTP
import HTTP1

/// Lets the handler run functions, and treats its answers as the host does.
@MainLoop
final class Invoker {
    let storage: LocalStorage
    let tell: @MainLoop (HostEvent) -> Void
    let handler: HandlerProcess
    let client: HTTPClient
    /// Whether calls carry a trace context.
    let tracesCalls: Bool
    /// How long after an invocation's time limit the host kills the handler.
    let grace: Duration
    /// Whether the handler is luafunc, which reports itself why a function failed.
    let isLuafunc: Bool
    /// The host's time zone.
    let zone: HostZone
    /// Keeps the calls of the handler; nil if nobody wants them.
    let recorder: Recorder?
    /// Whether callers use https.
    var isSecure = false

    init(
        handler: HandlerProcess, client: HTTPClient, storage: LocalStorage,
        tell: @escaping @MainLoop (HostEvent) -> Void, isLuafunc: Bool, tracesCalls: Bool, grace: Duration,
        zone: HostZone, recorder: Recorder? = nil
    ) {
        self.handler = handler
        self.client = client
        self.storage = storage
        self.tell = tell
        self.isLuafunc = isLuafunc
        self.tracesCalls = tracesCalls
        self.grace = grace
        self.zone = zone
        self.recorder = recorder
    }

    /// The result of an invocation.
    struct Result: Sendable {
        /// The response for an HTTP trigger's caller; nil for other triggers and for a failure.
        var http: HTTPResult?
        /// The reason why the invocation failed; nil if it succeeded.
        var failure: String?
        /// Why the caller gets 500 instead of the function's response, with everything that the handler said about it,
        /// for a caller who may see it.
        var reason: String?
        /// The failure as the next attempt gets it.
        var exception: RetryException?
    }

    // MARK: Payloads

    /// Invokes a function with a payload, repeatedly if its retry policy says so (host-contract §6, §9, §10).
    ///
    /// - Parameter accept: the header `Accept` of the caller.
    func invoke(
        _ function: Function, _ payload: InvocationPayload, cause: String, in app: FunctionApp, accept: String? = nil,
        warnings: [String] = [], retries: Bool = true
    ) async -> Result {
        var payload = payload
        let policy = retries ? function.retry ?? app.host.retry : nil
        var attempt = 0
        var exception: RetryException?
        while true {
            if let policy {
                payload.retry = .init(count: attempt, max: policy.maxRetryCount ?? -1, exception: exception)
            }
            let result = await attemptOnce(
                function, payload, cause: cause, in: app, accept: accept, warnings: warnings)
            guard result.failure != nil, let policy, policy.maxRetryCount.map({ attempt < $0 }) ?? true else {
                return result
            }
            attempt += 1
            exception = result.exception
            do { try await EventLoop.main.sleep(for: policy.delay(before: attempt)) } catch { return result }
        }
    }

    private func attemptOnce(
        _ function: Function, _ payload: InvocationPayload, cause: String, in app: FunctionApp, accept: String?,
        warnings: [String]
    ) async -> Result {
        let watch = InvocationWatch(function, cause: cause, tell: tell)
        var delivery = Delivery()
        var written: [String] = []
        var refusal: (status: Int, reason: String)?
        do {
            let (bindings, blobs) = (storage.bindings, storage.blobs)
            let call = try PayloadCall(function, payload, id: watch.id, zone: zone) { binding, trigger in
                try bindings.stored(binding)?.read(trigger, from: blobs)
            }
            recorder?.keep(call)
            let exchange = try await post(call, payload.trace, in: app)
            let (answer, head) = (exchange.answer, exchange.head)
            if !(200...299 ~= head.status) { refusal = (head.status, head.reason) }
            delivery = call.judge(answer, accept: accept)
            if delivery.hangs {
                tell(.warning("\(function.name): \(delivery.warnings.joined(separator: "; "))"))
                throw await timedOut(after: watch, in: app)
            }
            for output in delivery.outputs {
                guard let binding = function.bindings.first(where: { $0.name == output.name }) else { continue }
                do {
                    written.append(try storage.write(output, to: binding, of: function, call.trigger))
                } catch {
                    // The host writes the other outputs all the same.
                    delivery.failure = delivery.failure ?? "\(error)"
                }
            }
            if let lateness = exchange.lateness { throw lateness }
        } catch {
            delivery.failure = "\(error)"
        }
        watch.end { end in
            let isSent = delivery.failure == nil && delivery.unsendable == nil
            end.status = function.isHTTP ? Int(isSent ? delivery.http?.status ?? 200 : 500) : nil
            end.failure = delivery.failure
            end.detail = delivery.detail.map(\.lines) ?? []
            if isLuafunc, delivery.detail != nil { end.takeOwnWords() }
            end.logs = delivery.logs
            end.outputs = written
            end.warnings = warnings + delivery.warnings
        }
        storage.wake()
        return Result(
            http: delivery.failure == nil ? delivery.http : nil, failure: delivery.failure,
            reason: (delivery.failure ?? delivery.unsendable).map {
                // luafunc's answer says what failed; that the host cannot read it would mislead.
                let outer = isLuafunc && delivery.failure != nil && delivery.detail != nil ? nil : $0
                return [outer, delivery.detail].compactMap(\.self).joined(separator: "\n")
            },
            exception: delivery.failure.map {
                RetryException(function: function.name, invocation: watch.id, text: $0, answer: refusal)
            })
    }

    private func post(_ call: PayloadCall, _ trace: TraceContext?, in app: FunctionApp) async throws -> Exchange {
        let fields = call.fields(trace: tracesCalls ? trace ?? TraceContext() : nil)
        // The real host follows redirects of a payload's answer (host-contract §9.1).
        var request = ClientRequest(.post, try url(of: call.target), fields: fields, body: .chunked(call.body))
        request.keepsPlaces = true
        request.redirects = .followed(limit: 50, allowsCycles: true)
        return try await exchange(request, for: call.function, in: app)
    }
}

extension InvocationEnd {
    /// luafunc fails an invocation with a text: the reason and the traceback.
    fileprivate mutating func takeOwnWords() {
        let (reason, rest) = (detail.prefix { $0 != "stack traceback:" }, detail.drop { $0 != "stack traceback:" })
        failure = reason.joined(separator: "\n")
        // The log line names the first place, so only further places make a trace.
        let trace = rest.dropFirst().map { "  " + $0.drop { $0 == "\t" } }
        detail = trace.count > 2 ? trace : []
    }
}

extension String {
    fileprivate var lines: [String] { split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
}
