import EventLoop
public import HTTP1

/// A response whose body is read by a task of the loop, piece by piece or as a whole.
///
/// Whoever lets go of it before its end ends the call.
public final class ClientResponse {
    public let status: Int
    public let fields: HTTPFields
    /// Where it came from, after redirects.
    public let url: URL
    /// The names of lines that were no header fields, see `ClientRequest.dropsOddFields`.
    public let dropped: [String]
    private let reader: ResponseReader

    init(_ head: ClientHead, _ reader: ResponseReader) {
        status = head.status
        fields = head.fields
        url = head.url
        dropped = head.dropped
        self.reader = reader
    }

    deinit { reader.cancel() }

    /// The next piece of the body; nil at its end.
    public func next() async throws(HTTPClientError) -> [UInt8]? { try await reader.next() }

    /// All of the body that has not been read. Throws `.limit` where it has more bytes than that.
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
    /// Sends a request from a task of the loop; returns with the head of the response. Cancelling the task ends the call.
    public func execute(_ request: ClientRequest) async throws(HTTPClientError) -> ClientResponse {
        let reader = ResponseReader(loop)
        reader.call = send(
            request, head: { reader.headArrived($0) }, received: { reader.received($0) }, ended: { reader.ended($0) })
        return ClientResponse(try await reader.head(), reader)
    }
}

/// Keeps what a call tells until the task asks for it.
final class ResponseReader {
    var call: ClientCall?
    private let loop: EventLoop
    private var head: ClientHead?
    private var pieces: [UInt8] = []
    private var end: Result<Void, HTTPClientError>?
    private var isPaused = false
    private var waiter: CheckedContinuation<Void, Never>?
    /// How often something was told.
    private var changes = 0

    /// So many bytes wait for the task before the server is held back.
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

    /// Until something has changed since the number of changes was `seen`.
    private func change(since seen: Int, isolation: isolated (any Actor)? = #isolation) async {
        await loop.withCancellation({ [self] in cancel() }) {
            // A closure keeps the isolation that it mentions.
            _ = isolation
            await withCheckedContinuation { continuation in
                // Getting here may have taken a turn of the loop.
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
