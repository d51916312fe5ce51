import EventLoop
import HTTP
package import HTTP1

/// A response to a request that was made in this process, with its whole body.
package struct LocalResponse: Sendable {
    package let status: Int
    package let fields: HTTPFields
    package fileprivate(set) var body: [UInt8] = []
    /// False if a streamed body was cut off.
    package fileprivate(set) var isComplete = true
}

extension WorkerGroup {
    /// Answers a request on the first loop, as if it had come over a connection.
    package func answer(
        _ method: HTTPMethod, _ target: String, fields: HTTPFields, body: [UInt8]
    ) async throws -> LocalResponse {
        try await withCheckedThrowingContinuation { continuation in
            perform(on: loop) { worker in
                do throws(RequestError) {
                    let request = try HTTPRequest(method: method, target: target, fields: fields, body: body)
                    worker.answer(request, to: LocalCaller { continuation.resume(returning: $0) })
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}

/// Collects a response as a connection would send it, with unlimited room.
private final class LocalCaller: ResponseSink {
    var onWritable: (() -> Void)?
    var onDisconnect: (() -> Void)?
    let isClosed = false
    let isWritable = true
    private let done: (LocalResponse) -> Void
    private var response: LocalResponse?

    init(_ done: @escaping (LocalResponse) -> Void) { self.done = done }

    func respond(status: Int, contentType: StaticString, body: RawSpan) {
        done(
            LocalResponse(
                status: status, fields: ["content-type": "\(contentType)"], body: body.withUnsafeBytes { Array($0) }))
    }

    func respond(_ response: HTTPResponse) {
        var local = LocalResponse(status: response.status, fields: response.fields)
        guard case .bytes(let body) = response.body else {
            self.response = local
            return
        }
        local.body = body
        done(local)
    }

    func waitsForRoom(_ body: @escaping () -> Void) -> Bool { false }

    func write(_ piece: RawSpan) { piece.withUnsafeBytes { response?.body.append(contentsOf: $0) } }

    func end(isComplete: Bool) {
        response?.isComplete = isComplete
        if let response { done(response) }
    }
}
