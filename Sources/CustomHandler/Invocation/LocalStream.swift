import EventLoop
import FunctionsModel
import HTTP
package import HTTP1
import Synchronization

/// A part of a response to a request that was made in this process.
package enum LocalEvent: Sendable {
    case head(status: Int, fields: HTTPFields)
    /// The next bytes of the body. A whole response has at most one piece.
    case piece([UInt8])
    /// The last event. `isComplete` is false if the body was cut off. `failure` says why the invocation failed, whatever
    /// the response says.
    case end(isComplete: Bool, failure: InvocationFailure?)
}

extension LocalEvent {
    /// About the bytes that it takes while it waits.
    fileprivate var size: Int { if case .piece(let bytes) = self { bytes.count + 64 } else { 64 } }
}

extension WorkerGroup {
    /// Answers a request on the first loop, and passes on the response as it comes. If the task is cancelled or `each`
    /// throws, the caller leaves, which ends the invocation as a closed connection does. A handler waits while `each` takes
    /// long.
    ///
    /// - Parameter function: the function that gets the request as its caller's own, whatever its route and the wire of
    ///   host.json; nil to find it by the target.
    package func stream(
        _ method: HTTPMethod, _ target: String, fields: HTTPFields, body: [UInt8], to function: String? = nil,
        _ each: (LocalEvent) async throws -> Void
    ) async throws {
        let events = LocalEvents(loop)
        perform(on: loop) { worker in
            do throws(RequestError) {
                let request = try HTTPRequest(method: method, target: target, fields: fields, body: body)
                let caller = StreamCaller(events)
                guard events.begin(caller) else { return }
                if let function {
                    worker.invoke(function, request, caller)
                } else {
                    worker.answer(request, to: caller)
                }
            } catch {
                events.fail(error)
            }
        }
        try await withTaskCancellationHandler {
            do {
                while true {
                    let event = try await events.next()
                    try await each(event)
                    if case .end = event { return }
                }
            } catch {
                events.cancel()
                throw error
            }
        } onCancel: {
            events.cancel()
        }
    }
}

/// The events on their way from the loop to the task that takes them.
private final class LocalEvents: Sendable {
    private struct State {
        var events = RingBuffer<LocalEvent>()
        var bytes = 0
        var error: (any Error)?
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let loop: EventLoop
    private let state = Mutex(State())
    /// The most bytes that wait before the handler has to.
    private static let watermark = 64 << 10

    init(_ loop: EventLoop) { self.loop = loop }

    var isFull: Bool { state.withLock { $0.bytes > Self.watermark } }

    private func change(_ body: (inout State) -> Void) {
        let waiting = state.withLock { state in
            body(&state)
            return state.waiting.take()
        }
        waiting?.resume()
    }

    // MARK: On the loop

    /// Returns false if nobody takes events any more.
    func begin(_ caller: StreamCaller) -> Bool {
        guard state.withLock({ $0.error == nil }) else { return false }
        loop[resident: self] = caller
        return true
    }

    func add(_ event: LocalEvent) {
        change { state in
            guard state.error == nil else { return }
            state.events.append(event)
            state.bytes += event.size
        }
        if case .end = event { loop[resident: self] = nil }
    }

    // MARK: In any task

    func fail(_ error: any Error) {
        change { state in
            if state.error == nil { state.error = error }
            state.events = RingBuffer()
            state.bytes = 0
        }
    }

    func cancel() {
        fail(CancellationError())
        // If the invocation has not begun yet, `begin` refuses it.
        loop.submit { [self] in
            let caller = loop[resident: self] as? StreamCaller
            loop[resident: self] = nil
            caller?.leave()
        }
    }

    func next() async throws -> LocalEvent {
        while true {
            let (event, makesRoom) = try state.withLock { state throws in
                if let error = state.error { throw error }
                guard let event = state.events.popFirst() else { return (nil as LocalEvent?, false) }
                let wasFull = state.bytes > Self.watermark
                state.bytes -= event.size
                return (event, wasFull && state.bytes <= Self.watermark)
            }
            if makesRoom { loop.submit { [self] in (loop[resident: self] as? StreamCaller)?.tellRoom() } }
            if let event { return event }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.error != nil || !state.events.isEmpty { return true }
                    state.waiting = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }
}

/// Passes on a response as it is written.
private final class StreamCaller: ResponseSink {
    var onWritable: (() -> Void)?
    var onDisconnect: (() -> Void)?
    private(set) var isClosed = false
    let takesPieces = true
    private let events: LocalEvents
    private var failure: InvocationFailure?

    init(_ events: LocalEvents) { self.events = events }

    var isWritable: Bool { !events.isFull }

    func fail(_ failure: InvocationFailure) { self.failure = failure }

    func respond(status: Int, contentType: StaticString, body: RawSpan) {
        respond(
            HTTPResponse(status: status, contentType: "\(contentType)", body: body.withUnsafeBytes { Array($0) }))
    }

    func respond(_ response: HTTPResponse) {
        events.add(.head(status: response.status, fields: response.fields))
        switch response.body {
        case .bytes(let body), .chunked(let body):
            if !body.isEmpty { events.add(.piece(body)) }
            end(isComplete: true)
        case .streamed: break
        }
    }

    func waitsForRoom(_ body: @escaping () -> Void) -> Bool { false }

    func write(_ piece: RawSpan) { if !isClosed { events.add(.piece(piece.withUnsafeBytes { Array($0) })) } }

    func end(isComplete: Bool) {
        onWritable = nil
        onDisconnect = nil
        if !isClosed { events.add(.end(isComplete: isComplete, failure: failure)) }
        isClosed = true
    }

    func tellRoom() { onWritable.take()?() }

    func leave() {
        guard !isClosed else { return }
        isClosed = true
        onWritable = nil
        onDisconnect.take()?()
    }
}
