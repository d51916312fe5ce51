import Foundation
import EventLoop
import FunctionsModel
import HTTP
import HTTP1
import JSON
import Log
import LoopTesting
import TestSupport

@testable import CustomHandler

/// An app that is served without a socket, on a loop with its own thread. The thread ends with this object.
final class InProcessHandler: Sendable {
    private let thread: LoopThread
    let workers: WorkerGroup
    let app: FunctionApp

    static let cases = Task { try await InProcessHandler(root: Case.app.value.folder.path) }
    static let forwardedCases = Task {
        try await InProcessHandler(root: Case.app.value.folder.path, settings: forwarding)
    }

    /// App settings that make the host forward callers' own requests.
    static let forwarding = ["AzureFunctionsJobHost__customHandler__enableForwardingHttpRequest": "true"]

    init(root: String, settings: [String: String] = [:], showsErrors: Bool = false, callerCheck: CallerCheck = .open)
        async throws
    {
        app = try AppLoader(.folder(root), settings: settings).load()
        thread = try LoopThread(named: "handler")
        workers = WorkerGroup(loop: thread.loop, settings: settings)
        workers.install(
            app, options: InvocationOptions(logger: .silent, showsErrors: showsErrors, callerCheck: callerCheck))
    }

    deinit {
        thread.end { [workers] loop in
            workers.worker(on: loop).close()
            loop[resident: workers] = nil
        }
    }

    /// Invokes a function as the host does, with a payload.
    func invoke(
        _ name: String, _ payload: [UInt8], method: HTTPMethod = .post, headers: [String: String] = [:]
    ) async throws -> Reply {
        try await request("/\(name)", payload, method: method, headers: HTTPFields(headers.map { ($0.key, $0.value) }))
    }

    func invoke(_ name: String, _ payload: String) async throws -> Reply { try await invoke(name, Array(payload.utf8)) }

    /// Invokes a function with an HTTP trigger; answers the text of its response payload or problem.
    func invoke(_ name: String, body: String = "") async throws -> String {
        let request = JSONText.object([("Body", .text(body))])
        return try await invoke(name, "{\"Data\":{\"req\":\(request)}}").text
    }

    /// A caller's own request.
    func request(
        _ target: String, _ body: [UInt8] = [], method: HTTPMethod = .get, headers: HTTPFields = [:]
    ) async throws -> Reply {
        try await withCheckedThrowingContinuation { continuation in
            workers.perform(on: workers.loop) { worker in
                do throws(RequestError) {
                    let request = try HTTPRequest(method: method, target: target, fields: headers, body: body)
                    worker.answer(request, to: TestCaller { continuation.resume(returning: $0) })
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    func request(
        _ target: String, _ body: String, method: HTTPMethod = .get, headers: HTTPFields = [:]
    ) async throws -> Reply {
        try await request(target, Array(body.utf8), method: method, headers: headers)
    }
}

/// A response, with all pieces of its body.
struct Reply: Sendable {
    let status: Int
    let headers: HTTPFields
    var body: [UInt8] = []
    var pieces: [String] = []
    /// False if a streamed body was cut off.
    var isComplete = true

    var contentType: String { headers.first("content-type") ?? "" }
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// Receives a response as a connection does, with unlimited room.
final class TestCaller: ResponseSink {
    var onWritable: (() -> Void)?
    var onDisconnect: (() -> Void)?
    private let done: (Reply) -> Void
    private var reply: Reply?

    init(_ done: @escaping (Reply) -> Void) { self.done = done }

    func respond(status: Int, contentType: StaticString, body: RawSpan) {
        done(
            Reply(status: status, headers: ["content-type": "\(contentType)"], body: body.withUnsafeBytes { Array($0) })
        )
    }

    func respond(_ response: HTTPResponse) {
        var reply = Reply(status: response.status, headers: response.fields)
        guard case .bytes(let body) = response.body else {
            self.reply = reply
            return
        }
        reply.body = body
        done(reply)
    }

    let isClosed = false
    let isWritable = true
    /// The callbacks to run when other callers have read; nil if there is room.
    var waiting: [() -> Void]?
    func waitsForRoom(_ body: @escaping () -> Void) -> Bool {
        waiting?.append(body)
        return waiting != nil
    }

    func write(_ piece: RawSpan) {
        let bytes = piece.withUnsafeBytes { Array($0) }
        reply?.body += bytes
        reply?.pieces.append(String(decoding: bytes, as: UTF8.self))
    }

    func end(isComplete: Bool) {
        reply?.isComplete = isComplete
        if let reply { done(reply) }
    }
}
