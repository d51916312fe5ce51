import EventLoop
import FoundationEssentials
package import FunctionsModel
import HTTP
import HTTP1

/// Runs a function once as the host would, through a handler in this process: it gets the payload or the request that
/// the host would send, and its answer is judged as the host would judge it.
///
/// Nothing is written: no output reaches a queue or a blob.
package struct FunctionRun: Sendable {
    package let function: Function
    package let app: FunctionApp
    /// The values of input bindings, by name. They take precedence over what is stored.
    package var inputs: [String: InputValue] = [:]
    /// The folder `.luafunc` of `luafunc start`, whose blobs are the values of other inputs; nil for none. It is only
    /// read, so `luafunc start` may run at the same time.
    package var storage: String?
    /// The host's time in seconds since 1970; nil for the system's.
    package var time: Double?
    /// The host's time zone, in which it holds dates.
    package var zone = HostZone.utc

    /// - Parameter app: the app that the handler serves. Its `httpWire` decides the form of an HTTP function's request.
    package init(of function: Function, in app: FunctionApp) {
        self.function = function
        self.app = app
    }

    /// The value of an input binding.
    package enum InputValue: Sendable {
        /// A text or the bytes of a blob.
        case bytes([UInt8])
        /// Anything else.
        case json(NewtonsoftValue)
    }

    /// Whether the handler gets the caller's own request.
    package var takesRequest: Bool { app.takesRequests(function) }

    package func run(_ event: FunctionEvent, through handler: some HandlerChannel) async -> RunResult {
        var result = RunResult(id: UUID().uuidString.lowercased(), isOfCaller: takesRequest)
        let began = MonotonicTime.now
        do {
            switch event.content {
            case .request(let request) where takesRequest: try await forward(request, handler, &result)
            case .request(let request):
                let (payload, accept, warnings) = try payload(of: request)
                result.warnings = warnings
                try await send(payload, accept: accept, handler, &result)
            case .payload(let payload): try await send(payload, accept: nil, handler, &result)
            case .recordedRequest(let recorded):
                guard takesRequest else { throw EventError.noPayload }
                // The host replaces the path of a request in the form `named` by the function's name.
                if recorded.wire != .named {
                    let caller = CallerRequest(method: recorded.request.method, target: recorded.request.target)
                    _ = try parameters(of: caller.http())
                }
                var request = recorded.request
                for name in [HostHeader.invocationID, HostHeader.proxiedInvocationID]
                where request.fields.contains(name) {
                    request.fields.set(name, result.id)
                }
                try await send(request, handler, &result)
            case .recordedPayload(let body):
                let call = PayloadCall(function, body: body, id: result.id, zone: zone)
                try await send(call, accept: nil, handler, &result)
            }
        } catch {
            if case EventError.noFunction = error { result.http = HTTPResult(status: 404) }
            result.failure = result.failure ?? RunFailure(message: "\(error)", kind: .host)
        }
        result.duration = MonotonicTime.now - began
        return result
    }

    // MARK: Payloads

    private func send(
        _ payload: InvocationPayload, accept: String?, _ handler: some HandlerChannel, _ result: inout RunResult
    ) async throws {
        let blobs = storage.map { BlobStore(reading: "\($0)/blobs") }
        let call = try PayloadCall(
            function, payload, id: result.id, zone: zone, at: time.map { Date(timeIntervalSince1970: $0) } ?? Date()
        ) { binding, trigger in
            if let given = inputs[binding.name] { return given.value(of: binding) }
            return try blobs.flatMap { try LocalBindings.known.stored(binding)?.read(trigger, from: $0) }
        }
        try await send(call, accept: accept, handler, &result)
    }

    private func send(
        _ call: PayloadCall, accept: String?, _ handler: some HandlerChannel, _ result: inout RunResult
    ) async throws {
        let request = RunResult.Request(
            method: .post, target: call.target, fields: call.fields(trace: nil), body: call.body)
        let answer = try await exchange(request, handler, &result)
        let delivery = call.judge(
            Answer(status: answer.status, contentType: answer.fields.first("content-type"), body: answer.body),
            accept: accept)
        result.warnings += delivery.warnings
        result.logs = delivery.logs
        result.unsendable = delivery.unsendable
        result.http = delivery.failure == nil ? delivery.http : nil
        result.outputs = delivery.outputs.map { output in
            let type = function.bindings.first { $0.name == output.name }?.writtenType ?? ""
            return RunResult.Output(name: output.name, type: type, messages: output.messages)
        }
        if let failure = delivery.failure {
            result.failure = answer.failure ?? RunFailure(message: failure, kind: .host)
        } else if delivery.hangs {
            result.failure = RunFailure(message: delivery.warnings.joined(separator: "; "), kind: .host)
        }
    }

    /// The payload of a caller's request, and the caller's `Accept`.
    private func payload(
        of request: CallerRequest
    ) throws -> (InvocationPayload, accept: String?, warnings: [String]) {
        let http = try request.http()
        let trigger = HTTPTriggerRequest(http, try parameters(of: http), at: "http://\(CallerRequest.authority)")
        let accept = http.fields.values("accept").joined(separator: ",")
        return (
            trigger.payload(for: function.triggerBinding, zone), accept.isEmpty ? nil : accept,
            trigger.warnings.map { "\($0)" }
        )
    }

    /// The route parameters in the request's path. Throws if the host would not call the function.
    private func parameters(of request: HTTPRequest) throws(EventError) -> [(name: String, value: String?)] {
        switch app.router.match(method: request.method.text, path: request.path) {
        case .found(let match) where match.function == function.name: return match.parameters
        case .found(let match): throw .otherFunction(request.cause, match.function)
        case .failed(_, let reason): throw .refused(request.cause, reason)
        case .bad, .notFound: throw .noFunction(request.cause, of: app.addressForCallers(of: function))
        }
    }

    // MARK: Requests

    private func forward(
        _ caller: CallerRequest, _ handler: some HandlerChannel, _ result: inout RunResult
    ) async throws {
        let http = try caller.http()
        if app.host.httpWire != .named { _ = try parameters(of: http) }
        let copy = RequestCopy(request: http, function: function, wire: app.host.httpWire, invocationID: result.id)
        if app.host.httpWire != .proxied, let failure = copy.failure {
            result.http = HTTPResult(status: 500)
            result.failure = RunFailure(message: failure, kind: .host)
            return
        }
        let (fields, body) = copy.framed
        try await send(
            RunResult.Request(method: http.method, target: copy.target, fields: fields, body: body), handler, &result)
    }

    private func send(
        _ request: RunResult.Request, _ handler: some HandlerChannel, _ result: inout RunResult
    ) async throws {
        let answer = try await exchange(request, handler, &result)
        let response = ResponseCopy(answer)
        result.warnings += response.warnings
        let lines = app.host.httpWire == .proxied ? response.fields : response.forwardedFields
        result.http = HTTPResult(
            status: answer.status, headers: lines.map { ($0.name, $0.value) }, body: answer.body)
        if let failure = answer.failure { result.failure = failure }
    }

    private func exchange(
        _ request: RunResult.Request, _ handler: some HandlerChannel, _ result: inout RunResult
    ) async throws -> HandlerAnswer {
        result.sent = request
        let answer = try await handler.exchange(
            request.method, request.target, fields: request.fields, body: request.body)
        result.answer = answer
        return answer
    }
}

extension FunctionRun.InputValue {
    /// The value as the host writes it for a binding of this type.
    fileprivate func value(of binding: Binding) -> BindingValue {
        switch self {
        case .bytes(let bytes): .blob(bytes, dataType: binding.dataType)
        case .json(let value): .json(value)
        }
    }
}

/// Why a run's event cannot be made, or would not reach the function.
package enum EventError: Error, CustomStringConvertible {
    case otherFunction(String, String)
    case noFunction(String, of: String)
    case refused(String, String)
    case unfit(String)
    case noPayload

    package var description: String {
        switch self {
        case .otherFunction(let request, let other): "the host gives \(request) to the function '\(other)'"
        case .noFunction(let request, let address): "no function takes \(request); this one is at \(address)"
        case .refused(let request, let reason): "the host refuses \(request): \(reason)"
        case .unfit(let reason): reason
        case .noPayload: "a caller's own request was recorded, but the host sends this function a payload"
        }
    }
}
