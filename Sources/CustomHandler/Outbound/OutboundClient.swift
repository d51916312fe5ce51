import EventLoop
import FunctionsModel
import HTTP
import HTTP1
import Lua

/// Sends the HTTP requests of scripts on one event loop. The HTTP client is made on first use.
final class OutboundClient {
    private let loop: EventLoop
    private let trust: ClientTrust
    private lazy var client = HTTPClient(loop, trust: trust)
    private var isUsed = false

    /// - Parameter trust: shared by the clients of all loops.
    init(loop: EventLoop, trust: ClientTrust) {
        self.loop = loop
        self.trust = trust
    }

    /// - Parameter reply: called once, after this call has returned, and not at all if the call was cancelled.
    func send(
        _ outbound: OutboundRequest, of vm: LuaVM, reply: @escaping (OutboundReply) -> Void
    ) -> OutboundCall {
        let call = OutboundCall(outbound, of: vm, trust: trust.roots, reply: reply)
        switch outbound.target {
        case .failure(let error):
            loop.perform { call.end(call.fault(error)) }
        case .success(let url):
            isUsed = true
            call.begin(url, client)
        }
        return call
    }

    func close() {
        if isUsed { client.close() }
    }
}

/// One request of a script; collects its response.
final class OutboundCall {
    private let outbound: OutboundRequest
    private let roots: TrustRoots
    /// nil once the call has ended.
    private var reply: ((OutboundReply) -> Void)?
    private var call: ClientCall?
    private var head: ClientHead?
    private var body: [UInt8] = []
    /// The bodies of the request and the response, which count against the function's memory limit.
    private let held: HeldBytes
    private let memoryLimit: Int
    private var sent: Int { outbound.body?.count ?? 0 }

    init(
        _ outbound: OutboundRequest, of vm: LuaVM, trust roots: TrustRoots, reply: @escaping (OutboundReply) -> Void
    ) {
        held = HeldBytes(vm)
        memoryLimit = vm.memoryLimit
        self.outbound = outbound
        self.roots = roots
        self.reply = reply
        held.set(sent)
    }

    func begin(_ url: URL, _ client: HTTPClient) {
        var request = ClientRequest(
            outbound.method, url, fields: outbound.fields, body: outbound.body.map { .bytes($0) } ?? .none)
        request.redirects = outbound.follows ? .followed(limit: 5, allowsCycles: false) : .returned
        request.decodes = true
        request.timeout = outbound.timeout
        request.group = outbound.function
        call = client.send(
            request, head: { [self] in head = $0 }, received: { [self] in receive($0) },
            ended: { [self] in end(outcome($0)) })
    }

    func cancel() {
        reply = nil
        call?.cancel()
        call = nil
        body = []
        held.set(0)
    }

    private func receive(_ piece: RawSpan) {
        guard piece.byteCount <= outbound.limit - body.count else {
            call?.cancel()
            return end(fault(.limit(outbound.limit)))
        }
        guard makeRoom(for: piece.byteCount) else {
            call?.cancel()
            body = []
            return end(
                .fault(
                    message: "\(outbound.url): the response does not fit into the function's "
                        + "\(ByteCount.text(memoryLimit)), with what it already holds", kind: "limit"))
        }
        piece.withUnsafeBytes { body.append(contentsOf: $0) }
    }

    /// Makes room in the body if the memory limit allows it. The body grows by half, so that it is not copied too
    /// often.
    private func makeRoom(for more: Int) -> Bool {
        let needed = body.count + more
        guard needed > body.capacity else { return true }
        let announced = head?.fields.first("content-length").flatMap { Int($0) } ?? 0
        let size = max(needed, min(announced, outbound.limit, max(needed, 1 << 20)), body.count + body.count / 2)
        // The function must have room for both: the body here and, at the end, the script's copy of it.
        guard held.hold(sent + size) || held.hold(sent + needed) else { return false }
        body.reserveCapacity(size)
        return true
    }

    private func outcome(_ result: Result<Void, HTTPClientError>) -> OutboundReply {
        switch result {
        case .failure(let error): return fault(error)
        case .success:
            guard let head else { return fault(.cancelled) }
            return .response(status: head.status, fields: head.fields, body: body, held: held)
        }
    }

    func end(_ outcome: OutboundReply) {
        let told = reply
        reply = nil
        call = nil
        told?(outcome)
    }

    // MARK: Faults

    func fault(_ error: URLError) -> OutboundReply {
        let reason =
            if case .notAbsolute = error { "not a URL; write one such as https://example.com/" } else { "\(error)" }
        return .fault(message: "\(outbound.url): \(reason)", kind: "url")
    }

    /// The fault with its kind. A script uses the kind to decide whether to try again and what to tell its own caller.
    private func fault(_ error: HTTPClientError) -> OutboundReply {
        let kind: String
        var reason = "\(error)"
        switch error {
        case .name(let error):
            kind = "dns"
            reason = "the host name cannot be resolved: \(error)"
        case .connect, .timeout(.connect): kind = "connect"
        case .closed(.some): kind = "network"
        case .timeout: kind = "timeout"
        case .limit: kind = "limit"
        case .tls(let error):
            kind = "tls"
            reason = "TLS failed: \(error); \(trustAdvice)"
        case .cancelled:
            kind = "network"
            reason = "luafunc is shutting down"
        case .request, .response, .chunk, .protocolBroken, .closed(nil), .content, .redirect: kind = "http"
        }
        return .fault(message: "\(outbound.url): \(reason)", kind: kind)
    }

    private var trustAdvice: String {
        if case .file(let path) = roots { return "certificates are checked against SSL_CERT_FILE, \(path)" }
        return "certificates are checked against the system's; install ca-certificates, or name a PEM file in the "
            + "setting SSL_CERT_FILE"
    }
}
