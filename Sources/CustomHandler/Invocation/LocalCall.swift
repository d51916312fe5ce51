import EventLoop
import FunctionsModel
import HTTP
package import HTTP1

/// A response to a request that was made in this process, with its whole body.
package struct LocalResponse: Sendable {
    package let status: Int
    package let fields: HTTPFields
    package fileprivate(set) var body: [UInt8] = []
    /// False if a streamed body was cut off.
    package fileprivate(set) var isComplete = true
    /// Why the invocation failed, whatever the response says.
    package fileprivate(set) var failure: InvocationFailure?

    /// The largest body in bytes that is kept in this process, which counts against no function's memory.
    static let bodyLimit = 100 << 20
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
                    // The caller holds the clock of a test. It may jump only while the function runs.
                    let clock = worker.bench?.clock
                    worker.answer(
                        request,
                        to: LocalCaller {
                            clock?.hold()
                            continuation.resume(returning: $0)
                        })
                    clock?.release()
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}

/// Collects a response as a connection would send it. A body that is too large breaks off.
private final class LocalCaller: ResponseSink {
    var onWritable: (() -> Void)?
    var onDisconnect: (() -> Void)?
    private(set) var isClosed = false
    let isWritable = true
    private let done: (LocalResponse) -> Void
    private var response: LocalResponse?
    private var failure: InvocationFailure?

    init(_ done: @escaping (LocalResponse) -> Void) { self.done = done }

    /// The first reason counts: a body that is too large also ends its invocation.
    func fail(_ failure: InvocationFailure) { self.failure = self.failure ?? failure }

    func respond(status: Int, contentType: StaticString, body: RawSpan) {
        finish(
            LocalResponse(
                status: status, fields: ["content-type": "\(contentType)"], body: body.withUnsafeBytes { Array($0) }))
    }

    func respond(_ response: HTTPResponse) {
        var local = LocalResponse(status: response.status, fields: response.fields)
        switch response.body {
        case .bytes(let body), .chunked(let body):
            local.body = body
            finish(local)
        case .streamed: self.response = local
        }
    }

    func waitsForRoom(_ body: @escaping () -> Void) -> Bool { false }

    func write(_ piece: RawSpan) {
        guard !isClosed, let size = response?.body.count else { return }
        guard size + piece.byteCount <= LocalResponse.bodyLimit else {
            fail(
                InvocationFailure(
                    .limit,
                    "the response body is larger than \(ByteCount.text(LocalResponse.bodyLimit)), the most that "
                        + "luafunc keeps of a response without a server; check that the code that writes it ends"))
            response?.body = []
            isClosed = true
            let told = onDisconnect.take()
            told?()
            return
        }
        piece.withUnsafeBytes { response?.body.append(contentsOf: $0) }
    }

    func end(isComplete: Bool) {
        response?.isComplete = isComplete && !isClosed
        if let response { finish(response) }
    }

    private func finish(_ response: LocalResponse) {
        var response = response
        response.failure = failure
        done(response)
    }
}
