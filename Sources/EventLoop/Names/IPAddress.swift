internal import Glibc

/// An IPv4 or IPv6 address, read as strictly as `inet_pton` does: no leading zeros, no short forms, no zone.
///
/// It decides which `Host` a browser may send, so it must refuse a text that a resolver would treat as a name.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16, in network order.
    public let bytes: [UInt8]

    public static let loopback = IPAddress(unchecked: [127, 0, 0, 1])
    public static let loopbackIPv6 = IPAddress(unchecked: [UInt8](repeating: 0, count: 15) + [1])

    public init?(_ text: some StringProtocol) {
        let text = String(text)
        // C would read the text only up to the NUL.
        guard !text.utf8.contains(0) else { return nil }
        var address = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &address) == 1 {
            bytes = Array(address[..<4])
        } else if inet_pton(AF_INET6, text, &address) == 1 {
            bytes = address
        } else {
            return nil
        }
    }

    /// Returns nil unless there are 4 or 16 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    public var isIPv6: Bool { bytes.count == 16 }

    /// The address in the short form of RFC 5952, as glibc writes it.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(isIPv6 ? AF_INET6 : AF_INET, bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
