import EventLoop
import FoundationEssentials
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
    /// Whether the handler is luafunc, which reports itself why a function failed.
    private let isLuafunc: Bool

    init(
        handler: HandlerProcess, client: HTTPClient, storage: LocalStorage,
        tell: @escaping @MainLoop (HostEvent) -> Void, isLuafunc: Bool
    ) {
        self.handler = handler
        self.client = client
        self.storage = storage
        self.tell = tell
        self.isLuafunc = isLuafunc
    }

    /// The result of an invocation.
    struct Result: Sendable {
        /// The response for an HTTP trigger's caller; nil for other triggers and for a failure.
        var http: HTTPResult?
        /// The reason why the invocation failed; nil if it succeeded.
        var failure: String?
        /// The reason with everything that the handler said about it, for a caller who may see it.
        var reason: String?
    }

    // MARK: Payloads

    /// Invokes a function with a payload, repeatedly if its retry policy says so (host-contract §6, §9, §10).
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
            do { try await EventLoop.main.sleep(for: policy.delay(before: attempt)) } catch { return result }
        }
    }

    private func attemptOnce(
        _ function: Function, _ payload: InvocationPayload, cause: String, in app: FunctionApp, warnings: [String]
    ) async -> Result {
        let watch = InvocationWatch(function, cause: cause, tell: tell)
        let now = Date()
        let guid = UUID().uuidString.lowercased()
        let trigger = TriggerValues(data: payload.bindingData(now: now, randGuid: guid), now: now)
        var payload = payload
        var delivery = Delivery()
        var written: [String] = []
        do {
            payload.inputs = try storage.inputs(of: function, trigger)
            let answer = try await post(payload.bytes(now: now, randGuid: guid), to: function, id: watch.id, in: app)
            delivery = AnswerDecoder(outputs: function.outputBindings, isHTTP: function.isHTTP).decode(answer)
            if delivery.hangs {
                tell(.warning("\(function.name): \(delivery.warnings.joined(separator: "; "))"))
                throw await timedOut(after: watch, in: app)
            }
            if let status = delivery.http?.status, !(200...999 ~= status) { throw InvocationError.status(status) }
            for output in delivery.outputs {
                guard let binding = function.bindings.first(where: { $0.name == output.name }) else { continue }
                written.append(try storage.write(output, to: binding, of: function, trigger))
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
        let fields: HTTPFields = [
            "Content-Type": "application/json; charset=utf-8", HostHeader.invocationID: id,
            HostHeader.hostVersion: HostVersion.text, "User-Agent": HostVersion.userAgent,
            HostHeader.traceparent: "00-\(Self.hexadecimal(16))-\(Self.hexadecimal(8))-00",
        ]
        // The real host does not send a length either, and follows redirects of a payload's answer (host-contract §6.1,
        // §9.1).
        var request = ClientRequest(
            .post, try url(of: "/\(function.name)"), fields: fields, body: .chunked(body))
        request.redirects = .followed(limit: 50, allowsCycles: true)
        let response = try await exchange(request, in: app)
        return Answer(
            status: response.head.status, contentType: response.head.fields.first("content-type"), body: response.body)
    }

    private static func hexadecimal(_ bytes: Int) -> String {
        (0..<bytes).map { _ in UInt8.random(in: 1...255).padded(2, radix: 16) }.joined()
    }
}

extension InvocationEnd {
    /// luafunc fails an invocation with a text: the reason, the traceback, and the log lines, which were already
    /// reported.
    fileprivate mutating func takeOwnWords() {
        let (head, rest) = (detail.prefix { $0 != "stack traceback:" }, detail.drop { $0 != "stack traceback:" })
        let reason = head.prefix { $0 != "logs:" }
        failure = reason.joined(separator: "\n")
        // The log line names the first place, so only further places make a trace.
        let trace = rest.dropFirst().prefix { $0 != "logs:" }.map { "  " + $0.drop { $0 == "\t" } }
        detail = trace.count > 2 ? trace : []
    }
}

extension String {
    fileprivate var lines: [String] { split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
}
