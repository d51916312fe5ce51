import EventLoop
import FunctionsModel
import HTTP
import HTTP1
import Lua

/// The stubs that answer the HTTP requests of a test file.
final class HTTPStubs {
    private let loop: EventLoop
    fileprivate let clock: FakeClock
    private var stubs: [HTTPStub] = []
    /// The number of stubs that the file itself has made. They outlive its tests.
    private var lasting = 0
    /// Called with each request for which there is no stub, and with the function that sends it.
    var missed: ((StubbedRequest, String) -> Void)?

    init(_ loop: EventLoop, _ clock: FakeClock) {
        self.loop = loop
        self.clock = clock
    }

    func add(_ stub: HTTPStub) { stubs.append(stub) }

    /// Keeps the present stubs when a test ends.
    func keepPresent() { lasting = stubs.count }

    /// Drops the stubs of a test.
    ///
    /// - Parameter stack: a stack of the file's VM.
    func reset(_ stack: LuaStack?) { drop(stubs.count - lasting, stack) }

    func removeAll(_ stack: LuaStack?) { drop(stubs.count, stack) }

    private func drop(_ count: Int, _ stack: LuaStack?) {
        if let stack {
            for stub in stubs.suffix(count) { stub.references.forEach(stack.release) }
        }
        stubs.removeLast(count)
    }

    /// The stub for a request. The one that was made last wins.
    fileprivate func find(_ request: StubbedRequest) -> HTTPStub? {
        stubs.last { $0.matches(request.method, request.url) }
    }

    /// Answers a request as `HTTPClient.send` does.
    func send(
        _ request: ClientRequest, begin: @escaping () -> Void, head: @escaping (ClientHead) -> Void,
        received: @escaping (RawSpan) -> Void, ended: @escaping (Result<Void, HTTPClientError>) -> Void
    ) -> any OutboundTransfer {
        let transfer = StubbedTransfer(self, request, loop, (head, received, ended))
        loop.perform {
            if transfer.wantsBody { begin() } else { transfer.ask() }
        }
        return transfer
    }
}

/// A request that a stub gets.
struct StubbedRequest {
    let method: String
    /// Without a user and a password.
    let url: String
    let fields: HTTPFields
    let body: [UInt8]

    var text: String { "\(method) \(url)" }
}

/// What a stub answers.
struct StubbedReply {
    enum Content {
        case response(status: Int, fields: HTTPFields, body: [UInt8])
        /// The error of a request to a host.
        case failure((String) -> HTTPClientError)
    }

    var content: Content
    /// The time until the answer, by the clock of the test.
    var delay = Duration.zero

    /// The memory that it takes, in bytes.
    var size: Int {
        guard case .response(_, let fields, let body) = content else { return 64 }
        return 64 + fields.room + body.count
    }
}

final class HTTPStub {
    /// nil for all.
    private let method: String?
    /// The texts between the wildcards.
    private let parts: [[UInt8]]
    /// What `answer` needs of the file's VM, until the stub is dropped.
    let references: [LuaReference]
    /// Finds the reply to a request, and records the call.
    let answer: (StubbedRequest, _ reply: @escaping (StubbedReply) -> Void) -> Void

    /// - Parameter pattern: a URL, perhaps with a method before it and with `*` for any text.
    init?(
        _ pattern: String, references: [LuaReference],
        answer: @escaping (StubbedRequest, @escaping (StubbedReply) -> Void) -> Void
    ) {
        let words = pattern.split(separator: " ")
        guard let last = words.last, words.count <= 2 else { return nil }
        if words.count == 2 {
            let method = words[0] == "*" ? nil : words[0].uppercased()
            if let method, !HTTPFields.isValidName(method) { return nil }
            self.method = method
        } else {
            method = nil
        }
        if last.contains("*") {
            parts = HTTPStub.normalized(last).utf8
                .split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map { Array($0) }
        } else {
            guard let url = try? URL(String(last)) else { return nil }
            parts = [Array(url.description.utf8)]
        }
        self.references = references
        self.answer = answer
    }

    /// A pattern with the scheme and the host as the URL of a request has them: in lower case, without the scheme's own
    /// port.
    private static func normalized(_ pattern: Substring) -> String {
        guard let mark = pattern.firstRange(of: "://") else { return String(pattern) }
        let scheme = pattern[..<mark.lowerBound].lowercased()
        let rest = pattern[mark.upperBound...]
        // Without a slash, what follows a wildcard may be a path.
        let end = rest.firstIndex(of: "/") ?? rest.firstIndex { "*?".contains($0) } ?? rest.endIndex
        var host = rest[..<end].lowercased()
        let port = scheme == "https" ? ":443" : scheme == "http" ? ":80" : ""
        if !port.isEmpty, host.hasSuffix(port) { host.removeLast(port.count) }
        return "\(scheme)://\(host)\(rest[end...])"
    }

    func matches(_ method: String, _ url: String) -> Bool {
        if let own = self.method, own != method { return false }
        var rest = Array(url.utf8)[...]
        guard parts.count > 1 else { return rest.elementsEqual(parts[0]) }
        guard rest.starts(with: parts[0]) else { return false }
        rest = rest.dropFirst(parts[0].count)
        for part in parts[1..<(parts.count - 1)] where !part.isEmpty {
            guard let start = rest.indices.first(where: { rest[$0...].starts(with: part) }) else { return false }
            rest = rest[(start + part.count)...]
        }
        let end = parts[parts.count - 1]
        return rest.count >= end.count && rest.suffix(end.count).elementsEqual(end)
    }
}

/// A request that a stub answers, with its redirects.
private final class StubbedTransfer: OutboundTransfer {
    var onWritable: (() -> Void)?
    let isWritable = true
    private(set) var wantsBody: Bool

    private let stubs: HTTPStubs
    private var request: ClientRequest
    private let loop: EventLoop
    private var events: Events?
    private var trail: RedirectTrail
    private var body: [UInt8] = []
    /// What the script does not have yet of the response body; nil until the head has arrived.
    private var unread: ArraySlice<UInt8>?
    private var isPaused = false
    private var timer: Timer?
    private let deadline: MonotonicTime

    typealias Events = (
        head: (ClientHead) -> Void, received: (RawSpan) -> Void, ended: (Result<Void, HTTPClientError>) -> Void
    )

    init(_ stubs: HTTPStubs, _ request: ClientRequest, _ loop: EventLoop, _ events: Events) {
        self.stubs = stubs
        self.request = request
        self.loop = loop
        self.events = events
        trail = RedirectTrail(request)
        wantsBody = if case .stream = request.body { true } else { false }
        deadline = request.timeout.map { stubs.clock.now + $0 } ?? .distantFuture
        if case .bytes(let bytes) = request.body { body = bytes }
    }

    // MARK: The request

    func write(_ piece: RawSpan) {
        guard wantsBody else { return }
        guard body.count + piece.byteCount <= LocalResponse.bodyLimit else {
            wantsBody = false
            body = []
            // The script that writes is on the stack now.
            return loop.perform { [weak self] in
                self?.end(
                    .failure(
                        .request(
                            "the request body is larger than \(ByteCount.text(LocalResponse.bodyLimit)), the most that "
                                + "a stub takes; check that the function that is the body returns nil at its end")))
            }
        }
        piece.withUnsafeBytes { body.append(contentsOf: $0) }
    }

    func endBody() {
        guard wantsBody else { return }
        wantsBody = false
        ask()
    }

    /// Asks the stub.
    func ask() {
        guard events != nil else { return }
        let url = request.url
        let asked = StubbedRequest(
            method: request.method.text, url: "\(url.scheme.rawValue)://\(url.hostAndPort)\(url.target)",
            fields: request.fields, body: body)
        guard let stub = stubs.find(asked) else {
            stubs.missed?(asked, request.group)
            return end(
                .failure(
                    .request("the test has no stub for this request: stub.http(\"\(asked.text)\", { status = 200 })")))
        }
        stub.answer(asked) { [weak self] reply in self?.wait(for: reply) }
    }

    // MARK: The response

    private func wait(for reply: StubbedReply) {
        guard events != nil else { return }
        let clock = stubs.clock
        guard clock.now + reply.delay < deadline else {
            timer = clock.schedule(after: deadline - clock.now) { [weak self] in self?.end(.failure(.timeout(.whole))) }
            return
        }
        guard reply.delay > .zero else { return loop.perform { [weak self] in self?.give(reply.content) } }
        timer = clock.schedule(after: reply.delay) { [weak self] in self?.give(reply.content) }
    }

    private func give(_ content: StubbedReply.Content) {
        timer = nil
        guard let events else { return }
        switch content {
        case .failure(let error): end(.failure(error(request.url.host)))
        case .response(let status, let fields, let bytes):
            do throws(HTTPClientError) {
                if let next = try trail.next(after: status, fields, request) {
                    request = next
                    if case .none = next.body { body = [] }
                    return ask()
                }
            } catch {
                return end(.failure(error))
            }
            let isEmpty = request.method == .head || status == 204 || status == 304
            unread = isEmpty ? [] : bytes[...]
            events.head(ClientHead(status: status, fields: fields, url: request.url))
            giveBody()
        }
    }

    private func giveBody() {
        while !isPaused, let events, let left = unread {
            guard !left.isEmpty else { return end(.success(())) }
            let piece = Array(left.prefix(16 << 10))
            unread = left.dropFirst(piece.count)
            events.received(piece.span.bytes)
        }
    }

    func pause() { isPaused = true }

    func resume() {
        isPaused = false
        loop.perform { [weak self] in self?.giveBody() }
    }

    private func end(_ result: Result<Void, HTTPClientError>) {
        let events = events
        cancel()
        events?.ended(result)
    }

    func cancel() {
        events = nil
        wantsBody = false
        timer?.close()
        timer = nil
    }
}
