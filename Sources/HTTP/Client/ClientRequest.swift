public import HTTP1

/// What an `HTTPClient` asks for.
public struct ClientRequest {
    public enum Body {
        case none
        case bytes([UInt8])
        /// Bytes that are sent without saying how many they are, in chunks.
        case chunked([UInt8])
        /// Comes piece by piece: `begin` is called once the head is out, and then `write` and `endBody` of the call are
        /// to be called. Such a request is not sent again, so it follows no redirect that keeps the body.
        case stream(length: Int?, begin: (ClientCall) -> Void)
    }

    public var method: HTTPMethod
    public var url: URL
    /// What goes out as the target, byte for byte, in place of the URL's path and query. A redirect forgets it.
    public var target: String?
    /// `Host` is taken from here, if it is there; else it is the URL's.
    public var fields: HTTPFields
    public var body: Body
    public var redirects = Redirects.returned
    /// Unpacks a body in gzip or deflate, and says to the server that it may send one.
    public var decodes = false
    /// Bytes that an unpacked body may have: a few packed ones may stand for a thousand times as many.
    public var decodingLimit = 64 << 20
    /// Takes a response whose head has lines that are no header fields, without those lines, which are told. Else such a
    /// response is an error.
    public var dropsOddFields = false
    /// How long a connection may take, with the look-up of the name and TLS.
    public var connectTimeout = Duration.seconds(10)
    /// From the end of the request to the first byte of the response; nil for as long as it takes.
    public var firstByteTimeout: Duration?
    /// For all, until the last byte of the response; nil for as long as it takes.
    public var timeout: Duration?
    /// For whom it is: a name that is looked up for one group does not hold up those of another.
    public var group = ""

    public init(_ method: HTTPMethod = .get, _ url: URL, fields: HTTPFields = [:], body: Body = .none) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
    }

    /// Throws for what a server would take for another request than it is.
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

    /// It can be sent once more.
    var isRepeatable: Bool { if case .stream = body { false } else { true } }
}

/// What is done with a response that points somewhere else.
public enum Redirects: Hashable, Sendable {
    case returned
    /// - Parameter allowsCycles: the same URL may come again.
    case followed(limit: Int, allowsCycles: Bool)
}

/// The head of a response.
public struct ClientHead: Sendable {
    public let status: Int
    public let fields: HTTPFields
    /// Where it came from, after redirects.
    public let url: URL
    /// The names of lines that were no header fields, see `dropsOddFields`.
    public let dropped: [String]
}
