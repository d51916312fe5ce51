import AsyncHTTPClient
import CustomHandler
import FoundationEssentials
import Lua
import NIOCore
import NIOHTTP1

/// Has the handler run functions, and does with its answers what the host does.
struct Invoker: Sendable {
    let handler: HandlerProcess
    let client: HTTPClient
    /// Follows redirects.
    let payloadClient: HTTPClient
    let storage: LocalStorage
    let tell: @Sendable (HostEvent) -> Void
    /// The handler is luafunc, which says itself why a function failed.
    let isLuafunc: Bool

    /// What became of an invocation.
    struct Result: Sendable {
        /// What an HTTP trigger's caller gets; nil for other triggers and for a failure.
        var http: HTTPResult?
        /// Why it failed; nil if it succeeded.
        var failure: String?
        /// For a caller who may know: the reason with everything the handler said of it.
        var reason: String?
    }

    // MARK: Payloads

    /// Invokes a function with a payload, again and again if its retry policy says so (host-contract §6, §9, §10).
    func invoke(
        _ function: Function, _ payload: InvocationPayload, cause: String, in app: FunctionApp, warnings: [String] = []
    ) async -> Result {
        var payload = payload
        let policy = function.retry ?? app.host.retry
        var attempt = 0
        while true {
            if let policy { payload.retry = .init(count: attempt, max: policy.maxRetryCount ?? -1) }
            let result = await attemptOnce(function, payload, cause: cause, in: app, warnings: warnings)
            guard result.failure != nil, let policy, policy.maxRetryCount.map({ attempt < $0 }) ?? true else {
                return result
            }
            attempt += 1
            do { try await Task.sleep(for: policy.delay(before: attempt)) } catch { return result }
        }
    }

    private func attemptOnce(
        _ function: Function, _ payload: InvocationPayload, cause: String, in app: FunctionApp, warnings: [String]
    ) async -> Result {
        let watch = Watch(function, cause: cause, tell: tell)
        let now = Date()
        let guid = UUID().uuidString.lowercased()
        let data = payload.bindingData(now: now, randGuid: guid)
        var payload = payload
        var delivery = Delivery()
        var written: [String] = []
        do {
            payload.inputs = try storage.inputs(of: function, data)
            let answer = try await post(payload.bytes(now: now, randGuid: guid), to: function, id: watch.id, in: app)
            delivery = AnswerDecoder(outputs: function.outputBindings, isHTTP: function.isHTTP).decode(answer)
            if delivery.hangs {
                tell(.warning("\(function.name): \(delivery.warnings.joined(separator: "; "))"))
                throw await timedOut(after: watch, in: app)
            }
            if let status = delivery.http?.status, !(200...999 ~= status) { throw InvocationError.status(status) }
            for output in delivery.outputs {
                guard let binding = function.bindings.first(where: { $0.name == output.name }) else { continue }
                written.append(try storage.write(output, to: binding, of: function, data))
            }
        } catch {
            delivery.failure = "\(error)"
        }
        watch.end { end in
            end.status = function.isHTTP ? Int(delivery.failure == nil ? delivery.http?.status ?? 200 : 500) : nil
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
            reason: delivery.failure.map { [$0, delivery.detail].compactMap(\.self).joined(separator: "\n") })
    }

    private func post(
        _ body: [UInt8], to function: Function, id: String, in app: FunctionApp
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(handler.port)/\(function.name)")
        request.method = .POST
        request.headers = [
            "Content-Type": "application/json; charset=utf-8", "X-Azure-Functions-InvocationId": id,
            "X-Azure-Functions-HostVersion": HostVersion.text, "User-Agent": HostVersion.userAgent,
            "traceparent": "00-\(Self.hexadecimal(16))-\(Self.hexadecimal(8))-00",
        ]
        // The real host says no length either.
        request.body = .bytes(body, length: .unknown)
        return try await send(request, by: payloadClient, in: app) { response in
            let body = try await response.body.collect(upTo: Int(Int32.max))
            return Answer(
                status: Int(response.status.code), contentType: response.headers.first(name: "content-type"),
                body: Array(body.readableBytesView))
        }
    }

    private static func hexadecimal(_ bytes: Int) -> String {
        (0..<bytes).map { _ in
            let byte = UInt8.random(in: 1...255)
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    // MARK: Requests

    /// Hands a caller's own request over (host-contract §7, §8).
    func forward(_ request: FrontRequest, to function: Function, in app: FunctionApp) async -> FrontResponse {
        let watch = Watch(function, cause: request.cause, tell: tell)
        let wire = app.host.httpWire
        let copy = RequestCopy(
            request: request, function: function, wire: wire, invocationID: watch.id, port: handler.port)
        do {
            let response = try await send(copy.outgoing, by: client, in: app) { response in
                var answer = FrontResponse(response.status, response.headers)
                if wire == .proxied {
                    answer.stream = AsyncThrowingStream(response.body)
                } else {
                    answer.body = Array(try await response.body.collect(upTo: Int(Int32.max)).readableBytesView)
                }
                return answer
            }
            watch.end {
                $0.status = Int(response.status.code)
                $0.warnings = copy.warnings
            }
            return response
        } catch {
            watch.end {
                $0.status = 500
                $0.failure = "\(error)"
                $0.warnings = copy.warnings
            }
            return FrontResponse(.internalServerError)
        }
    }

    // MARK: The handler

    private func send<Value: Sendable>(
        _ request: HTTPClientRequest, by client: HTTPClient, in app: FunctionApp,
        read: @escaping @Sendable (HTTPClientResponse) async throws -> Value
    ) async throws -> Value {
        let life: Int
        do {
            life = try await handler.ready()
        } catch let gone as HandlerProcess.Gone {
            throw InvocationError.noHandler(gone.reason)
        }
        let limit = app.host.functionTimeout
        do {
            return try await withThrowingTaskGroup { group in
                group.addTask { try await read(try await client.execute(request, deadline: .distantFuture)) }
                // The client's own deadline ends with the head of the answer.
                group.addTask {
                    try await Task.sleep(for: limit ?? .seconds(1 << 30))
                    throw TimeLimitReached()
                }
                defer { group.cancelAll() }
                guard let value = try await group.next() else { throw CancellationError() }
                return value
            }
        } catch let error {
            guard let limit, error is TimeLimitReached else {
                throw InvocationError.broken("\((error as? HTTPClientError)?.shortDescription ?? "\(error)")")
            }
            throw killed(life, after: limit)
        }
    }

    private struct TimeLimitReached: Error {}

    /// What an answer that reports nothing back leads to: the time limit passes.
    private func timedOut(after watch: Watch, in app: FunctionApp) async -> InvocationError {
        guard let limit = app.host.functionTimeout else {
            // For ever, as with the real host.
            try? await Task.sleep(for: .seconds(1 << 30))
            return .timedOut(.zero)
        }
        let life = try? await handler.ready()
        try? await Task.sleep(until: watch.began + limit, clock: .continuous)
        return killed(life, after: limit)
    }

    /// The host kills the whole handler, and with it all its other invocations (host-contract §4.3): once, however many
    /// ran out of time. Without a life there is nobody to kill.
    private func killed(_ life: Int?, after limit: Duration) -> InvocationError {
        Task {
            try await Task.sleep(for: .seconds(2))
            if let life, await handler.replace(life: life) { tell(.error("the handler is killed and started again")) }
        }
        return .timedOut(limit)
    }
}

/// Why an invocation could not be had answered.
enum InvocationError: Error, CustomStringConvertible {
    case noHandler(String)
    case broken(String)
    case timedOut(Duration)
    case status(Int)

    var description: String {
        switch self {
        case .noHandler(let reason): "there is no handler: \(reason)"
        case .broken(let reason): "the connection to the handler broke: \(reason)"
        case .status(let status):
            "no caller can get status \(status): it must be a number from 200 to 999"
        case .timedOut(let limit):
            "Timeout value of \(limit) was exceeded; the host kills the handler, and with it every other invocation. "
                + "functionTimeout in host.json is the limit"
        }
    }
}

/// Tells of one invocation's beginning and end.
private struct Watch {
    let id = UUID().uuidString.lowercased()
    let began = ContinuousClock.now
    private let function: Function
    private let cause: String
    private let tell: @Sendable (HostEvent) -> Void

    init(_ function: Function, cause: String, tell: @escaping @Sendable (HostEvent) -> Void) {
        self.function = function
        self.cause = cause
        self.tell = tell
        tell(.invocationStarted(InvocationStart(id: id, function: function.name, cause: cause)))
    }

    func end(_ fill: (inout InvocationEnd) -> Void) {
        var end = InvocationEnd(id: id, function: function.name, cause: cause, duration: began.duration(to: .now))
        fill(&end)
        tell(.invocationEnded(end))
    }
}

extension FrontRequest {
    /// Without the query, which may hold a key.
    var cause: String { "\(method) \(path)" }
}

extension Function {
    var outputBindings: [OutputBinding] {
        bindings.filter(\.isOutput).map { OutputBinding(name: $0.name, type: $0.type, dataType: $0.dataType) }
    }

    var triggerBinding: TriggerBinding {
        TriggerBinding(
            function: name, type: trigger?.type ?? "", name: trigger?.name ?? "",
            isBinary: trigger?.dataType == "binary", isMany: trigger?.isMany ?? false,
            eventHubName: trigger?.tree.member(anyCase: "eventHubName")?.string ?? "")
    }
}

extension InvocationEnd {
    /// luafunc fails an invocation with a text: the reason, the stack traceback, and the log lines, which are known.
    fileprivate mutating func takeOwnWords() {
        let (head, rest) = (detail.prefix { $0 != "stack traceback:" }, detail.drop { $0 != "stack traceback:" })
        let reason = head.prefix { $0 != "logs:" }
        failure = reason.joined(separator: "\n")
        // The first place is in the log line; one more is what makes it a trace.
        let trace = rest.dropFirst().prefix { $0 != "logs:" }.map { "  " + $0.drop { $0 == "\t" } }
        detail = trace.count > 2 ? trace : []
    }
}

extension String {
    fileprivate var lines: [String] { split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
}

extension AsyncThrowingStream<ByteBuffer, any Error> {
    /// The body of a response as it comes. Whoever lets go of it ends the request.
    fileprivate init(_ body: HTTPClientResponse.Body) {
        self.init { continuation in
            let reading = Task {
                do {
                    for try await piece in body { continuation.yield(piece) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in reading.cancel() }
        }
    }
}
