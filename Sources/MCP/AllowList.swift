/// Hosts or origins that may call a server. Names of this machine are always among them, so that a server that is
/// configured for its public name can still be tried out at home.
package struct AllowList: Sendable {
    private let isAny: Bool
    private let entries: [Entry]

    private struct Entry: Sendable {
        /// nil for any scheme.
        let scheme: String?
        let host: String
        /// nil for any port.
        let port: String?
    }

    package static let any = AllowList(isAny: true, entries: [])
    package static let loopback = AllowList(isAny: false, entries: [])

    private init(isAny: Bool, entries: [Entry]) {
        self.isAny = isAny
        self.entries = entries
    }

    /// - Parameter names: such as `example.com` (any port), `example.com:8080`, `https://example.com`, or `*` for any.
    /// - Throws: the first entry that is none of these.
    package init(_ names: [String]) throws(InvalidEntry) {
        var entries: [Entry] = []
        for name in names where name != "*" {
            guard let place = Self.place(name) else { throw InvalidEntry(text: name) }
            let port = place.port ?? place.scheme.flatMap(Self.defaultPort)
            entries.append(Entry(scheme: place.scheme, host: place.host, port: port))
        }
        self.init(isAny: names.contains("*"), entries: entries)
    }

    package struct InvalidEntry: Error {
        package let text: String
    }

    /// Whether a request with this `Host` field is let in.
    package func admits(host: String?) -> Bool {
        if isAny { return true }
        guard let host, let place = Self.place(host), place.scheme == nil else { return false }
        return Self.isLoopback(place.host)
            || entries.contains { $0.host == place.host && ($0.port == nil || $0.port == place.port) }
    }

    /// Whether a request with this `Origin` field is let in. Only browsers send the field.
    package func admits(origin: String?) -> Bool {
        guard !isAny, let origin else { return true }
        guard let place = Self.place(origin), let scheme = place.scheme else { return false }
        let port = place.port ?? Self.defaultPort(scheme)
        return Self.isLoopback(place.host) && Self.defaultPort(scheme) != nil
            || entries.contains {
                $0.host == place.host && ($0.scheme == nil || $0.scheme == scheme)
                    && ($0.port == nil || $0.port == port)
            }
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "127.0.0.1" || host == "[::1]"
    }

    private static func defaultPort(_ scheme: String) -> String? {
        switch scheme {
        case "http": "80"
        case "https": "443"
        default: nil
        }
    }

    /// The parts of `scheme://host:port` or `host:port` in lower case; nil for anything else, such as a path.
    private static func place(_ text: String) -> (scheme: String?, host: String, port: String?)? {
        var rest = Array(text.utf8.prefix(512))
        guard rest.count == text.utf8.count else { return nil }
        for index in rest.indices where (0x41...0x5a).contains(rest[index]) { rest[index] |= 0x20 }
        var scheme: String?
        if let colon = rest.firstIndex(of: UInt8(ascii: ":")), rest[colon...].starts(with: "://".utf8) {
            guard colon > 0, rest[..<colon].allSatisfy(isSchemeByte) else { return nil }
            scheme = String(decoding: rest[..<colon], as: UTF8.self)
            rest.removeFirst(colon + 3)
        }
        let hostEnd: Int
        if rest.first == UInt8(ascii: "[") {
            guard let close = rest.firstIndex(of: UInt8(ascii: "]")), close > 1,
                rest[1..<close].allSatisfy({ isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
            else { return nil }
            hostEnd = close + 1
        } else {
            hostEnd = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.count
            guard hostEnd > 0, rest[..<hostEnd].allSatisfy(isHostByte) else { return nil }
        }
        let host = String(decoding: rest[..<hostEnd], as: UTF8.self)
        guard hostEnd < rest.count else { return (scheme, host, nil) }
        let digits = rest[(hostEnd + 1)...]
        guard rest[hostEnd] == UInt8(ascii: ":"), (1...5).contains(digits.count),
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return (scheme, host, String(decoding: digits, as: UTF8.self))
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        isSchemeByte(byte) && byte != UInt8(ascii: "+") || byte == UInt8(ascii: "_")
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "+")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x61...0x66).contains(byte) || (0x30...0x39).contains(byte)
    }
}
