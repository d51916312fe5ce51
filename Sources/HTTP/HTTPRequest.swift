public import HTTP1

/// A request. Its head consists of ranges in the received bytes.
///
/// A connection reuses the object for its next request, but only if nothing else references it. So a request that you
/// keep never changes.
public final class HTTPRequest {
    /// Ranges in `headBytes`.
    public internal(set) var head = RequestHead()
    /// The head as it was sent. If the target was a whole URL without a path, a normalized target follows the head.
    public private(set) var headBytes: [UInt8] = []
    /// Empty if the body is streamed.
    public internal(set) var body: [UInt8] = []
    /// Whether the body was larger than its responder allows, and was therefore dropped.
    public internal(set) var isCut = false
    /// Whether the body arrives piece by piece, through the connection's `onBody`.
    public internal(set) var isStreamed = false
    /// Path and query, beginning with a slash, even if the caller sent a whole URL (RFC 9112 §3.2.2). For `*`, and for
    /// the `host:port` of CONNECT, this is the whole target.
    public private(set) var targetRange = 0..<0
    public private(set) var pathRange = 0..<0

    init() {}

    /// Creates a request that did not come over a connection. If `fields` has no `Host`, one is added.
    public convenience init(
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
        try self.init(head: bytes.span.bytes)
        self.body = body
    }

    /// Creates a request from a head that ends with a blank line.
    public init(head bytes: RawSpan) throws(RequestError) {
        var parser = RequestParser(limits: HeadLimits(bytes: .max, fields: .max))
        var head = RequestHead()
        switch parser.parse(bytes, into: &head) {
        case .complete: break
        case .incomplete: throw .requestLine
        case .invalid(let error): throw error
        }
        self.head = head
        takeHead(from: bytes)
    }

    /// Copies the head, which was parsed from the beginning of `bytes`.
    func takeHead(from bytes: RawSpan) {
        headBytes.replaceAll(copying: bytes.extracting(first: head.length))
        targetRange = head.target
        pathRange = head.path
        if case .absolute = head.form { takeTarget() }
    }

    /// Removes the scheme and the authority from the target. If the path is empty, a target with a slash is appended to
    /// `headBytes`.
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

    /// Removes all fields of this name, ignoring case. Do not call it while other code keeps the request and would see
    /// it change.
    public func removeFields(_ name: String) {
        let end = head.length
        head.removeFields(name, from: &headBytes)
        let moved = end - head.length
        // A normalized target may follow the head. Then it moves with the end of the head.
        guard moved > 0, targetRange.lowerBound >= end else { return }
        targetRange = targetRange.lowerBound - moved..<targetRange.upperBound - moved
        pathRange = pathRange.lowerBound - moved..<pathRange.upperBound - moved
    }

    func clearBody() {
        if !body.isEmpty { body.removeAll(keepingCapacity: true) }
    }

    func cutBody() {
        isCut = true
        body = []
    }

    /// Removes the body from the request and returns it.
    public func takeBody() -> [UInt8] {
        defer { body = [] }
        return body
    }

    /// A request that uses more memory than this is not reused.
    public static let keptCapacity = 64 << 10

    var isLarge: Bool { body.capacity > Self.keptCapacity || headBytes.capacity > Self.keptCapacity }
}

/// Access to the head. These properties make their strings on demand.
extension HTTPRequest {
    public var method: HTTPMethod { head.method }
    public var version: HTTPVersion { head.version }

    /// The part of `headBytes` after the first `?` of the target.
    public var queryRange: Range<Int>? { head.query }

    public var target: String { text(targetRange) }

    /// The target as it was sent.
    public var rawTarget: String { text(head.target) }

    /// The path as it was sent, without the query.
    public var path: String { text(pathRange) }

    public var query: String? { queryRange.map(text) }

    /// Host and port, if the target is a whole URL.
    public var authority: String? { head.authority.map(text) }

    public func first(_ name: String) -> String? { firstRange(of: name).map(text) }

    public func last(_ name: String) -> String? { lastRange(of: name).map(text) }

    public func values(_ name: String) -> [String] {
        let bytes = headBytes
        return head.fields.values(name, in: bytes.span.bytes).map(text)
    }

    public func contains(_ name: String) -> Bool { firstRange(of: name) != nil }

    /// Whether the caller takes server-sent events.
    public var wantsEvents: Bool { values("accept").contains { $0.contains("text/event-stream") } }

    /// The range in `headBytes` of the value of the first field with this name. Does not allocate.
    public func firstRange(of name: String) -> Range<Int>? {
        let bytes = headBytes
        return head.fields.first(name, in: bytes.span.bytes)
    }

    public func lastRange(of name: String) -> Range<Int>? {
        let bytes = headBytes
        return head.fields.last(name, in: bytes.span.bytes)
    }

    /// A copy of all fields.
    public var fields: HTTPFields {
        let bytes = headBytes
        return HTTPFields(head.fields, of: bytes.span.bytes)
    }

    /// A part of `headBytes` as text. Invalid UTF-8 is repaired.
    public func text(_ range: Range<Int>) -> String {
        let bytes = headBytes
        return String(repairing: bytes.span.bytes.extracting(range))
    }
}
