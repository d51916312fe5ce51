public import HTTP1

/// A request for an `HTTPClient`.
public struct ClientRequest {
    public enum Body {
        case none
        case bytes([UInt8])
        /// Bytes that are sent in chunks, so their length is not announced.
        case chunked([UInt8])
        /// A body that is written piece by piece. The call runs `begin` after it has written the head; then use its
        /// `write` and `endBody`. Such a request cannot be sent again, so the caller gets a redirect that keeps the
        /// body as its response.
        case stream(length: Int?, begin: (ClientCall) -> Void)
    }

    public var method: HTTPMethod
    public var url: URL
    /// The target to send, byte for byte, instead of the URL's path and query. A redirect drops it.
    public var target: String?
    /// The fields. A `Host` here replaces the one made from the URL.
    public var fields: HTTPFields
    public var body: Body
    /// Whether `Host`, the field that frames the body, and `Connection: keep-alive` go where `fields` has fields of these
    /// names. Otherwise `Host` comes first and the framing last.
    public var keepsPlaces = false
    public var redirects = Redirects.returned
    /// Whether to decompress a body in gzip or deflate, and to tell the server that it may send one. The head of a
    /// decompressed response has neither `Content-Encoding` nor `Content-Length`.
    public var decodes = false
    /// The most bytes that a decompressed body may have. It can be a thousand times as large as the compressed body.
    public var decodingLimit = 64 << 20
    /// Whether to accept a response whose head has lines that are not header fields. Such lines are dropped, and their
    /// names are reported. Otherwise such a response is an error.
    public var dropsOddFields = false
    /// How often to send the request again if the connection ends before the first byte of a response; nil for once, and
    /// only if the connection was idle before and the method is idempotent.
    public var resends: Int?
    /// The time limit for connecting, including name lookup and TLS.
    public var connectTimeout = Duration.seconds(10)
    /// The time limit from the end of the request to the head of the response, or nil for none.
    public var firstByteTimeout: Duration?
    /// The time limit for the whole call, up to the last byte of the response, or nil for none.
    public var timeout: Duration?
    /// The group for the limit on name lookups. The lookups of one group do not delay those of another.
    public var group = ""

    public init(_ method: HTTPMethod = .get, _ url: URL, fields: HTTPFields = [:], body: Body = .none) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
    }

    /// Throws if the request is invalid, so that a server could read it as a different one.
    func check() throws(HTTPClientError) {
        guard HTTPFields.isValidName(method.text) else {
            throw .request("'\(method)' is not a method such as GET")
        }
        guard method != .connect else { throw .request("CONNECT (tunnels) is not supported") }
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

    /// Whether the request can be sent again.
    var isRepeatable: Bool { if case .stream = body { false } else { true } }
}

/// What to do with a redirect.
public enum Redirects: Hashable, Sendable {
    case returned
    /// - Parameter allowsCycles: whether a redirect may lead to a URL that was already requested.
    case followed(limit: Int, allowsCycles: Bool)
}

/// The head of a response.
public struct ClientHead: Sendable {
    public let status: Int
    /// The words after the status, if there are any.
    public let reason: String
    public let fields: HTTPFields
    /// The URL that the response came from, after redirects.
    public let url: URL
    /// The names of dropped lines that are not header fields; see `dropsOddFields`.
    public let dropped: [String]

    package init(status: Int, reason: String = "", fields: HTTPFields, url: URL, dropped: [String] = []) {
        self.status = status
        self.reason = reason
        self.fields = fields
        self.url = url
        self.dropped = dropped
    }
}
