public import HTTP1

/// A request for an `HTTPClient`.
public struct ClientRequest {
    public enum Body {
        case none
        case bytes([UInt8])
        /// Bytes sent in chunks, without their length.
        case chunked([UInt8])
        /// Comes piece by piece: after the head is out, `begin` is called, and the call's `write` and `endBody` must
        /// follow. Such a request is never sent again, so it follows no redirect that keeps the body.
        case stream(length: Int?, begin: (ClientCall) -> Void)
    }

    public var method: HTTPMethod
    public var url: URL
    /// Sent as the target, byte for byte, instead of the URL's path and query. A redirect drops it.
    public var target: String?
    /// A `Host` here replaces the URL's.
    public var fields: HTTPFields
    public var body: Body
    public var redirects = Redirects.returned
    /// Unpacks a body in gzip or deflate, and tells the server that it may send one.
    public var decodes = false
    /// The greatest size in bytes of an unpacked body: it can be a thousand times as large as the packed one.
    public var decodingLimit = 64 << 20
    /// Accepts a response whose head has lines that are no header fields, drops them and reports their names. Otherwise
    /// such a response is an error.
    public var dropsOddFields = false
    /// The time limit for connecting, including name lookup and TLS.
    public var connectTimeout = Duration.seconds(10)
    /// The time limit from the end of the request to the first byte of the response; nil for none.
    public var firstByteTimeout: Duration?
    /// The time limit for everything up to the last byte of the response; nil for none.
    public var timeout: Duration?
    /// The group that name lookups count for: one group's lookups do not delay another's.
    public var group = ""

    public init(_ method: HTTPMethod = .get, _ url: URL, fields: HTTPFields = [:], body: Body = .none) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
    }

    /// Throws if a server would read the request as a different one.
    func check() throws(HTTPClientError) {
        guard HTTPFields.isValidName(method.text) else {
            throw .request("'\(method)' is not a method such as GET")
        }
        guard method != .connect else { throw .request("CONNECT asks for a tunnel, which there is not") }
        guard HTTPFields.isValidTarget(target ?? url.target) else {
            throw .request("the target '\(target ?? url.target)' has spaces, control characters or a #")
        }
        if let host = fields.first("host"), !HTTPFields.isValidHost(host) {
            throw .request("the header Host, '\(host)', is not a host and a port")
        }
        var invalid: String?
        fields.forEachBytes { name, value in
            let name = String(repairing: name)
            if !HTTPFields.isValidName(name) || !HTTPFields.isValidValue(Array(copying: value)) { invalid = name }
        }
        if let invalid { throw .request("the header '\(invalid)' has a name or a value that cannot be sent") }
    }

    /// Whether it can be sent again.
    var isRepeatable: Bool { if case .stream = body { false } else { true } }
}

/// What to do with a redirect.
public enum Redirects: Hashable, Sendable {
    case returned
    /// - Parameter allowsCycles: the same URL may come again.
    case followed(limit: Int, allowsCycles: Bool)
}

/// The head of a response.
public struct ClientHead: Sendable {
    public let status: Int
    public let fields: HTTPFields
    /// The response's own URL, after redirects.
    public let url: URL
    /// The names of lines that are no header fields; see `dropsOddFields`.
    public let dropped: [String]
}
