public import HTTP1

/// One request: its head as ranges into the bytes that came, and its body.
///
/// A connection uses the object again for its next request, unless somebody still holds it: who does keeps a request that
/// never changes.
public final class HTTPRequest {
    /// Ranges into `headBytes`.
    public internal(set) var head = RequestHead()
    /// The head as it came. Behind it may stand a target that was made from a whole URL.
    public private(set) var headBytes: [UInt8] = []
    /// Empty where the body is streamed.
    public internal(set) var body: [UInt8] = []
    /// The body comes piece by piece through the connection.
    public internal(set) var isStreamed = false
    /// Path and query, which always begin with a slash, also where the caller sent a whole URL (RFC 9112 §3.2.2). Of `*`
    /// and of the `host:port` of CONNECT it is all.
    public private(set) var targetRange = 0..<0
    public private(set) var pathRange = 0..<0

    init() {}

    /// A request that came over no connection. A `Host` is added where there is none.
    public init(
        method: HTTPMethod = .get, target: String, fields: HTTPFields = [:], body: [UInt8] = []
    ) throws(RequestError) {
        var bytes = Array("\(method) \(target) HTTP/1.1\r\n".utf8)
        if !fields.contains("host") { bytes += Array("host: localhost\r\n".utf8) }
        fields.forEachBytes { name, value in
            bytes.append(copying: name)
            bytes += [UInt8(ascii: ":"), UInt8(ascii: " ")]
            bytes.append(copying: value)
            bytes += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
        }
        bytes += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
        var parser = RequestParser(limits: HeadLimits(bytes: .max, fields: .max))
        var head = RequestHead()
        switch parser.parse(bytes.span.bytes, into: &head) {
        case .complete: break
        case .incomplete: throw .requestLine
        case .invalid(let error): throw error
        }
        self.head = head
        self.body = body
        takeHead(from: bytes.span.bytes)
    }

    /// Copies the head, which was parsed from the beginning of `bytes`.
    func takeHead(from bytes: RawSpan) {
        headBytes.replaceAll(copying: bytes.extracting(first: head.length))
        targetRange = head.target
        pathRange = head.path
        if case .absolute = head.form { takeTarget() }
    }

    /// Leaves scheme and authority out. Where the path is empty a slash is missing, so the target is written anew.
    private func takeTarget() {
        guard head.path.isEmpty else {
            targetRange = head.path.lowerBound..<head.target.upperBound
            return
        }
        let start = headBytes.count
        headBytes.append(UInt8(ascii: "/"))
        pathRange = start..<start + 1
        if let query = head.query {
            headBytes.append(UInt8(ascii: "?"))
            headBytes.append(contentsOf: Array(headBytes[query]))
        }
        targetRange = start..<headBytes.count
    }

    func clearBody() {
        if !body.isEmpty { body.removeAll(keepingCapacity: true) }
    }

    /// More memory than this is given back when the request was answered.
    static let keptCapacity = 64 << 10

    var isLarge: Bool { body.capacity > Self.keptCapacity || headBytes.capacity > Self.keptCapacity }
}

/// What the head says. Strings are made when they are asked for.
extension HTTPRequest {
    public var method: HTTPMethod { head.method }
    public var version: HTTPVersion { head.version }

    /// What follows the first `?`, within `headBytes`.
    public var queryRange: Range<Int>? { head.query }

    public var target: String { text(targetRange) }

    /// As it was sent.
    public var rawTarget: String { text(head.target) }

    /// The path as it was sent, without the query.
    public var path: String { text(pathRange) }

    public var query: String? { queryRange.map(text) }

    /// Host and port of a target that is a whole URL.
    public var authority: String? { head.authority.map(text) }

    public func first(_ name: String) -> String? { firstRange(of: name).map(text) }

    public func last(_ name: String) -> String? { lastRange(of: name).map(text) }

    public func values(_ name: String) -> [String] {
        let bytes = headBytes
        return head.fields.values(name, in: bytes.span.bytes).map(text)
    }

    public func contains(_ name: String) -> Bool { firstRange(of: name) != nil }

    /// Where the value of the first such field lies in `headBytes`. Nothing is allocated.
    public func firstRange(of name: String) -> Range<Int>? {
        let bytes = headBytes
        return head.fields.first(name, in: bytes.span.bytes)
    }

    public func lastRange(of name: String) -> Range<Int>? {
        let bytes = headBytes
        return head.fields.last(name, in: bytes.span.bytes)
    }

    /// All fields, copied.
    public var fields: HTTPFields {
        let bytes = headBytes
        return HTTPFields(head.fields, of: bytes.span.bytes)
    }

    /// What is not UTF-8 is repaired.
    public func text(_ range: Range<Int>) -> String {
        let bytes = headBytes
        return String(repairing: bytes.span.bytes.extracting(range))
    }
}
