import EventLoop
import HTTP
import Lua

/// Why a script's request has no response, or no complete one. Nothing in it is secret: it has no user, password or
/// query.
struct OutboundFault: Error, Equatable {
    /// The kinds, by which a script decides what to do.
    static let kinds = ["url", "dns", "connect", "tls", "timeout", "limit", "redirect", "http", "network"]

    let reason: String
    let kind: String
    /// The URL, for people.
    var url = ""
    /// The number of requests that were sent, or 0 if none could be.
    var attempts = 0
    /// The status of the response that broke off.
    var status: Int?

    init(_ reason: String, kind: String) {
        self.reason = reason
        self.kind = kind
    }

    var message: String { "\(url): \(reason)" }

    /// - Parameter text: what the script gave as the URL.
    init(_ error: URLError, in text: String) {
        let isLocal = text.prefix { $0 != ":" }.utf8.count < text.utf8.count && Self.hasPort(text)
        let reason =
            switch error {
            case .notAbsolute: "not a URL; write one such as https://example.com/"
            case .scheme where isLocal: "it has no scheme; write http:// or https:// in front"
            case .scheme, .control: "\(error)"
            // The parts that the error quotes may belong to a password.
            case _ where text.contains("@"):
                "its user, password, host or port is wrong; in a user and a password, write / as %2F, ? as %3F, # as "
                    + "%23, @ as %40 and % as %25"
            default: "\(error)"
            }
        self.init(reason, kind: "url")
        url = URL.shown(text)
    }

    /// Whether the text is such as `localhost:7071/api`, where the host looks like a scheme.
    private static func hasPort(_ text: String) -> Bool {
        let rest = text.drop { $0 != ":" }.dropFirst()
        return rest.first.map { $0.isASCII && $0.isNumber } ?? false
    }

    init(_ error: HTTPClientError, trust roots: TrustRoots) {
        switch error {
        case .name(let error): self.init("the host name cannot be resolved: \(error)", kind: "dns")
        case .connect, .timeout(.connect): self.init("\(error)", kind: "connect")
        case .closed: self.init("\(error)", kind: "network")
        case .timeout: self.init("\(error)", kind: "timeout")
        case .limit: self.init("\(error)", kind: "limit")
        case .tls(let error): self.init("TLS failed: \(error); \(Self.advice(roots))", kind: "tls")
        case .cancelled: self.init("luafunc is shutting down", kind: "network")
        case .redirect: self.init("\(error)", kind: "redirect")
        case .request, .response, .chunk, .protocolBroken, .content:
            self.init("\(error)", kind: "http")
        }
    }

    private static func advice(_ roots: TrustRoots) -> String {
        if case .file(let path) = roots { return "certificates are checked against SSL_CERT_FILE, \(path)" }
        return "certificates are checked against the system's; install ca-certificates, or name a PEM file in the "
            + "setting SSL_CERT_FILE"
    }

    /// Pushes nil, the message, the kind and the details. [+4]
    func push(onto stack: LuaStack) -> Int {
        stack.pushNil()
        stack.push(message)
        stack.push(kind)
        stack.pushTable(hash: 3)
        stack.push(url)
        stack.setField("url", of: -2)
        stack.push(Int64(attempts))
        stack.setField("attempts", of: -2)
        if let status {
            stack.push(Int64(status))
            stack.setField("status", of: -2)
        }
        return 4
    }
}
