import EventLoop
public import HTTP1

/// A response whose body a task on the loop reads, piece by piece or as a whole.
///
/// If it is freed before the body has ended, the call is cancelled.
public final class ClientResponse {
    public let status: Int
    /// The words after the status, if there are any.
    public let reason: String
    public let fields: HTTPFields
    /// The URL that the response came from, after redirects.
    public let url: URL
    /// The names of dropped lines that are not header fields; see `ClientRequest.dropsOddFields`.
    public let dropped: [String]
    private let reader: ResponseReader

    init(_ head: ClientHead, _ reader: ResponseReader) {
        status = head.status
        reason = head.reason
        fields = head.fields
        url = head.url
        dropped = head.dropped
        self.reader = reader
    }

    deinit { reader.cancel() }

    /// Returns the next piece of the body, or nil at its end.
    public func next() async throws(HTTPClientError) -> [UInt8]? { try await reader.next() }

    /// Returns the rest of the body. Throws `.limit` if it has more bytes than that.
    public func collect(upTo limit: Int) async throws(HTTPClientError) -> [UInt8] {
        var body: [UInt8] = []
        while let piece = try await next() {
            guard body.count + piece.count <= limit else {
                cancel()
                throw .limit(limit)
            }
            body += piece
        }
        return body
    }

    public func cancel() { reader.cancel() }
}

extension HTTPClient {
    /// Sends a request from a task on the loop, and returns when the head of the response has arrived. Cancelling the
    /// task ends the call.
    public func execute(_ request: ClientRequest) async throws(HTTPClientError) -> ClientResponse {
        let reader = ResponseReader(loop)
        reader.call = send(
            request, head: { reader.headArrived($0) }, received: { reader.received($0) }, ended: { reader.ended($0) })
        return ClientResponse(try await reader.head(), reader)
    }
}

/// Stores the events of a call until the task asks for them.
final class ResponseReader {
    var call: ClientCall?
    private let loop: EventLoop
    private var head: ClientHead?
    private var pieces: [UInt8] = []
    private var end: Result<Void, HTTPClientError>?
    private var isPaused = false
    private var waiter: CheckedContinuation<Void, Never>?
    /// The number of events so far.
    private var changes = 0

    /// How many bytes are stored for the task before the call is paused.
    private static let watermark = 256 << 10

    init(_ loop: EventLoop) { self.loop = loop }

    func headArrived(_ head: ClientHead) {
        self.head = head
        wake()
    }

    func received(_ piece: RawSpan) {
        pieces.append(copying: piece)
        if pieces.count >= Self.watermark, !isPaused {
            isPaused = true
            call?.pause()
        }
        wake()
    }

    func ended(_ result: Result<Void, HTTPClientError>) {
        end = result
        call = nil
        wake()
    }

    func cancel() {
        call?.cancel()
        call = nil
        if end == nil { end = .failure(.cancelled) }
        wake()
    }

    private func wake() {
        changes &+= 1
        let woken = waiter
        waiter = nil
        woken?.resume()
    }

    /// Waits until there have been more than `seen` events.
    private func change(since seen: Int, isolation: isolated (any Actor)? = #isolation) async {
        await loop.withCancellation({ [self] in cancel() }) {
            // A closure is isolated to an actor only if it mentions the actor.
            _ = isolation
            await withCheckedContinuation { continuation in
                // An event may have arrived before this closure runs, as getting here may take a turn of the loop.
                if changes != seen { continuation.resume() } else { waiter = continuation }
            }
        }
    }

    func head() async throws(HTTPClientError) -> ClientHead {
        while true {
            if let head { return head }
            if let end { try end.get() }
            await change(since: changes)
        }
    }

    func next() async throws(HTTPClientError) -> [UInt8]? {
        while true {
            if !pieces.isEmpty {
                let taken = pieces
                pieces = []
                if isPaused {
                    isPaused = false
                    call?.resume()
                }
                return taken
            }
            if let end {
                try end.get()
                return nil
            }
            await change(since: changes)
        }
    }
}
