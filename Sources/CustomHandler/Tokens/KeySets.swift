import EventLoop
import HTTP
import HTTP1

/// The key sets of token issuers that the functions of one worker use. Invocations that need the same set wait for one
/// fetch, which goes on if one of them ends.
final class KeySets {
    /// Sends a request, as `HTTPClient` does.
    typealias Send = (
        ClientRequest, _ head: @escaping (ClientHead) -> Void, _ received: @escaping (RawSpan) -> Void,
        _ ended: @escaping (Result<Void, HTTPClientError>) -> Void
    ) -> (any OutboundTransfer)?

    /// The most sets that are kept. The one that was fetched first is dropped for another.
    static let limit = 32
    /// The largest response in bytes. Known issuers send less than 20 KB.
    static let sizeLimit = 128 << 10
    static let timeout = Duration.seconds(10)

    private let send: Send
    private let userAgent: String
    private let clock: WorkerClock
    private var sets: [String: KeySet] = [:]
    /// The URLs of the sets, in the order in which they were first fetched.
    private var order: [String] = []
    /// Those who wait for a fetch that is under way, by its URL.
    private var waiting: [String: [() -> Void]] = [:]

    init(userAgent: String, clock: WorkerClock = WorkerClock(), send: @escaping Send) {
        self.userAgent = userAgent
        self.clock = clock
        self.send = send
    }

    func answer(for url: String, _ suffices: ([VerificationKey]) -> Bool) -> KeySet.Answer {
        // A fetch that is under way may bring the key, but keys that suffice need no wait.
        let answer = sets[url]?.answer(at: clock.now, suffices) ?? .fetch
        if case .failed = answer, waiting[url] != nil { return .fetch }
        return answer
    }

    /// Fetches the keys, unless that is under way or was done after the caller had asked. `done` is called once.
    func fetch(_ text: String, done: @escaping () -> Void) {
        if sets[text]?.wasJustTried(at: clock.now) == true { return done() }
        if waiting[text] != nil {
            waiting[text]?.append(done)
            return
        }
        waiting[text] = [done]
        guard let url = try? URL(text) else { return end(text, .failure(KeySetError(reason: "not a URL"))) }
        var request = ClientRequest(.get, url, fields: ["accept": "application/json", "user-agent": userAgent])
        request.decodes = true
        request.decodingLimit = Self.sizeLimit
        request.timeout = Self.timeout
        request.group = text
        let response = Response()
        response.call = send(
            request, { response.head = $0 },
            { [self] piece in
                if response.add(piece) { return }
                response.call?.cancel()
                end(text, .failure(KeySetError(reason: "the answer is larger than \(Self.sizeLimit >> 10) KB")))
            },
            { [self] in end(text, response.outcome($0)) })
    }

    private func end(_ url: String, _ result: Result<(keys: [VerificationKey], age: Duration), KeySetError>) {
        if sets[url] == nil {
            if order.count == Self.limit { sets[order.removeFirst()] = nil }
            order.append(url)
        }
        sets[url, default: KeySet()].note(result, at: clock.now)
        for done in waiting.removeValue(forKey: url) ?? [] { done() }
    }

    /// A response that is being received.
    private final class Response {
        var call: (any OutboundTransfer)?
        var head: ClientHead?
        private var body: [UInt8] = []

        /// Returns false if the response is too large.
        func add(_ piece: RawSpan) -> Bool {
            guard piece.byteCount <= sizeLimit - body.count else { return false }
            piece.withUnsafeBytes { body.append(contentsOf: $0) }
            return true
        }

        func outcome(
            _ result: Result<Void, HTTPClientError>
        ) -> Result<(keys: [VerificationKey], age: Duration), KeySetError> {
            if case .failure(let error) = result { return .failure(KeySetError(reason: "\(error)")) }
            guard let head, head.status == 200 else {
                return .failure(KeySetError(reason: "the answer has status \(head?.status ?? 0), not 200"))
            }
            do throws(KeySetError) {
                return .success((try KeySet.keys(in: body), KeySet.age(head.fields)))
            } catch {
                return .failure(error)
            }
        }
    }
}
