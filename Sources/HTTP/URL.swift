import EventLoop

/// An HTTP or HTTPS URL (RFC 3986), split into its parts.
///
/// Characters that a path or query must not contain, such as a space or a non-ASCII letter, are percent-encoded, as
/// in browsers. Ambiguous URLs are refused: those with control characters, unusual characters in the host, or a port
/// over 65535.
public struct URL: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: String, Hashable, Sendable {
        case http, https

        public var defaultPort: UInt16 { self == .http ? 80 : 443 }
    }

    public let scheme: Scheme
    /// `user:password`, percent-encoded as written.
    public let userInfo: String?
    /// The host in lower case. An IPv6 address has no brackets.
    public let host: String
    /// The port in the URL, or the default port of the scheme.
    public let port: UInt16
    /// The path, which begins with a slash.
    public let path: String
    /// The text after the question mark.
    public let query: String?

    /// Parses a URL.
    public init(_ text: String) throws(URLError) {
        let parts = Parts(try Self.encoded(text))
        guard let schemeText = parts.scheme, let scheme = Scheme(rawValue: schemeText.lowercased()) else {
            throw parts.scheme.map { .scheme($0) } ?? .notAbsolute
        }
        guard let authority = parts.authority else { throw .noHost }
        try self.init(
            scheme, Authority(authority, defaultPort: scheme.defaultPort),
            path: Self.withoutDots(parts.path), query: parts.query)
    }

    /// The same URL with this user and password.
    func with(userInfo: String?) -> URL {
        URL(scheme, Authority(userInfo: userInfo, host: host, port: port), path: path, query: query)
    }

    private init(_ scheme: Scheme, _ authority: Authority, path: String, query: String?) {
        self.scheme = scheme
        userInfo = authority.userInfo
        host = authority.host
        port = authority.port
        self.path = path.isEmpty ? "/" : path
        self.query = query
    }

    /// Resolves a reference that was found at this URL, such as a `Location` (RFC 3986 §5.2). Drops fragments.
    public func resolve(_ reference: String) throws(URLError) -> URL {
        let parts = Parts(try Self.encoded(reference))
        if parts.scheme != nil { return try URL(reference) }
        if let authority = parts.authority {
            return URL(
                scheme, try Authority(authority, defaultPort: scheme.defaultPort), path: Self.withoutDots(parts.path),
                query: parts.query)
        }
        let authority = Authority(userInfo: userInfo, host: host, port: port)
        if parts.path.isEmpty { return URL(scheme, authority, path: path, query: parts.query ?? query) }
        let merged =
            parts.path.hasPrefix("/")
            ? parts.path : path[...(path.lastIndex(of: "/") ?? path.startIndex)] + parts.path
        return URL(scheme, authority, path: Self.withoutDots(merged), query: parts.query)
    }

    // MARK: Forms

    /// The target of a request.
    public var target: String { query.map { "\(path)?\($0)" } ?? path }

    /// The value of the field `Host`: the host, and the port unless it is the scheme's.
    public var hostAndPort: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return port == scheme.defaultPort ? host : "\(host):\(port)"
    }

    public var description: String {
        "\(scheme.rawValue)://\(userInfo.map { "\($0)@" } ?? "")\(hostAndPort)\(target)"
    }

    /// The URL for messages and logs: without the user and the password, and without the query, where keys and
    /// signatures stand.
    public var shown: String {
        "\(scheme.rawValue)://\(hostAndPort)\(path)\(query == nil ? "" : "?…")"
    }

    /// The same for a text that may not be a URL. Everything before its last `@` may be a password.
    public static func shown(_ text: String) -> String {
        if let url = try? URL(text) { return url.shown }
        var scheme = ""
        var rest = text[...]
        if let mark = rest.firstRange(of: "//") {
            scheme = String(rest[..<mark.upperBound])
            rest = rest[mark.upperBound...]
        }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        guard let query = rest.firstIndex(of: "?") else { return scheme + rest }
        return scheme + rest[..<query] + "?…"
    }

    /// Whether both URLs have the same origin, so that they may share cookies and passwords.
    public func hasSameOrigin(as other: URL) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }
}

/// Why a text is not a usable URL.
public enum URLError: Error, Hashable, Sendable, CustomStringConvertible {
    case notAbsolute
    case scheme(String)
    case noHost
    case host(String)
    case port(String)
    case control
    case percent

    public var description: String {
        switch self {
        case .notAbsolute: "it is not a whole URL; write one such as https://example.com/"
        case .scheme(let scheme): "the scheme '\(scheme)' is not supported; use http or https"
        case .noHost: "it has no host; write one such as https://example.com/"
        case .host(let host) where host.contains("%"):
            "'\(host)' is not a host name or address; write a name with other letters as its xn-- form"
        case .host(let host): "'\(host)' is not a host name or address"
        case .port(let port): "the port '\(port)' is not a number from 1 to 65535"
        case .control: "it has a control character"
        case .percent: "a % is not followed by two hexadecimal digits"
        }
    }
}

// MARK: Reading

extension URL {
    /// The parts of a reference, as the regular expression in RFC 3986, appendix B, splits it.
    private struct Parts {
        var scheme: String?
        var authority: String?
        var path: String
        var query: String?

        init(_ text: String) {
            var rest = text.prefix { $0 != "#" }
            if let colon = rest.firstIndex(where: { ":/?".contains($0) }), rest[colon] == ":" {
                scheme = String(rest[..<colon])
                rest = rest[rest.index(after: colon)...]
            }
            if let mark = rest.firstIndex(of: "?") {
                query = String(rest[rest.index(after: mark)...])
                rest = rest[..<mark]
            }
            if rest.hasPrefix("//") {
                let from = rest.dropFirst(2)
                let end = from.firstIndex(of: "/") ?? from.endIndex
                authority = String(from[..<end])
                rest = from[end...]
            }
            path = String(rest)
        }
    }

    private struct Authority {
        var userInfo: String?
        var host: String
        var port: UInt16

        init(userInfo: String?, host: String, port: UInt16) {
            self.userInfo = userInfo
            self.host = host
            self.port = port
        }

        init(_ text: String, defaultPort: UInt16) throws(URLError) {
            var rest = text[...]
            if let at = rest.lastIndex(of: "@") {
                userInfo = String(rest[..<at])
                rest = rest[rest.index(after: at)...]
            }
            var portText: Substring?
            if rest.hasPrefix("[") {
                guard let end = rest.firstIndex(of: "]") else { throw .host(String(rest)) }
                let address = String(rest[rest.index(after: rest.startIndex)..<end])
                guard let address = IPAddress(address), address.isIPv6 else { throw .host("[\(address)]") }
                host = address.description
                rest = rest[rest.index(after: end)...]
                guard rest.isEmpty || rest.first == ":" else { throw .host(text) }
                portText = rest.isEmpty ? nil : rest.dropFirst()
            } else {
                let colon = rest.firstIndex(of: ":") ?? rest.endIndex
                host = rest[..<colon].lowercased()
                portText = colon == rest.endIndex ? nil : rest[rest.index(after: colon)...]
                guard host.utf8.count <= 255, host.utf8.allSatisfy(Self.isOfName) else { throw .host(host) }
            }
            guard !host.isEmpty else { throw .noHost }
            // RFC 3986 allows an empty port.
            guard let portText, !portText.isEmpty else {
                port = defaultPort
                return
            }
            guard portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(portText), port > 0 else {
                throw .port(String(portText))
            }
            self.port = port
        }

        private static func isOfName(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                true
            default: false
            }
        }
    }

    /// Percent-encodes the characters that a URL must not contain.
    private static func encoded(_ text: String) throws(URLError) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        let bytes = Array(text.utf8)
        for (position, byte) in bytes.enumerated() {
            switch byte {
            case ..<0x20, 0x7f: throw .control
            case UInt8(ascii: "%"):
                guard position + 2 < bytes.count, bytes[position + 1].isHexadecimal, bytes[position + 2].isHexadecimal
                else { throw .percent }
                encoded.append(byte)
            case 0x20, 0x22, 0x3c, 0x3e, 0x5c, 0x5e, 0x60, 0x7b, 0x7c, 0x7d, 0x80...:
                let digits = Array("0123456789ABCDEF".utf8)
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: encoded.append(byte)
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Removes the segments "." and ".." from a path (RFC 3986 §5.2.4).
    private static func withoutDots(_ path: String) -> String {
        var kept: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        for (position, segment) in segments.enumerated() {
            let isLast = position == segments.count - 1
            switch segment {
            case ".": if isLast { kept.append("") }
            case "..":
                // The first segment is the text before the first slash.
                if kept.count > 1 { kept.removeLast() }
                if isLast { kept.append("") }
            default: kept.append(segment)
            }
        }
        return kept.joined(separator: "/")
    }
}

extension UInt8 {
    fileprivate var isHexadecimal: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}
